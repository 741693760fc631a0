//! Random bytes, of which each step has its own.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::Target;

/// At most so many bytes a step is made of: enough for some batches of a dozen rows.
const MOST: usize = 2_000;

/// Gives a target random bytes, as often as said.
///
/// # Panics
/// Where the target does; the seed of that step is printed.
pub fn take_steps(name: &str, target: Target, seed: u64, steps: u64) {
    for seed in seed..seed.saturating_add(steps) {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut bytes = vec![0; rng.random_range(0..MOST)];
        rng.fill(&mut bytes[..]);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(&bytes))) {
            eprintln!(
                "{name} failed at seed {seed}: repeat it by spanmatch-fuzz {name} --steps 1 --seed {seed}"
            );
            resume_unwind(panic);
        }
    }
}
