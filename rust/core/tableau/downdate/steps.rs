//! Deletions kept back: steps of a pivoted Cholesky of P.

use crate::error::Result;
use crate::linalg::{Matrix, fill_and_solve, subtract_columns_before};
use crate::tableau::members::Moves;

/// Steps kept back before they are applied.
pub(super) const BLOCK: usize = 64;

/// With D the predictors deleted: `P_DD = L Lᵀ`, and of every step u the part that targets have, `u_W`. The part
/// of the predictors, `u_P = L⁻¹ P_DB`, waits until the steps are applied: r² does not need it, and for all
/// together it is one triangular solve.
#[derive(Debug)]
pub(super) struct Steps {
    /// Where each predictor deleted lies in P.
    deleted: Vec<usize>,
    /// L.
    lower: Matrix,
    /// `u_W` of every step.
    targets: Matrix,
}

/// What a step makes of the row of one predictor.
pub(super) struct Row {
    /// `L⁻¹ P_Dj`.
    values: [f64; BLOCK],
    /// `P_jj` after the steps.
    pub(super) pivot: f64,
}

impl Steps {
    pub(super) fn new(targets: usize) -> Result<Self> {
        Ok(Self {
            deleted: Vec::with_capacity(BLOCK),
            lower: Matrix::zeros(BLOCK, BLOCK)?,
            targets: Matrix::zeros(targets, BLOCK)?,
        })
    }

    pub(super) fn try_clone(&self) -> Result<Self> {
        let (lower, targets) = (self.lower.try_clone()?, self.targets.try_clone()?);
        Ok(Self { deleted: self.deleted.clone(), lower, targets })
    }

    pub(super) fn depth(&self) -> usize {
        self.deleted.len()
    }

    /// Forgets the last steps.
    pub(super) fn truncate(&mut self, depth: usize) {
        debug_assert!(depth <= self.depth(), "they have been applied");
        self.deleted.truncate(depth);
    }

    /// The row of predictor j after the steps, of `P_ij` and `P_jj` before.
    pub(super) fn row(&self, before: impl Fn(usize) -> f64, pivot: f64) -> Row {
        let depth = self.depth();
        let mut row = Row { values: [0.0; BLOCK], pivot };
        for (value, &i) in row.values.iter_mut().zip(&self.deleted) {
            *value = before(i);
        }
        for step in 0..depth {
            let column = &self.lower.column(step)[step..depth];
            let (value, rest) = row.values[step..depth].split_at_mut(1);
            value[0] /= column[0];
            row.pivot -= value[0] * value[0];
            for (other, factor) in rest.iter_mut().zip(&column[1..]) {
                *other -= factor * value[0];
            }
        }
        row
    }

    /// Deletes predictor j. Returns `u_W` of `column`, which is `W_j` before all steps.
    pub(super) fn push(&mut self, j: usize, row: &Row, column: &[f64]) -> &[f64] {
        let depth = self.depth();
        for (step, &value) in row.values[..depth].iter().enumerate() {
            self.lower[(depth, step)] = value;
        }
        let root = row.pivot.sqrt();
        self.lower[(depth, depth)] = root;
        self.targets.column_mut(depth).copy_from_slice(column);
        subtract_columns_before(&mut self.targets, depth, &row.values[..depth]);
        self.deleted.push(j);

        let scale = root.recip();
        let step = self.targets.column_mut(depth);
        for value in step.iter_mut() {
            *value *= scale;
        }
        step
    }

    /// `u_P` of the named predictors, a row for every step, of P before, of which the upper triangle counts.
    pub(super) fn predictors(&self, predictors: &[usize], before: &Matrix) -> Result<Matrix> {
        // As they lie in memory.
        let mut deleted: Vec<(usize, usize)> = self.deleted.iter().copied().zip(0..).collect();
        deleted.sort_unstable();
        let mut rows = Matrix::zeros(self.depth(), predictors.len())?;
        fill_and_solve(&self.lower, &mut rows, |place, values| {
            let j = predictors[place];
            let (above, beside) = deleted.split_at(deleted.partition_point(|&(i, _)| i < j));
            let column = before.column(j);
            for &(i, step) in above {
                values[step] = column[i];
            }
            for &(i, step) in beside {
                values[step] = before[(j, i)];
            }
        });
        Ok(rows)
    }

    /// Forgets all steps; returns `u_W` of each, of the targets where they now lie.
    pub(super) fn settle(&mut self, targets: &Moves) -> &Matrix {
        for step in 0..self.depth() {
            targets.apply(self.targets.column_mut(step));
        }
        self.targets.truncate(targets.left, BLOCK);
        self.deleted.clear();
        &self.targets
    }
}
