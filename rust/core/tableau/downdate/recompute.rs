//! Examines rows that may have lost their digits, and computes them anew from the other rows and the Gram matrix.

use super::{Downdate, entry};
use crate::invariant::pairs;
use crate::linalg::{add_symmetric, dot, sum_columns};
use crate::tableau::equations::Equations;

/// A pivot that is off by no more than this, relatively, will do: what is lost with a predictor is wrong by as much,
/// but where columns are nearly dependent at many scales deletions can pass a larger error on to rows. (Of
/// 60,000 such problems 3 left the bounds of the Gram's own rounding at 1e-7, by up to 6e-6, none at 3e-8; of 40,000
/// more 1 did, at 1.2 times the bound.)
const SOUND: f64 = 3e-8;
/// If a pivot is off by no more than this, one refinement leaves no error that matters.
const NEAR: f64 = 1e-6;
/// Another is right once a refinement moves it by no more than this, relatively, for every predictor: so far the
/// rounding of as many products moves it. (Of 32,000 problems of some 20 predictors that are nearly dependent at
/// every scale none left the bounds of the Gram's own rounding at 3e-7, 1 at 1e-6, 6 at 1e-5.)
const SETTLED: f64 = 4e-10;
/// The number of refinements after which P no longer counts as a usable approximate inverse.
const REFINEMENTS: usize = 4;

/// The result of examining a row.
pub(super) enum Looked {
    /// It has its digits.
    Sound,
    /// It had lost its digits, and this is the row computed anew.
    Recomputed(Recomputed),
    /// It has lost its digits, and so many columns are nearly dependent that only factoring afresh helps.
    Lost,
}

/// `[P; Wᵀ]_j`.
pub(super) struct Recomputed {
    pub(super) predictors: Vec<f64>,
    pub(super) targets: Vec<f64>,
}

impl Recomputed {
    fn new(predictors: Vec<f64>, equations: &Equations<'_>) -> Self {
        Self { targets: equations.coefficients(&predictors), predictors }
    }
}

impl Downdate {
    /// Makes sure that every row has its digits, and returns how many rows were computed anew; `None` where only
    /// factoring afresh restores them. Needs a tableau without pending deletions.
    pub(crate) fn recompute_suspects(&mut self, equations: &Equations<'_>) -> Option<usize> {
        assert_eq!(self.pending.depth(), 0, "rows are replaced once all deletions are applied");
        let mut recomputed = 0;
        for j in 0..self.pivots.len() {
            if !self.is_suspect(j) {
                continue;
            }
            match self.look_at(j, equations) {
                Looked::Sound => {}
                Looked::Recomputed(row) => {
                    self.replace_row(j, &row);
                    recomputed += 1;
                }
                Looked::Lost => return None,
            }
        }
        Some(recomputed)
    }

    fn replace_row(&mut self, j: usize, row: &Recomputed) {
        for (i, &value) in row.predictors.iter().enumerate() {
            self.inverse[(i.min(j), i.max(j))] = value;
        }
        self.coefficients.column_mut(j).copy_from_slice(&row.targets);
        self.pivots[j] = row.predictors[j];
        // The row is now as accurate as after a factorisation.
        self.first_pivots[j] = self.pivots[j];
    }

    /// Looks at the row of the predictor at place j, and computes it anew where that is called for, at the cost of a
    /// few products with one vector.
    ///
    /// Of a row p the pivot is off by about `pᵀ (e_j - (G_BB + ridge) p)`. Where that is too much p is refined, with
    /// P as the approximate inverse; where it is far too much, p begins anew, and counts only once refining no longer
    /// moves it. Then `W_j = P_jB G_BT`.
    pub(super) fn look_at(&mut self, j: usize, equations: &Equations<'_>) -> Looked {
        self.pending.gather_rows(|i, d| entry(&self.inverse, i, d));
        let mut row = self.row(j);
        let left = rest(j, &row, equations);
        let error = dot(&row, &left).abs();
        if row[j] > 0.0 && error <= SOUND * row[j] {
            return Looked::Sound;
        }
        if row[j] > 0.0 && error <= NEAR * row[j] {
            add(&mut row, &self.times(&left));
            return Looked::Recomputed(Recomputed::new(row, equations));
        }
        row = self.row_from_others(j, equations);
        let settled = SETTLED * equations.predictors.count as f64;
        for _ in 0..REFINEMENTS {
            let correction = self.times(&rest(j, &row, equations));
            add(&mut row, &correction);
            if row[j] > 0.0 && correction[j].abs() <= settled * row[j] {
                return Looked::Recomputed(Recomputed::new(row, equations));
            }
        }
        Looked::Lost
    }

    /// The errors of a row that has lost its digits are in that row, and column, alone. With R the other rows and
    /// `a = G_jj + ridge`, the column j of `P (G_BB + ridge) = I` reads `P_Rj a = -P_RR G_Rj` and
    /// `P_jj a = 1 - P_jR G_Rj`: right but for the errors that rows in R have of their own.
    fn row_from_others(&self, j: usize, equations: &Equations<'_>) -> Vec<f64> {
        let mut others = equations.column(j);
        let own = std::mem::take(&mut others[j]);
        let mut row = self.times(&others);
        row[j] = 0.0;
        for value in &mut row {
            *value /= -own;
        }
        row[j] = (1.0 - dot(&others, &row)) / own;
        row
    }

    /// The row at place j as it is now; 0 where predictors have gone.
    fn row(&self, j: usize) -> Vec<f64> {
        let mut row: Vec<f64> = (0..self.pivots.len()).map(|i| self.before(i, j)).collect();
        let mut unit = vec![0.0; row.len()];
        unit[j] = 1.0;
        self.pending.apply_to_product(&mut row, &unit);
        row
    }

    /// `P v`, v being 0 where predictors have gone; 0 there.
    fn times(&self, v: &[f64]) -> Vec<f64> {
        let mut product = sum_columns(v.len(), v.len(), |j, product, _| {
            add_symmetric(product, v, j, 0, &self.inverse.column(j)[..=j]);
        });
        self.pending.apply_to_product(&mut product, v);
        product
    }
}

fn add(row: &mut [f64], correction: &[f64]) {
    for (value, more) in pairs(row, correction) {
        *value += more;
    }
}

/// The residual of a row in its equation, `e_j - (G_BB + ridge) p`.
fn rest(j: usize, row: &[f64], equations: &Equations<'_>) -> Vec<f64> {
    let mut rest = equations.times(row);
    for value in &mut rest {
        *value = -*value;
    }
    rest[j] += 1.0;
    rest
}
