//! Do two neural networks learn the same representation?
//!
//! The neuron-activation subspace match of Wang, Hu, Gu, Wu, Hu, He and Hopcroft, "Towards Understanding
//! Learning Representations: To What Extent Do Different Neural Networks Learn the Same Representation"
//! (NeurIPS 2018, arXiv 1810.11750). A neuron is the vector of its activations on d inputs, a set of
//! neurons the span of its vectors. `(X, Y)` is an ε-approximate match if every neuron of each is within
//! relative distance ε of the span of the other.
//!
//! From samples to answers: [`Gram`] sums batches, [`Problem`] reads it, and questions are asked of that: [`spectrum()`]
//! (the critical ε of every neuron), [`one_to_one()`] (the same, pair by pair), [`Problem::at`] (the maximum match at one
//! ε, and what is inside it), [`residuals()`], [`null_spectra()`] and [`jackknife()`] (what is chance, and how sure).
//!
//! Solvers use the rayon pool they are called in (`pool.install(|| ...)`) and give the same bits at any
//! number of threads.
//!
//! ```
//! use spanmatch::ndarray::array;
//! use spanmatch::{Gram, Problem, spectrum};
//!
//! // Four samples; two neurons in each network. Rows are samples.
//! let x = array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0]];
//! let y = array![[1.0, 0.5], [1.0, 0.0], [0.0, 3.0], [1.0, 0.0]];
//! let mut gram = Gram::default();
//! gram.update(&x, &y)?;
//! let problem = Problem::new(&gram, false)?;
//! let found = spectrum(&problem)?;
//! assert!(found.x.iter().all(|c| (0.0..=1.0).contains(c)));
//! assert_eq!(found.match_at(0.5)?, *problem.at(0.5)?.neurons());
//! # Ok::<(), spanmatch::Error>(())
//! ```

#![forbid(unsafe_code)]

/// The page for users of the crate, whose examples are run with those here.
#[cfg(doctest)]
#[doc = include_str!("../../docs/rust.md")]
mod page {}

mod chance;
mod closure;
mod cover;
mod curve;
mod doubt;
mod error;
#[cfg(test)]
mod fails_closed;
mod gram;
mod groups;
mod invariant;
mod jackknife;
mod linalg;
mod linear_map;
mod maximum_match;
mod memory;
mod minimum_match;
mod neuron;
mod neurons;
mod null_spectra;
mod one_to_one;
mod problem;
mod progress;
mod random;
mod residuals;
mod samples;
mod sides;
mod simple;
mod solved;
mod spectrum;
mod student_t;
mod support;
pub mod synthetic;
mod tableau;
mod waves;

pub use chance::chance;
pub use error::{Counted, Error, PlanFault, Purpose, Replicates, Result, SparseFault, StateFault};
pub use gram::{
    CenteredNorms, FIRST, Gram, GramState, MARGIN, NormState, ResampledState, Resampling,
};
pub use groups::Groups;
pub use jackknife::{Interval, Jackknife, jackknife};
pub use linear_map::{Expression, LinearMap, linear_map};
pub use maximum_match::MaximumMatch;
pub use memory::{available_memory, try_to_owned, when_memory_is_short};
pub use minimum_match::MinimumMatch;
pub use neurons::{Neuron, NeuronSet, Side};
pub use null_spectra::{NullSpectra, null_spectra};
pub use one_to_one::{Change, Nearest, OneToOne, one_to_one};
pub use problem::{EXACT, Problem, RESOLUTION, TOLERANCE};
pub use progress::Progress;
pub use residuals::{Residuals, is_match, residuals};
pub use samples::{Samples, SparseRows};
pub use simple::{is_simple, minimum_for};
pub use solved::Solved;
pub use spectrum::{Spectrum, spectrum};
pub use support::Support;
pub use waves::maximum_match;

/// Arrays and views of samples, of the version that this crate reads.
pub use ndarray;
