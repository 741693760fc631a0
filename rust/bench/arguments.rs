//! The command line.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use spanmatch::synthetic::Plan;
use spanmatch_bench::{SAMPLES, SIZES, Stage, plan};

/// How fast spanmatch is on this machine, stage by stage.
///
/// Every answer is checked: against what was planted, or, in your own files, against the definitions and
/// against other ways to the same answer. A wrong one ends the run with exit code 1.
#[derive(Debug, Parser)]
#[command(name = "spanmatch-bench", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Planted problems with known answers. Without --n-x the standard set: 128, 512, 1024 and 2048 neurons
    /// a side, 10,000 samples.
    Run {
        #[command(flatten)]
        problem: PlanArguments,
        #[command(flatten)]
        common: Common,
    },
    /// Your own activations: samples × neurons, saved by numpy.save as float16, float32 or float64.
    Files {
        /// Activations of the first network.
        #[arg(value_name = "X.npy")]
        x: PathBuf,
        /// Activations of the second network on the same samples.
        #[arg(value_name = "Y.npy")]
        y: PathBuf,
        /// ε of all stages that have one, in [0, 1) [default: the smallest at which half of the neurons match]
        #[arg(long, value_parser = eps)]
        eps: Option<f64>,
        /// Orders the neurons that searches try
        #[arg(long, default_value_t = 0)]
        seed: u64,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
struct PlanArguments {
    /// Neurons of x
    #[arg(long)]
    n_x: Option<usize>,
    /// Neurons of y [default: as many]
    #[arg(long, requires = "n_x")]
    n_y: Option<usize>,
    /// Rows of both [default: 10000]
    #[arg(long, requires = "n_x")]
    samples: Option<usize>,
    /// Dimensions that both sides see, each with as many neurons [default: half of the narrower side]
    #[arg(long, requires = "n_x")]
    shared: Option<usize>,
    /// Dimensions of a block, which is one simple match [default: 16]
    #[arg(long, requires = "n_x")]
    block: Option<usize>,
    /// Standard deviation of the noise in planted neurons, of which the rest has 1 [default: 0.1]
    #[arg(long, requires = "n_x")]
    noise: Option<f64>,
    /// Planted neurons of each side that come twice [default: 0]
    #[arg(long, requires = "n_x")]
    duplicates: Option<usize>,
    /// Other seeds plant other values
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Debug, Args)]
struct Common {
    /// Threads [default: one for every core]
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// Runs of every stage
    #[arg(long, default_value = "5")]
    repeats: NonZeroUsize,
    /// Print JSON instead of tables
    #[arg(long)]
    json: bool,
    /// What --json printed of an earlier run: shows its times beside these
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
}

/// What is to be measured.
#[derive(Debug)]
pub enum Problems {
    Planted(Vec<Plan>),
    Files { x: PathBuf, y: PathBuf, eps: Option<f64>, seed: u64 },
}

impl Arguments {
    /// Explains wrong usage and exits with code 2.
    pub fn parse_or_exit() -> Self {
        let command = Self::command().after_long_help(formulas());
        let arguments =
            Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit());
        if let Problems::Planted(plans) = arguments.problems() {
            for plan in plans {
                if let Err(error) = plan.eps() {
                    Self::command().error(ErrorKind::ValueValidation, error).exit();
                }
            }
        }
        arguments
    }

    pub fn problems(&self) -> Problems {
        match &self.command {
            Command::Run { problem, .. } => Problems::Planted(problem.plans()),
            Command::Files { x, y, eps, seed, .. } => {
                Problems::Files { x: x.clone(), y: y.clone(), eps: *eps, seed: *seed }
            }
        }
    }

    /// 0: one for every core.
    pub fn threads(&self) -> usize {
        self.common().threads.map_or(0, NonZeroUsize::get)
    }

    pub fn repeats(&self) -> usize {
        self.common().repeats.get()
    }

    pub fn is_json(&self) -> bool {
        self.common().json
    }

    pub fn baseline(&self) -> Option<&Path> {
        self.common().baseline.as_deref()
    }

    fn common(&self) -> &Common {
        let (Command::Run { common, .. } | Command::Files { common, .. }) = &self.command;
        common
    }
}

impl PlanArguments {
    fn plans(&self) -> Vec<Plan> {
        let Some(n_x) = self.n_x else {
            return SIZES.map(|n| Plan { seed: self.seed, ..plan(n, SAMPLES) }).to_vec();
        };
        let n_y = self.n_y.unwrap_or(n_x);
        let usual = plan(n_x.min(n_y), self.samples.unwrap_or(SAMPLES));
        vec![Plan {
            n_x,
            n_y,
            shared: self.shared.unwrap_or(usual.shared),
            block: self.block.unwrap_or(usual.block),
            noise: self.noise.unwrap_or(usual.noise),
            duplicates: self.duplicates.unwrap_or(usual.duplicates),
            seed: self.seed,
            ..usual
        }]
    }
}

fn eps(text: &str) -> Result<f64, String> {
    let eps: f64 = text.parse().map_err(|_| "not a number".to_string())?;
    if (0.0..1.0).contains(&eps) { Ok(eps) } else { Err("must be in [0, 1)".into()) }
}

fn formulas() -> String {
    let counted = Stage::ALL.chunk_by(|a, b| a.formula() == b.formula()).map(|stages| {
        let names: Vec<&str> = stages.iter().map(|stage| stage.name()).collect();
        format!("  {}: {}", names.join(", "), stages[0].formula())
    });
    let head = "Operations, an addition and a multiplication each as one:".to_string();
    let tail = "Exit codes: 0 done, 1 failed, 2 wrong usage.".to_string();
    let paragraphs: Vec<String> = [head].into_iter().chain(counted).chain([tail]).collect();
    paragraphs.join("\n\n")
}
