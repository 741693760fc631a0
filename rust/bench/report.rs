//! What a run saw, for people's tables and for other programs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use spanmatch::synthetic::Plan;

use crate::case::Case;
use crate::error::Result;
use crate::measure::{Measured, MeasuredStage};
use crate::memory::Memory;
use crate::product::Product;
use crate::stage::Stage;

/// What tells one problem from another; times of runs that agree in all of it can be compared.
pub type Description = BTreeMap<String, Value>;

/// The layout of reports; another number, another layout.
pub const SCHEMA: u32 = 1;

/// A whole run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The version of this crate, and of the core.
    pub version: String,
    /// Runs of every stage.
    pub repeats: usize,
    /// One entry for every problem.
    pub problems: Vec<ProblemReport>,
}

/// What was seen of one problem.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProblemReport {
    /// Which.
    pub problem: Description,
    /// The ε of all stages that have one.
    pub eps: f64,
    /// Rate of a product of two square matrices of [`Product::SIZE`] rows, in the same rounds: the best.
    pub product_gflops: f64,
    /// One entry for every stage.
    pub stages: Vec<StageReport>,
}

/// What was seen of one stage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StageReport {
    /// Which.
    pub stage: Stage,
    /// Seconds of the best run.
    pub best_seconds: f64,
    /// Median of all runs.
    pub median_seconds: f64,
    /// How operations are counted.
    pub formula: String,
    /// Operations by that formula.
    pub operations: f64,
    /// Operations per second of the best run, in 1e9.
    pub gflops: f64,
    /// That, of the rate of the product.
    pub share_of_product: f64,
    /// The most memory of a run.
    #[serde(flatten)]
    pub memory: Memory,
    /// The best time by that of the baseline; only where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times_baseline: Option<f64>,
}

impl Report {
    /// Without problems yet.
    #[must_use]
    pub fn new(repeats: usize) -> Self {
        let version = env!("CARGO_PKG_VERSION").into();
        Self { schema: SCHEMA, version, repeats, problems: Vec::new() }
    }
}

impl ProblemReport {
    /// Times to rates.
    ///
    /// # Errors
    /// Memory that cannot be had.
    pub fn new(problem: Description, case: &Case, measured: &Measured) -> Result<Self> {
        let product_gflops = Product::OPERATIONS / best(&measured.product) / 1e9;
        let stage = |seen: &MeasuredStage| {
            let (best_seconds, operations) = (best(&seen.seconds), seen.stage.operations(case)?);
            let gflops = operations / best_seconds / 1e9;
            Ok(StageReport {
                stage: seen.stage,
                best_seconds,
                median_seconds: median(&seen.seconds),
                formula: seen.stage.formula().into(),
                operations,
                gflops,
                share_of_product: gflops / product_gflops,
                memory: seen.memory,
                times_baseline: None,
            })
        };
        let stages = measured.stages.iter().map(stage).collect::<Result<_>>()?;
        Ok(Self { problem, eps: case.eps, product_gflops, stages })
    }
}

/// A planted problem, solved by so many threads.
#[must_use]
pub fn describe_plan(plan: &Plan, threads: usize) -> Description {
    describe(json!({
        "kind": "planted",
        "n_x": plan.n_x,
        "n_y": plan.n_y,
        "samples": plan.samples,
        "shared": plan.shared,
        "block": plan.block,
        "noise": plan.noise,
        "duplicates": plan.duplicates,
        "seed": plan.seed,
        "threads": threads,
    }))
}

/// A user's arrays, solved by so many threads. Other values have another
/// fingerprint, the sum of all squares about the shift.
///
/// # Errors
/// Memory for a copy of the Gram that cannot be had.
pub fn describe_arrays(case: &Case, threads: usize) -> Result<Description> {
    let parts = case.gram.state()?;
    Ok(describe(json!({
        "kind": "files",
        "n_x": case.x.samples().n_neurons(),
        "n_y": case.y.samples().n_neurons(),
        "samples": case.x.samples().n_samples(),
        "x_type": case.x.dtype(),
        "y_type": case.y.dtype(),
        "fingerprint": parts.products.diag().sum(),
        "eps": case.eps,
        "seed": case.seed,
        "threads": threads,
    })))
}

fn describe(value: Value) -> Description {
    match value {
        Value::Object(fields) => fields.into_iter().collect(),
        _ => Description::new(),
    }
}

fn best(seconds: &[f64]) -> f64 {
    seconds.iter().copied().fold(f64::INFINITY, f64::min)
}

fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}
