//! A preview of what any number of deletions would leave, at the cost of a product. P and W stay as they are.

use super::{Downdate, add_squares};
use crate::error::Result;
use crate::linalg::{Factor, Matrix, fill_and_solve, subtract_product, subtract_upper_gram};
use crate::progress::Progress;

/// r² of all targets after the deletion of a growing set D of predictors, `r² + W_Dᵀ P_DD⁻¹ W_D`. It takes the steps
/// of `PendingDeletions`, but several at once and without a limit on their number.
#[derive(Debug)]
pub(crate) struct Preview {
    /// Where each predictor of D lies in P.
    deleted: Vec<usize>,
    /// L, where `P_DD = L Lᵀ`; with room for more.
    lower: Matrix,
    /// `u_W = W_D L⁻ᵀ`, a row for every target; with room for more.
    steps: Matrix,
    /// r² of every target.
    pub(crate) squares: Vec<f64>,
}

impl Preview {
    /// Before the first deletion.
    pub(crate) fn new(squares: Vec<f64>) -> Result<Self> {
        let (lower, steps) = (Matrix::zeros(0, 0)?, Matrix::zeros(squares.len(), 0)?);
        Ok(Self { deleted: Vec::new(), lower, steps, squares })
    }

    pub(crate) fn count(&self) -> usize {
        self.deleted.len()
    }

    /// Deletes the predictors at these places too. Returns false where a row of P may then have lost its digits.
    pub(crate) fn delete(
        &mut self,
        places: &[usize],
        downdate: &Downdate,
        progress: &Progress,
    ) -> Result<bool> {
        assert_eq!(downdate.pending.depth(), 0, "read once all deletions are applied");
        let (before, count) = (self.count(), places.len());
        self.make_room(count)?;
        // With E the new ones, and X = L⁻¹ P_DE: the rest of P_EE is P_EE - Xᵀ X, that of W_E is W_E - u_W X.
        let mut beside = Matrix::zeros(before, count)?;
        if before > 0 {
            fill_and_solve(&self.lower, &mut beside, |s, column| {
                for (value, &i) in column.iter_mut().zip(&self.deleted) {
                    *value = downdate.before(i, places[s]);
                }
            });
        }
        let mut own = Matrix::zeros(count, count)?;
        let mut steps = Matrix::zeros(self.squares.len(), count)?;
        for (s, &j) in places.iter().enumerate() {
            for (value, &i) in own.column_mut(s)[..=s].iter_mut().zip(places) {
                *value = downdate.before(i, j);
            }
            steps.column_mut(s).copy_from_slice(downdate.coefficients.column(j));
        }
        if before > 0 {
            subtract_upper_gram(&mut own, &beside, |_, _, _| {});
            subtract_product(&mut steps, &self.steps, &beside, |_, _, _| {});
        }
        let Some(own) = Factor::new(own, progress)? else { return Ok(false) };
        if (0..count).any(|s| downdate.may_have_lost_digits(places[s], own.upper(s, s).powi(2))) {
            return Ok(false);
        }
        own.half_solve(&mut steps, progress)?;
        for s in 0..count {
            for i in 0..before {
                self.lower[(before + s, i)] = beside[(i, s)];
            }
            for r in 0..=s {
                self.lower[(before + s, before + r)] = own.upper(r, s);
            }
            add_squares(&mut self.squares, steps.column(s));
            self.steps.column_mut(before + s).copy_from_slice(steps.column(s));
        }
        self.deleted.extend(places);
        Ok(true)
    }

    fn make_room(&mut self, more: usize) -> Result<()> {
        let wanted = self.count() + more;
        if wanted > self.lower.columns() {
            let room = wanted.max(2 * self.lower.columns());
            let mut lower = Matrix::zeros(room, room)?;
            let mut steps = Matrix::zeros(self.squares.len(), room)?;
            for j in 0..self.count() {
                lower.column_mut(j)[..self.lower.rows()].copy_from_slice(self.lower.column(j));
                steps.column_mut(j).copy_from_slice(self.steps.column(j));
            }
            (self.lower, self.steps) = (lower, steps);
        }
        Ok(())
    }
}
