//! Floating-point operations of every stage, counted so that no rate flatters: what has to be done, an
//! addition and a multiplication each as one. Work done again, or that moves memory alone, is not counted.

use spanmatch::{GramState, Side};

use crate::case::Case;
use crate::error::Result;

pub(crate) const GRAM: &str =
    "N n (n + 1): N samples, n = n_x + n_y; one triangle of the Gram matrix";

pub(crate) const PEEL: &str = "for each side as targets (t) of the other as predictors (p): p³/3 + p² t to factor, \
2 p³/3 + p² t to begin to delete, p (p + 2 t) for every predictor deleted, of what is left then. Neurons of one \
critical eps are taken to leave at once, and the rest to be factored afresh where that is less: the least \
that has to be done. Dead neurons and copies are not counted";

pub(crate) const WAVES: &str = "for each side as targets (t) of the other as predictors (p): p³/3 + p² t for all \
neurons. This is the first look alone: what the waves after it cost depends on what goes in each and is not counted";

pub(crate) const SEARCH: &str = "for each side as targets (t) of the other as predictors (p): p³/3 + p² t for all \
neurons and 2 p³/3 + p² t for those of the maximum match. This is the set-up alone: deletions and trials, the \
search itself, have no closed form and are not counted";

/// `zᵀ z` of N rows.
pub(crate) fn gram(case: &Case) -> f64 {
    let n = (case.spectrum.x.len() + case.spectrum.y.len()) as f64;
    case.gram.n_samples() as f64 * n * (n + 1.0)
}

/// Peels the neurons whose critical ε is not 0.
pub(crate) fn peel(case: &Case) -> Result<f64> {
    let mut critical = distinct_critical(case)?;
    critical.sort_unstable_by(|a, b| b.1.total_cmp(&a.1));
    let count = |side: Side| critical.iter().filter(|neuron| neuron.0 == side).count();
    let (n_x, n_y) = (count(Side::X), count(Side::Y));
    let (mut x, mut y) = (Tableau::new(n_y, n_x), Tableau::new(n_x, n_y));
    for leaving in critical.chunk_by(|a, b| a.1.total_cmp(&b.1).is_eq()) {
        if leaving[0].1 <= 0.0 {
            break;
        }
        let from_x = leaving.iter().filter(|neuron| neuron.0 == Side::X).count();
        let from_y = leaving.len() - from_x;
        x.remove(from_y, from_x);
        y.remove(from_x, from_y);
    }
    Ok(x.operations + y.operations)
}

/// The first look at all neurons.
pub(crate) fn waves(case: &Case) -> f64 {
    let live = |critical: &[f64]| critical.iter().filter(|c| c.is_finite()).count();
    let (x, y) = (live(&case.spectrum.x), live(&case.spectrum.y));
    factor(x, y) + factor(y, x)
}

/// The set-up of a search.
pub(crate) fn search(case: &Case) -> f64 {
    let (x, y) = (case.matched.x().len(), case.matched.y().len());
    waves(case) + prepare(x, y) + prepare(y, x)
}

/// To factor p predictors and explain t targets.
fn factor(p: usize, t: usize) -> f64 {
    let (p, t) = (p as f64, t as f64);
    p * p * p / 3.0 + p * p * t
}

/// To invert, and to solve for the coefficients: what deleting needs.
fn prepare(p: usize, t: usize) -> f64 {
    let (p, t) = (p as f64, t as f64);
    p * p * p / 1.5 + p * p * t
}

/// What is left of one side as predictors and the other as targets.
struct Tableau {
    predictors: usize,
    targets: usize,
    is_prepared: bool,
    operations: f64,
}

impl Tableau {
    fn new(predictors: usize, targets: usize) -> Self {
        let operations = factor(predictors, targets);
        Self { predictors, targets, is_prepared: false, operations }
    }

    /// As the solver does: deletes, or where that is more, factors afresh.
    fn remove(&mut self, predictors: usize, targets: usize) {
        self.targets -= targets;
        let (before, t) = (self.predictors, self.targets);
        self.predictors -= predictors;
        if predictors == 0 || t == 0 {
            return;
        }
        // Of the inverse one triangle.
        let one = |p: usize| (p * (p + 2 * t)) as f64;
        let begin = if self.is_prepared { 0.0 } else { prepare(before, t) };
        let delete = begin + (self.predictors + 1..=before).map(one).sum::<f64>();
        let afresh = factor(self.predictors, t);
        self.is_prepared = delete < afresh + prepare(self.predictors, t);
        self.operations += if self.is_prepared { delete } else { afresh };
    }
}

/// Side and critical ε of every live neuron, of copies of a neuron only the first.
fn distinct_critical(case: &Case) -> Result<Vec<(Side, f64)>> {
    let parts = case.gram.state()?;
    let sides = [(Side::X, 0, &case.spectrum.x), (Side::Y, parts.widths[0], &case.spectrum.y)];
    let mut distinct = Vec::new();
    for (side, first, critical) in sides {
        // Copies leave together.
        let mut order: Vec<usize> =
            (0..critical.len()).filter(|&i| critical[i].is_finite()).collect();
        order.sort_by(|&i, &j| critical[i].total_cmp(&critical[j]));
        for together in order.chunk_by(|&i, &j| critical[i].to_bits() == critical[j].to_bits()) {
            let mut originals: Vec<usize> = Vec::new();
            for &i in together {
                if !originals.iter().any(|&j| are_copies(&parts, first + i, first + j)) {
                    originals.push(i);
                }
            }
            distinct.extend(originals.iter().map(|&i| (side, critical[i])));
        }
    }
    Ok(distinct)
}

/// Whether two columns have the same direction.
fn are_copies(parts: &GramState, i: usize, j: usize) -> bool {
    let product = |i: usize, j: usize| {
        let (a, b) = (parts.shift[i], parts.shift[j]);
        let sums = a * parts.sums[j] + parts.sums[i] * b;
        parts.products[[i, j]] + sums + parts.n_samples as f64 * a * b
    };
    let cosine = product(i, j).abs() / (product(i, i) * product(j, j)).sqrt();
    1.0 - cosine <= 1e-12
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use spanmatch::synthetic::Plan;

    use super::*;
    use crate::stage::Stage;
    use crate::standard::plan;

    fn unrelated(n: usize) -> Case {
        let planted = Plan { shared: 1, block: 1, ..plan(n, 2000) };
        Case::planted(planted).unwrap()
    }

    /// Where neurons leave one by one: `6 n³` in all to factor and to begin, `2 n³` to delete n a side.
    #[test]
    fn a_peel_is_counted_by_its_closed_form() {
        let mut case = unrelated(200);
        for (i, (x, y)) in case.spectrum.x.iter_mut().zip(&mut case.spectrum.y).enumerate() {
            (*x, *y) = (0.9 - 1e-3 * i as f64, 0.8995 - 1e-3 * i as f64);
        }
        let n = 200.0_f64;
        let expected = 6.0 * n.powi(3) + 2.0 * n.powi(3);
        let counted = Stage::Spectrum.operations(&case).unwrap();
        assert!((counted / expected - 1.0).abs() < 0.02, "{counted} {expected}");
    }

    #[test]
    fn copies_are_not_counted() {
        let (plain, more) = (plan(60, 2000), Plan { n_x: 75, n_y: 75, ..plan(60, 2000) });
        let counted = |plan| Stage::Spectrum.operations(&Case::planted(plan).unwrap()).unwrap();
        let plain = counted(plain);
        let copied = counted(Plan { duplicates: 15, ..more });
        assert!((copied / plain - 1.0).abs() < 0.1, "{copied} {plain}");
        assert!(counted(more) > 1.5 * plain);
    }

    #[test]
    fn a_gram_is_one_triangle() {
        let operations = Stage::Gram.operations(&unrelated(50)).unwrap();
        assert!((operations - 2000.0 * 100.0 * 101.0).abs() < 0.5);
    }
}
