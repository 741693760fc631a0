//! Deleting predictors from a least-squares problem, at the cost of matrix products.
//!
//! With `P = (G_BB + ridge)⁻¹` and `W = P G_BT`, deleting predictor j is
//! `r² += W_j²/P_jj`, `W -= P_j W_j / P_jj`, `P -= P_j P_jᵀ / P_jj`. This is one step of a pivoted Cholesky of P,
//! of which W takes part: with `u = [P; Wᵀ]_j / sqrt(P_jj)` the rest becomes `[P; Wᵀ] - u u_Pᵀ` and
//! `r² += u_W²`. As there, the steps are kept back and applied in blocks.

mod losses;
mod pending;
mod preview;
mod recompute;

use super::equations::Equations;
use super::members::Moves;
use crate::error::Result;
use crate::invariant::pairs;
use crate::linalg::{
    Factor, Matrix, SourceColumns, largest, subtract_product, subtract_upper_gram,
};
use crate::progress::Progress;
use pending::{BLOCK, PendingDeletions};
pub(crate) use preview::Preview;
use recompute::Looked;

/// The relative error of pivots after a factorisation. About 30 roundings were measured for twins and sums of two
/// neurons, and 130 for mixtures of all.
const ROUNDING: f64 = 1e-14;
/// A pivot that has fallen is examined where the rounding of the largest pivot could move it by more than this,
/// relatively. Deletions can make an error a thousand times as large where columns are nearly dependent at many
/// scales, with coefficients above 1: of 10,000 such problems 8 left the bounds of the Gram's own rounding at 1e-5,
/// by up to 1e-5, 3 at 1e-7, none at 1e-8.
const SUSPECT: f64 = 1e-8;

#[derive(Debug)]
pub(crate) struct Downdate {
    /// P before the steps kept back; the upper triangle counts.
    inverse: Matrix,
    /// Wᵀ before them, a column for every predictor.
    coefficients: Matrix,
    pending: PendingDeletions,
    /// Diagonal of P before the steps.
    pivots: Vec<f64>,
    /// The same at the time of the factorisation, and the largest of them.
    first_pivots: Vec<f64>,
    largest_pivot: f64,
}

/// How many steps were kept back.
#[derive(Debug)]
pub(crate) struct Saved(usize);

/// The result of deleting a predictor whose row may have lost its digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Deleted {
    AsItWas,
    /// The row had lost its digits, and was computed anew.
    Recomputed,
    /// The row has lost its digits, and only a new factorisation restores them. Nothing was changed.
    Not,
}

impl Downdate {
    /// `whitened` is `G_TB U⁻¹`, a row for every target.
    pub(crate) fn new(factor: &Factor, whitened: Matrix, progress: &Progress) -> Result<Self> {
        let (targets, mut coefficients) = (whitened.rows(), whitened);
        // Both run together, so that a thread that has finished one helps with the other.
        let (solved, inverse) = rayon::join(
            || factor.finish_solve(&mut coefficients, progress),
            || factor.inverse(progress),
        );
        let inverse = solved.and(inverse)?;
        let pivots = inverse.diagonal();
        Ok(Self {
            inverse,
            coefficients,
            pending: PendingDeletions::new(pivots.len(), targets)?,
            first_pivots: pivots.clone(),
            largest_pivot: largest(&pivots),
            pivots,
        })
    }

    pub(crate) fn try_clone(&self) -> Result<Self> {
        Ok(Self {
            inverse: self.inverse.try_clone()?,
            coefficients: self.coefficients.try_clone()?,
            pending: self.pending.try_clone()?,
            pivots: self.pivots.clone(),
            first_pivots: self.first_pivots.clone(),
            largest_pivot: self.largest_pivot,
        })
    }

    /// Whether the row at place j may have lost its digits: this happens when a nearly dependent partner was deleted,
    /// so that most of `P_jj` has cancelled.
    pub(crate) fn is_suspect(&self, j: usize) -> bool {
        self.may_have_lost_digits(j, self.pivots[j])
    }

    /// How many rows may have lost their digits, judged before the pending steps.
    pub(crate) fn count_suspects(&self) -> usize {
        (0..self.pivots.len()).filter(|&j| self.is_suspect(j)).count()
    }

    fn may_have_lost_digits(&self, j: usize, pivot: f64) -> bool {
        // For a pivot that is NaN both comparisons are false.
        let has_stayed = pivot >= self.first_pivots[j] / 8.0;
        let is_sure = ROUNDING * self.largest_pivot <= SUSPECT * pivot;
        !(has_stayed || is_sure)
    }

    /// Whether so many deletions can stay pending, so that they can be undone.
    pub(crate) fn has_room(&self, count: usize) -> bool {
        self.pending.depth() + count <= BLOCK
    }

    pub(crate) fn save(&self) -> Saved {
        Saved(self.pending.depth())
    }

    /// Undoes all deletions since the save, none of which may have been applied.
    pub(crate) fn restore(&mut self, Saved(depth): &Saved) {
        self.pending.truncate(*depth);
    }

    /// Deletes the predictor at place j, and adds the loss to `squares` (r² of every target). Returns false, with
    /// nothing changed, where its row may have lost its digits. There must be room for one more step.
    pub(crate) fn delete(&mut self, j: usize, squares: &mut [f64]) -> bool {
        let row = self.pending.row(j, |i| self.before(i, j), self.pivots[j]);
        if self.may_have_lost_digits(j, row.pivot) {
            return false;
        }
        add_squares(squares, self.pending.push(j, &row, self.coefficients.column(j)));
        true
    }

    /// The same for a predictor whose row may have lost its digits.
    pub(crate) fn delete_suspect(
        &mut self,
        j: usize,
        squares: &mut [f64],
        equations: &Equations<'_>,
    ) -> Deleted {
        match self.look_at(j, equations) {
            Looked::Sound => {
                let row = self.pending.row(j, |i| self.before(i, j), self.pivots[j]);
                add_squares(squares, self.pending.push(j, &row, self.coefficients.column(j)));
                Deleted::AsItWas
            }
            Looked::Recomputed(row) => {
                add_squares(squares, self.pending.push_recomputed(j, row));
                Deleted::Recomputed
            }
            Looked::Lost => Deleted::Not,
        }
    }

    /// Applies the steps kept back, to what is left.
    pub(crate) fn apply_pending(&mut self, predictors: &Moves, targets: &Moves) -> Result<()> {
        let origins = predictors.origins();
        let rows = self.pending.predictors(&origins, &self.inverse)?;
        predictors.apply(&mut self.first_pivots);
        self.first_pivots.truncate(predictors.left);
        let steps = self.pending.clear(predictors.left, targets);
        let move_inverse = |j: usize, column: &mut [f64], sources: SourceColumns<'_>| {
            let origin = origins[j];
            if origin != j {
                column[..j].copy_from_slice(&sources.column(origin)[..j]);
                column[j] = sources.column(origin)[origin];
            }
            for &(to, from) in predictors.pairs.iter().take_while(|&&(to, _)| to < j) {
                column[to] = sources.column(from.max(origin))[from.min(origin)];
            }
        };
        let move_coefficients = |j: usize, column: &mut [f64], sources: SourceColumns<'_>| {
            if origins[j] != j {
                column.copy_from_slice(sources.column(origins[j]));
            }
            targets.apply(column);
        };
        rayon::join(
            || subtract_upper_gram(&mut self.inverse, &rows, move_inverse),
            || subtract_product(&mut self.coefficients, steps, &rows, move_coefficients),
        );
        self.inverse.truncate(predictors.left, predictors.left);
        self.coefficients.truncate(targets.left, predictors.left);
        self.pivots = self.inverse.diagonal();
        Ok(())
    }

    /// `P_ij` before the steps kept back.
    fn before(&self, i: usize, j: usize) -> f64 {
        entry(&self.inverse, i, j)
    }
}

/// An entry of a symmetric matrix of which only the upper triangle counts.
fn entry(matrix: &Matrix, i: usize, j: usize) -> f64 {
    matrix[(i.min(j), i.max(j))]
}

fn add_squares(squares: &mut [f64], step: &[f64]) {
    for (square, &value) in pairs(squares, step) {
        *square += value * value;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::members::Members;
    use super::*;

    fn members(neurons: std::ops::Range<usize>, all: usize) -> Members {
        let place = (0..all).map(|neuron| neuron.wrapping_sub(neurons.start)).collect();
        Members { count: neurons.len(), neurons: neurons.collect(), place }
    }

    /// By their definitions: `G_BB P = I`, `W = P G_BT`, and r² is what P leaves of a target.
    fn check(downdate: &Downdate, g: &Matrix, b: &Members, t: &Members, squares: &[f64]) {
        let (b, t) = (&b.neurons, &t.neurons);
        let p = |i: usize, j: usize| downdate.before(i, j);
        for j in 0..b.len() {
            for (i, &row) in b.iter().enumerate() {
                let sum: f64 = b.iter().enumerate().map(|(k, &kth)| g[(row, kth)] * p(k, j)).sum();
                assert!((sum - f64::from(u8::from(i == j))).abs() < 1e-9, "{i}, {j}: {sum}");
            }
            for (i, &target) in t.iter().enumerate() {
                let w: f64 = b.iter().enumerate().map(|(k, &kth)| p(k, j) * g[(kth, target)]).sum();
                assert!((downdate.coefficients[(i, j)] - w).abs() < 1e-9, "{i}, {j}");
            }
            assert_eq!(downdate.pivots[j].to_bits(), p(j, j).to_bits());
        }
        for (i, &target) in t.iter().enumerate() {
            let w = b
                .iter()
                .enumerate()
                .map(|(k, &kth)| downdate.coefficients[(i, k)] * g[(kth, target)]);
            let square = 1.0 - w.sum::<f64>();
            assert!((squares[i] - square).abs() < 1e-9, "{target}: {} for {square}", squares[i]);
        }
    }

    #[test]
    fn what_is_left_is_as_its_definition_says() {
        let progress = Progress::default();
        for (predictors, targets) in [(1, 1), (3, 9), (70, 40), (200, 77)] {
            let all = predictors + targets;
            // Diagonally dominant.
            let entry = |i: usize, j: usize| ((i * 31 + j * 17) % 19) as f64 - 9.0;
            let g = Matrix::symmetric(all, |j| {
                move |i| if i == j { 1.0 } else { entry(i, j) / (20 * all) as f64 }
            })
            .unwrap();
            let part = |columns: &Members, rows: usize| {
                Matrix::from_columns(rows, columns.count, |j, values| {
                    values.extend_from_slice(&g.column(columns.neurons[j])[..rows]);
                })
                .unwrap()
            };
            let (mut b, mut t) = (members(0..predictors, all), members(predictors..all, all));
            let factor = Factor::new(part(&b, predictors), &progress).unwrap().unwrap();
            let mut whitened = Matrix::from_columns(targets, predictors, |j, values| {
                values.extend_from_slice(&g.column(j)[predictors..]);
            })
            .unwrap();
            let explained = factor.half_solve(&mut whitened, &progress).unwrap();
            let mut squares: Vec<f64> = explained.iter().map(|explained| 1.0 - explained).collect();
            let mut downdate = Downdate::new(&factor, whitened, &progress).unwrap();
            check(&downdate, &g, &b, &t, &squares);
            for round in 0..5 {
                let gone = |m: &Members, step| m.neurons.iter().copied().step_by(step).collect();
                let (less, fewer): (Vec<_>, Vec<_>) = (gone(&b, 4 + round), gone(&t, 3 + round));
                for &neuron in less.iter().take(BLOCK).rev() {
                    assert!(downdate.delete(b.remove(neuron), &mut squares));
                }
                for &neuron in &fewer {
                    assert!(t.remove(neuron) < targets);
                }
                let (moves, others) = (b.fill_gaps(), t.fill_gaps());
                others.apply(&mut squares);
                squares.truncate(others.left);
                downdate.apply_pending(&moves, &others).unwrap();
                check(&downdate, &g, &b, &t, &squares);
            }
        }
    }
}
