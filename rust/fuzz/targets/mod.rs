//! The targets. Bytes that run out end a step: `arbitrary` gives zeros then, or an error, which is no finding.

mod groups;
mod solvers;
mod states;
mod updates;

use arbitrary::{Result, Unstructured};

/// Groups of rows, and where their rows go in nulls and folds.
pub fn groups(data: &[u8]) {
    run(data, groups::run);
}

/// All questions to two sides.
pub fn solvers(data: &[u8]) {
    run(data, solvers::run);
}

/// Sums put together from parts that no activations have.
pub fn states(data: &[u8]) {
    run(data, states::run);
}

/// Batches, merges and shifts, and what an error leaves behind.
pub fn updates(data: &[u8]) {
    run(data, updates::run);
}

fn run(data: &[u8], target: fn(&mut Unstructured<'_>) -> Result<()>) {
    // Too few bytes: nothing to find.
    let _ = target(&mut Unstructured::new(data));
}
