//! `spanmatch-bench`: how fast spanmatch is on this machine.

mod arguments;

use std::io::Write;
use std::process::ExitCode;

use arguments::{Arguments, Problems};
use spanmatch_bench::{
    Baseline, Case, Description, Error, LEGEND, ProblemReport, Product, Report, Result,
    describe_arrays, describe_plan, measure, read_npy, table,
};

fn main() -> ExitCode {
    let arguments = Arguments::parse_or_exit();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the table has seen enough.
        Err(Error::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("spanmatch-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads()).build()?;
    let baseline = arguments.baseline().map(Baseline::read).transpose()?;
    pool.install(|| {
        let mut run = Run {
            product: Product::default(),
            baseline,
            report: Report::new(arguments.repeats()),
            is_json: arguments.is_json(),
        };
        let threads = rayon::current_num_threads();
        match arguments.problems() {
            Problems::Planted(plans) => {
                let problems: Vec<_> =
                    plans.iter().map(|plan| describe_plan(plan, threads)).collect();
                run.begin(&problems)?;
                for (plan, problem) in plans.into_iter().zip(problems) {
                    run.measure(problem, &Case::planted(plan)?)?;
                }
            }
            Problems::Files { x, y, eps, seed } => {
                let case =
                    Case::of_arrays(read_npy(&x)?, read_npy(&y)?, eps, seed).map_err(|error| {
                        match error {
                            Error::Solver(what) => Error::Files { x, y, what },
                            other => other,
                        }
                    })?;
                let problem = describe_arrays(&case, threads)?;
                run.begin(std::slice::from_ref(&problem))?;
                run.measure(problem, &case)?;
            }
        }
        run.finish()
    })
}

struct Run {
    product: Product,
    baseline: Option<Baseline>,
    report: Report,
    is_json: bool,
}

impl Run {
    /// Before minutes are spent on a comparison that cannot be made.
    fn begin(&self, problems: &[Description]) -> Result<()> {
        self.baseline.as_ref().map_or(Ok(()), |baseline| baseline.check(problems))
    }

    fn measure(&mut self, problem: Description, case: &Case) -> Result<()> {
        let measured = measure(case, &mut self.product, self.report.repeats)?;
        let mut seen = ProblemReport::new(problem, case, &measured)?;
        if let Some(baseline) = &self.baseline {
            baseline.compare(self.report.problems.len(), &mut seen);
        }
        if !self.is_json {
            write(&format!("{}\n", table(&seen)))?;
        }
        self.report.problems.push(seen);
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        if self.is_json {
            let text = serde_json::to_string_pretty(&self.report).map_err(std::io::Error::from)?;
            write(&format!("{text}\n"))
        } else {
            write(&format!("{LEGEND}\n"))
        }
    }
}

fn write(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
