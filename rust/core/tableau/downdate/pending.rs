//! Pending deletions: steps of a pivoted Cholesky factorisation of P that are not applied yet.

use super::recompute::Recomputed;
use crate::error::Result;
use crate::linalg::{Matrix, add_multiple, dot, fill_and_solve, subtract_columns_before};
use crate::tableau::members::Moves;

/// The number of steps that can be pending before they are applied.
pub(super) const BLOCK: usize = 64;

/// The target part `u_W` of every step `u = [P; Wᵀ]_j / sqrt(P_jj)`. The predictor part is computed only when the
/// steps are applied: r² does not need it, and for all steps together it takes one triangular solve.
///
/// With D the predictors deleted it is `u_P = L⁻¹ P_DB`, where `P_DD = L Lᵀ`. Where a row had to be computed anew
/// its `u_P` is known instead: its row of L and its right-hand side then state only that.
#[derive(Debug)]
pub(super) struct PendingDeletions {
    /// Where each predictor deleted lies in P.
    deleted: Vec<usize>,
    /// L.
    lower: Matrix,
    /// `u_W` of every step.
    targets: Matrix,
    /// `u_P` of the steps whose row was computed anew, ascending.
    known: Vec<(usize, Vec<f64>)>,
    /// `P_dB` of the first predictors deleted, a column for every step: P has them as rows, far apart in memory.
    rows: Matrix,
    /// How many columns of `rows` are filled.
    gathered: usize,
}

/// What the steps make of the row of one predictor.
pub(super) struct Row {
    /// `u_P` of every step at this predictor.
    values: [f64; BLOCK],
    /// `P_jj` after the steps.
    pub(super) pivot: f64,
}

impl PendingDeletions {
    pub(super) fn new(predictors: usize, targets: usize) -> Result<Self> {
        Ok(Self {
            deleted: Vec::with_capacity(BLOCK),
            lower: Matrix::zeros(BLOCK, BLOCK)?,
            targets: Matrix::zeros(targets, BLOCK)?,
            known: Vec::new(),
            rows: Matrix::zeros(predictors, BLOCK)?,
            gathered: 0,
        })
    }

    pub(super) fn try_clone(&self) -> Result<Self> {
        let (lower, targets) = (self.lower.try_clone()?, self.targets.try_clone()?);
        let (deleted, known) = (self.deleted.clone(), self.known.clone());
        let rows = Matrix::zeros(self.rows.rows(), BLOCK)?;
        Ok(Self { deleted, lower, targets, known, rows, gathered: 0 })
    }

    pub(super) fn depth(&self) -> usize {
        self.deleted.len()
    }

    /// Forgets the last steps.
    pub(super) fn truncate(&mut self, depth: usize) {
        assert!(depth <= self.depth(), "they have been applied");
        self.deleted.truncate(depth);
        self.known.retain(|&(step, _)| step < depth);
        self.gathered = self.gathered.min(depth);
    }

    /// The row of predictor j after the steps, of `P_ij` and `P_jj` before.
    pub(super) fn row(&self, j: usize, before: impl Fn(usize) -> f64, pivot: f64) -> Row {
        let mut row = Row { values: [0.0; BLOCK], pivot };
        for (value, &i) in row.values.iter_mut().zip(&self.deleted) {
            *value = before(i);
        }
        for (step, known) in &self.known {
            row.values[*step] = known[j];
        }
        self.solve(&mut row.values);
        for value in &row.values[..self.depth()] {
            row.pivot -= value * value;
        }
        row
    }

    /// `values <- L⁻¹ values`.
    fn solve(&self, values: &mut [f64; BLOCK]) {
        let depth = self.depth();
        for step in 0..depth {
            let column = &self.lower.column(step)[step..depth];
            let (value, rest) = values[step..depth].split_at_mut(1);
            value[0] /= column[0];
            for (other, factor) in rest.iter_mut().zip(&column[1..]) {
                *other -= factor * value[0];
            }
        }
    }

    /// `values <- L⁻ᵀ values`.
    fn solve_transposed(&self, values: &mut [f64; BLOCK]) {
        let depth = self.depth();
        for step in (0..depth).rev() {
            let column = &self.lower.column(step)[step..depth];
            let known: f64 = column[1..].iter().zip(&values[step + 1..]).map(|(l, v)| l * v).sum();
            values[step] = (values[step] - known) / column[0];
        }
    }

    /// Prepares for [`PendingDeletions::apply_to_product`]; `before` is `P_ij` before the steps.
    pub(super) fn gather_rows(&mut self, before: impl Fn(usize, usize) -> f64) {
        for step in self.gathered..self.depth() {
            let d = self.deleted[step];
            for (i, value) in self.rows.column_mut(step).iter_mut().enumerate() {
                *value = before(i, d);
            }
        }
        self.gathered = self.depth();
    }

    /// Turns `product = P v` before the steps into the product after them. v is 0 where predictors were deleted.
    pub(super) fn apply_to_product(&self, product: &mut [f64], v: &[f64]) {
        assert_eq!(self.gathered, self.depth(), "a row of P for every step");
        let mut along = [0.0; BLOCK];
        for (value, &i) in along.iter_mut().zip(&self.deleted) {
            *value = product[i];
        }
        for (step, known) in &self.known {
            along[*step] = dot(known, v);
        }
        self.solve(&mut along);
        self.solve_transposed(&mut along);
        for (step, known) in &self.known {
            add_multiple(product, -std::mem::take(&mut along[*step]), known);
        }
        for (step, factor) in along[..self.depth()].iter().enumerate() {
            add_multiple(product, -factor, self.rows.column(step));
        }
        for &d in &self.deleted {
            product[d] = 0.0;
        }
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
        self.scale_last(root.recip())
    }

    /// The same for a row that was computed anew.
    pub(super) fn push_recomputed(&mut self, j: usize, row: Recomputed) -> &[f64] {
        let (depth, scale) = (self.depth(), row.predictors[j].sqrt().recip());
        for step in 0..depth {
            self.lower[(depth, step)] = 0.0;
        }
        self.lower[(depth, depth)] = 1.0;
        self.targets.column_mut(depth).copy_from_slice(&row.targets);
        self.deleted.push(j);
        let mut known = row.predictors;
        for value in &mut known {
            *value *= scale;
        }
        self.known.push((depth, known));
        self.scale_last(scale)
    }

    fn scale_last(&mut self, scale: f64) -> &[f64] {
        let step = self.targets.column_mut(self.depth() - 1);
        for value in step.iter_mut() {
            *value *= scale;
        }
        step
    }

    /// `u_P` of the named predictors, a row for every step, of P before, of which the upper triangle counts.
    pub(super) fn predictors(&self, predictors: &[usize], before: &Matrix) -> Result<Matrix> {
        // In the order in which they lie in memory.
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
            for (step, known) in &self.known {
                values[*step] = known[j];
            }
        });
        Ok(rows)
    }

    /// Forgets all steps; returns `u_W` of each, of the targets where they now lie. So many
    /// predictors are left.
    pub(super) fn clear(&mut self, predictors: usize, targets: &Moves) -> &Matrix {
        for step in 0..self.depth() {
            targets.apply(self.targets.column_mut(step));
        }
        self.targets.truncate(targets.left, BLOCK);
        self.rows.truncate(predictors, BLOCK);
        self.truncate(0);
        &self.targets
    }
}
