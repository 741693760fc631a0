//! Rows that have lost their digits, computed anew from the others.

use super::Downdate;
use crate::error::Result;
use crate::linalg::{Factor, Matrix, product, subtract_transposed_product};
use crate::watch::Watch;

/// A pivot above this belongs to a row that is nearly dependent on the rest still: no case for mending.
const LARGEST_PIVOT: f64 = 1e4;

/// The stale rows S among the equations `(G_BB + ridge) [P W] = [I G_BT]`.
pub(crate) struct StaleEquations {
    /// Places of S.
    pub(crate) stale: Vec<usize>,
    /// `G_SS + ridge`, the upper triangle.
    pub(crate) own: Matrix,
    /// `G_BS`, zero in the rows that are in S or have gone.
    pub(crate) others: Matrix,
    /// `[0 G_ST]`, a column for every row of `[P; Wᵀ]`.
    pub(crate) right: Matrix,
}

impl Downdate {
    pub(crate) fn stale_among(&self, places: impl Iterator<Item = usize>) -> Vec<usize> {
        places.filter(|&place| self.is_stale(place)).collect()
    }

    /// Mends the stale rows, at the cost of a product with as many columns; false where the rows are nearly
    /// dependent on each other or on the rest, so that only factoring afresh helps.
    ///
    /// The errors of a stale row are in that row, and column, alone. With R the sound rows and
    /// `A = G_SS + ridge` the equations read `A P_SR = -G_SR P_RR`, `A W_S = G_ST - G_SR W_R` and
    /// `A P_SS = I - G_SR P_RS`: all from sound rows. Must be settled.
    pub(crate) fn mend(&mut self, equations: StaleEquations, watch: &Watch) -> Result<bool> {
        let StaleEquations { stale, own, others, right: mut rows } = equations;
        let Some(own) = Factor::new(own, watch)? else { return Ok(false) };
        let explained = product(&self.columns, &others);
        for s in 0..stale.len() {
            for (k, value) in explained.column(s).iter().enumerate() {
                rows[(s, k)] -= value;
            }
        }
        own.half_solve(&mut rows, watch)?;
        own.finish_solve(&mut rows, watch)?;

        let mut corner = Matrix::zeros(stale.len(), stale.len());
        for s in 0..stale.len() {
            corner[(s, s)] = 1.0;
        }
        subtract_transposed_product(&mut corner, &others, &rows);
        own.half_solve(&mut corner, watch)?;
        own.finish_solve(&mut corner, watch)?;
        if (0..stale.len()).any(|s| !(0.0..LARGEST_PIVOT).contains(&corner[(s, s)])) {
            return Ok(false);
        }
        self.replace(&stale, &rows, &corner);
        Ok(true)
    }

    fn replace(&mut self, stale: &[usize], rows: &Matrix, corner: &Matrix) {
        for (s, &j) in stale.iter().enumerate() {
            for k in 0..rows.columns() {
                self.columns[(k, j)] = rows[(s, k)];
            }
            for i in 0..self.columns.columns() {
                self.columns[(j, i)] = rows[(s, i)];
            }
        }
        for (s, &j) in stale.iter().enumerate() {
            for (r, &i) in stale.iter().enumerate() {
                self.columns[(i, j)] = corner[(r, s)];
            }
            self.pivots[j] = corner[(s, s)];
            self.first_pivots[j] = corner[(s, s)];
        }
    }
}
