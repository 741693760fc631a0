//! The problems that are measured where none is asked for.

use spanmatch::synthetic::Plan;

/// Neurons a side of the standard set.
pub const SIZES: [usize; 4] = [128, 512, 1024, 2048];
/// Samples of every problem of the standard set.
pub const SAMPLES: usize = 10_000;

/// The standard problem: n neurons a side, half of them planted in blocks of 16 dimensions with a noise of a
/// tenth.
///
/// ```
/// assert!(spanmatch_bench::plan(128, 10_000).eps()? < 0.2);
/// # Ok::<(), spanmatch::Error>(())
/// ```
#[must_use]
pub fn plan(n: usize, samples: usize) -> Plan {
    Plan { n_x: n, n_y: n, samples, shared: n / 2, block: 16, noise: 0.1, duplicates: 0, seed: 0 }
}
