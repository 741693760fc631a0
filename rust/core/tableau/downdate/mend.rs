//! Rows that have lost their digits, computed anew from the others.

use super::Downdate;
use crate::error::Result;
use crate::linalg::{Factor, Matrix, Triangle, product, subtract_transposed_product};
use crate::watch::Watch;

/// A pivot above this belongs to a row that is nearly dependent on the rest still: no case for mending.
const LARGEST_PIVOT: f64 = 1e4;
/// A mended pivot is right once a refinement moves it by no more than this, relatively. (Of 3,000 problems
/// with columns nearly dependent at every scale at once, a critical value left the bounds of the Gram's own
/// rounding, by up to 0.19, in about 40 without this test, in 5 at 1e-6, in 1 at 1e-7, in none at 1e-8.)
const SETTLED: f64 = 1e-9;
/// Refinements after which P is taken to be no good inverse.
const REFINEMENTS: usize = 3;

impl Downdate {
    pub(crate) fn stale(&self) -> Vec<usize> {
        let pivots = self.pivots.iter().enumerate();
        pivots.filter(|&(j, &pivot)| self.is_stale(j, pivot)).map(|(j, _)| j).collect()
    }

    /// Mends the stale rows S, at the cost of a few products with as many columns. False where the rows are
    /// nearly dependent on each other or on the rest, so that only factoring afresh helps; P is spoilt then.
    /// `system` is `[G_BB + ridge; G_TB]` in the places of `[P; Wᵀ]`, of which none has gone. Must be settled.
    ///
    /// The errors of a stale row are in that row, and column, alone. With R the other rows and
    /// `A = G_SS + ridge`, the columns S of `P (G_BB + ridge) = I` read `P_RS A = -P_RR G_RS` and
    /// `P_SS A = I - P_SR G_RS`. Where rows in R have large errors of their own, as columns that are nearly
    /// dependent still have, this passes them on: so the result is refined, with P itself as the approximate
    /// inverse, and counts only once refining no longer moves it. Then `W_S = P_SB G_BT`.
    pub(crate) fn mend(&mut self, stale: &[usize], system: &Matrix, watch: &Watch) -> Result<bool> {
        let predictors = self.pivots.len();
        let mut own = Matrix::zeros(stale.len(), stale.len())?;
        let mut others = Matrix::zeros(predictors, stale.len())?;
        for (s, &j) in stale.iter().enumerate() {
            others.column_mut(s).copy_from_slice(&system.column(j)[..predictors]);
            for (r, &i) in stale.iter().enumerate() {
                own[(r, s)] = std::mem::take(&mut others[(i, s)]);
            }
        }
        let Some(own) = Factor::new(own, watch)? else { return Ok(false) };
        self.inverse.mirror(Triangle::Upper);
        let mut mended = product(&self.inverse, 0..predictors, &others)?;
        for s in 0..stale.len() {
            mended.column_mut(s).iter_mut().for_each(|value| *value = -*value);
        }
        solve(&own, &mut mended, watch)?;
        let mut corner = Matrix::zeros(stale.len(), stale.len())?;
        (0..stale.len()).for_each(|s| corner[(s, s)] = 1.0);
        subtract_transposed_product(&mut corner, &mended, &others);
        solve(&own, &mut corner, watch)?;
        if (0..stale.len()).any(|s| !(0.0..LARGEST_PIVOT).contains(&corner[(s, s)])) {
            return Ok(false);
        }
        for s in 0..stale.len() {
            for (r, &i) in stale.iter().enumerate() {
                mended[(i, s)] = corner[(r, s)];
            }
        }
        self.write(stale, &mended);
        let mut refinements = 0;
        while !self.refine(stale, &mut mended, system)? {
            refinements += 1;
            if refinements == REFINEMENTS {
                return Ok(false);
            }
        }
        let w = product(system, predictors..system.rows(), &mended)?;
        for (s, &j) in stale.iter().enumerate() {
            self.coefficients.column_mut(j).copy_from_slice(w.column(s));
        }
        Ok(true)
    }

    /// Adds to columns of P what P makes of the rest that they leave, `I - (G_BB + ridge) P_BS`, and tells
    /// whether that was too little to matter.
    fn refine(&mut self, stale: &[usize], mended: &mut Matrix, system: &Matrix) -> Result<bool> {
        let predictors = self.pivots.len();
        let mut rest = product(system, 0..predictors, mended)?;
        for (s, &j) in stale.iter().enumerate() {
            rest.column_mut(s).iter_mut().for_each(|value| *value = -*value);
            rest[(j, s)] += 1.0;
        }
        let correction = product(&self.inverse, 0..predictors, &rest)?;
        for s in 0..stale.len() {
            for (value, more) in mended.column_mut(s).iter_mut().zip(correction.column(s)) {
                *value += more;
            }
        }
        self.write(stale, mended);
        let mut pivots = stale.iter().enumerate();
        Ok(pivots.all(|(s, &j)| correction[(j, s)].abs() <= SETTLED * mended[(j, s)]))
    }

    /// Writes columns of P, and its rows.
    fn write(&mut self, stale: &[usize], columns: &Matrix) {
        for (s, &j) in stale.iter().enumerate() {
            for (i, &value) in columns.column(s).iter().enumerate() {
                self.inverse[(i, j)] = value;
                self.inverse[(j, i)] = value;
            }
            self.pivots[j] = columns[(j, s)];
            self.first_pivots[j] = columns[(j, s)];
        }
    }
}

/// `rows <- rows A⁻¹`.
fn solve(own: &Factor, rows: &mut Matrix, watch: &Watch) -> Result<()> {
    own.half_solve(rows, watch)?;
    own.finish_solve(rows, watch)
}
