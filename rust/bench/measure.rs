//! Every stage again and again, in turn with the product that their rates are compared with.

use std::time::Instant;

use crate::case::Case;
use crate::check::are_same;
use crate::error::{Error, Result};
use crate::memory::{Memory, count};
use crate::product::Product;
use crate::stage::{Answer, Stage};

/// What was seen of a case.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Seconds of every matrix product.
    pub product: Vec<f64>,
    /// Of every stage.
    pub stages: Vec<MeasuredStage>,
}

/// What was seen of a stage.
#[derive(Clone, Debug)]
pub struct MeasuredStage {
    /// Which.
    pub stage: Stage,
    /// Seconds of every run.
    pub seconds: Vec<f64>,
    /// The most that a run took.
    pub memory: Memory,
}

/// Rounds of one product and one run of each stage: what slows the machine for a while slows both. Uses the
/// rayon pool that it is called in.
///
/// # Errors
/// What solvers refuse; [`Error::Wrong`] where the first answer of a stage is not right, or a later one
/// is not the same to the last bit.
pub fn measure(case: &Case, product: &mut Product, rounds: usize) -> Result<Measured> {
    let mut product_seconds = Vec::new();
    let mut stages = Stage::ALL.map(|stage| Running { stage, first: None, runs: Vec::new() });
    for _ in 0..rounds {
        product_seconds.push(product.time().as_secs_f64());
        product.check()?;
        for running in &mut stages {
            running.run(case)?;
        }
    }
    let stages = stages.into_iter().map(Running::measured).collect();
    Ok(Measured { product: product_seconds, stages })
}

struct Running {
    stage: Stage,
    first: Option<Answer>,
    runs: Vec<(f64, Memory)>,
}

impl Running {
    fn run(&mut self, case: &Case) -> Result<()> {
        let stage = self.stage;
        let ((answer, seconds), memory) = count(|| {
            let begun = Instant::now();
            let answer = stage.run(case);
            (answer, begun.elapsed().as_secs_f64())
        });
        let answer = answer?;
        self.runs.push((seconds, memory));
        match &self.first {
            Some(first) if are_same(first, &answer) => Ok(()),
            Some(_) => {
                let what = format!("round {} differs from the first", self.runs.len());
                Err(Error::Wrong { stage, what })
            }
            None => {
                stage.check(case, &answer)?;
                self.first = Some(answer);
                Ok(())
            }
        }
    }

    fn measured(self) -> MeasuredStage {
        let most = |of: fn(&Memory) -> usize| {
            self.runs.iter().map(|(_, memory)| of(memory)).max().unwrap_or(0)
        };
        let memory =
            Memory { peak_bytes: most(|m| m.peak_bytes), allocations: most(|m| m.allocations) };
        let seconds = self.runs.iter().map(|&(seconds, _)| seconds).collect();
        MeasuredStage { stage: self.stage, seconds, memory }
    }
}
