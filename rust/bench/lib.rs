//! How fast spanmatch is on this machine, stage by stage, with answers that are checked.
//!
//! A [`Case`] is a problem ready to be measured: planted, so that its answers are known, or a user's own
//! arrays. Each [`Stage`] from samples to answers is defined here once: what it does, how its operations
//! are counted, and how its answer is checked. The command `spanmatch-bench`, the criterion benches and the
//! tests that hold counts to bounds all use these definitions.
//!
//! Memory is counted by this crate's global allocator, which every program that links it gets.

mod activations;
mod baseline;
mod case;
mod check;
mod error;
mod measure;
mod memory;
mod npy;
mod operations;
mod product;
mod report;
mod stage;
mod standard;
mod table;

pub use activations::Activations;
pub use baseline::Baseline;
pub use case::Case;
pub use error::{Error, Result};
pub use measure::{Measured, MeasuredStage, measure};
pub use memory::{Memory, count};
pub use npy::read_npy;
pub use product::Product;
pub use report::{
    Description, ProblemReport, Report, SCHEMA, StageReport, describe_arrays, describe_plan,
};
pub use stage::{Answer, Stage};
pub use standard::{SAMPLES, SIZES, plan};
pub use table::{LEGEND, table};
