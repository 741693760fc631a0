//! A row that has lost its digits, computed anew from the others and the Gram matrix.

use super::Downdate;
use crate::linalg::{dot, pairs_mut, symmetric_times};
use crate::tableau::equations::Equations;

/// A pivot computed anew is right once a refinement moves it by no more than this, relatively: the next would move
/// it by a small part of that.
const SETTLED: f64 = 1e-6;
/// Refinements after which P is taken to be no good inverse.
const REFINEMENTS: usize = 4;

/// `[P; Wᵀ]_j`.
pub(super) struct Recomputed {
    pub(super) predictors: Vec<f64>,
    pub(super) targets: Vec<f64>,
}

impl Downdate {
    /// The row of the predictor at place j, at the cost of a few products with one vector. `None` where it does
    /// not settle: so much is nearly dependent that only factoring afresh helps.
    ///
    /// The errors of a row that has lost its digits are in that row, and column, alone. With R the other rows and
    /// `a = G_jj + ridge`, the column j of `P (G_BB + ridge) = I` reads `P_Rj a = -P_RR G_Rj` and
    /// `P_jj a = 1 - P_jR G_Rj`. Rows in R can have errors of their own: so the result is refined, with P as the
    /// approximate inverse, and counts only once refining no longer moves it. Then `W_j = P_jB G_BT`.
    pub(super) fn recompute(&self, j: usize, equations: &Equations<'_>) -> Option<Recomputed> {
        let mut others = equations.column(j);
        let own = std::mem::take(&mut others[j]);
        let mut row = self.times(&others);
        row[j] = 0.0;
        for value in &mut row {
            *value /= -own;
        }
        row[j] = (1.0 - dot(&others, &row)) / own;
        for _ in 0..REFINEMENTS {
            let mut rest = equations.times(&row);
            for value in &mut rest {
                *value = -*value;
            }
            rest[j] += 1.0;
            let correction = self.times(&rest);
            for (value, more) in pairs_mut(&mut row, &correction) {
                *value += more;
            }
            if row[j] > 0.0 && correction[j].abs() <= SETTLED * row[j] {
                let targets = equations.coefficients(&row);
                return Some(Recomputed { predictors: row, targets });
            }
        }
        None
    }

    /// `P v`, v being 0 where predictors have gone; 0 there.
    fn times(&self, v: &[f64]) -> Vec<f64> {
        let mut product = symmetric_times(&self.inverse, v);
        self.pending.apply_to_product(&mut product, v, |i, d| self.before(i, d));
        product
    }
}
