//! A report for people.

use crate::product::Product;
use crate::report::{Description, ProblemReport, StageReport};

/// What the columns are; to be read once.
pub const LEGEND: &str = "\
best, median: milliseconds of the repeats. GFLOP/s: operations by formula (see --help) in the best time.
of product: that rate by the rate of a matrix product, measured in the same rounds by as many threads. The
gram can pass 1: it packs samples once, where a general product packs both factors for every tile.
peak MB: most memory taken at once, in 1e6 bytes, beyond what was taken when the stage began (its input).
minimum match, cover, support: the set-up alone is counted, so the rate only says how much of it there is.";

/// The table of one problem.
#[must_use]
pub fn table(report: &ProblemReport) -> String {
    let compared = if report.stages.iter().any(|stage| stage.times_baseline.is_some()) {
        "  / baseline"
    } else {
        ""
    };
    let mut lines = vec![
        format!("{}, eps = {:.4}", describe(&report.problem), report.eps),
        format!(
            "matrix product of {0} x {0} float64: {1:.1} GFLOP/s",
            Product::SIZE,
            report.product_gflops
        ),
        String::new(),
        format!("stage            best ms   median ms   GFLOP/s   of product   peak MB{compared}"),
    ];
    lines.extend(report.stages.iter().map(row));
    lines.join("\n") + "\n"
}

fn row(stage: &StageReport) -> String {
    let compared = stage.times_baseline.map(|times| format!("{times:>12.2}")).unwrap_or_default();
    format!(
        "{:<14}{:>10.2}{:>12.2}{:>10.1}{:>13.2}{:>10.1}{compared}",
        stage.stage.name(),
        1e3 * stage.best_seconds,
        1e3 * stage.median_seconds,
        stage.gflops,
        stage.share_of_product,
        stage.memory.peak_bytes as f64 / 1e6,
    )
}

/// All that tells the problem from others, in one line.
fn describe(problem: &Description) -> String {
    let text = |field: &str| problem.get(field).map_or(String::new(), ToString::to_string);
    let kind = problem.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default();
    let sizes =
        format!("{kind}: {} + {} neurons, {} samples", text("n_x"), text("n_y"), text("samples"));
    let rest = problem
        .iter()
        .filter(|(field, _)| !["kind", "n_x", "n_y", "samples", "eps"].contains(&field.as_str()));
    rest.fold(sizes, |line, (field, value)| format!("{line}, {field} {value}"))
}
