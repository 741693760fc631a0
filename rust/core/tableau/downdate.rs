//! Deleting predictors from a least-squares problem, at the cost of matrix products.
//!
//! With `P = (G_BB + ridge)⁻¹` and `W = P G_BT`, deleting predictor j is
//! `r² += W_j²/P_jj`, `W -= P_j W_j / P_jj`, `P -= P_j P_jᵀ / P_jj`. On the matrix `[P; Wᵀ]`, whose column j
//! holds all that belongs to predictor j, this is one step of a pivoted Cholesky: with
//! `u = column_j / sqrt(P_jj)` the rest becomes `[P; Wᵀ] - u u_Pᵀ` and `r² += u_W²`. As there, the steps are
//! kept back and applied in blocks.

mod mend;

use crate::error::Result;
use crate::linalg::{Factor, Matrix, subtract_columns_before, subtract_product};
use crate::watch::Watch;

/// Steps kept back before they are applied.
const BLOCK: usize = 64;

#[derive(Clone, Debug)]
pub(crate) struct Downdate {
    /// `[P; Wᵀ]` before the steps kept back.
    columns: Matrix,
    /// u of every step kept back.
    steps: Matrix,
    depth: usize,
    /// Diagonal of P, now and at the factorisation.
    pivots: Vec<f64>,
    first_pivots: Vec<f64>,
}

/// What a deletion changes before it is applied.
#[derive(Debug)]
pub(crate) struct Saved {
    depth: usize,
    pivots: Vec<f64>,
}

impl Downdate {
    /// `half` is `U⁻ᵀ G_BT`, a column for every target.
    pub(crate) fn new(factor: &Factor, mut half: Matrix, watch: &Watch) -> Result<Self> {
        let (predictors, targets) = (half.rows(), half.columns());
        // Together, so that a thread which is done with the one helps with the other.
        let (solved, inverted) = rayon::join(
            || factor.finish_solve(&mut half, watch),
            || {
                let mut columns = Matrix::zeros(predictors + targets, predictors);
                factor.write_inverse(&mut columns, watch)?;
                Ok(columns)
            },
        );
        let mut columns = solved.and(inverted)?;
        columns.write_transposed(predictors, &half);
        let pivots: Vec<f64> = (0..predictors).map(|j| columns[(j, j)]).collect();
        Ok(Self {
            steps: Matrix::zeros(predictors + targets, BLOCK),
            depth: 0,
            first_pivots: pivots.clone(),
            pivots,
            columns,
        })
    }

    /// Whether row j has lost its digits: a nearly dependent partner has gone, and what was `P_jj` has
    /// cancelled. The error stays in this row until it is used as a pivot. (An eighth, where the design says
    /// a half: random mixes of all columns then take 5 refreshes for 13, and no residual moves by 1e-6.)
    pub(crate) fn is_stale(&self, j: usize) -> bool {
        let (now, first) = (self.pivots[j], self.first_pivots[j]);
        now < first / 8.0 && first * first * 1e-15 > 1e-5 * now.max(1.0)
    }

    /// What deleting predictor j would add to r² of the target at place t.
    pub(crate) fn loss(&self, j: usize, t: usize) -> f64 {
        debug_assert_eq!(self.depth, 0, "read after settling");
        self.columns[(self.columns.columns() + t, j)].powi(2) / self.pivots[j]
    }

    /// What deleting a set D of predictors at once would add to r² of the targets at these places:
    /// `W_Dᵀ P_DD⁻¹ W_D`. Empty where D has rows that have lost their digits.
    pub(crate) fn losses(
        &self,
        predictors: &[usize],
        targets: &[usize],
        watch: &Watch,
    ) -> Result<Vec<f64>> {
        debug_assert_eq!(self.depth, 0, "read after settling");
        if predictors.iter().any(|&j| self.is_stale(j)) {
            return Ok(Vec::new());
        }
        let first_target = self.columns.columns();
        let mut own = Matrix::zeros(predictors.len(), predictors.len());
        let mut half = Matrix::zeros(predictors.len(), targets.len());
        for (s, &j) in predictors.iter().enumerate() {
            let column = self.columns.column(j);
            for (value, &i) in own.column_mut(s).iter_mut().zip(predictors) {
                *value = column[i];
            }
            for (t, &target) in targets.iter().enumerate() {
                half[(s, t)] = column[first_target + target];
            }
        }
        let Some(own) = Factor::new(own, watch)? else { return Ok(Vec::new()) };
        own.half_solve(&mut half, watch)
    }

    /// Whether so many deletions can be kept back, and so be taken back.
    pub(crate) fn has_room(&self, count: usize) -> bool {
        self.depth + count <= BLOCK
    }

    pub(crate) fn save(&self) -> Saved {
        Saved { depth: self.depth, pivots: self.pivots.clone() }
    }

    /// Takes back all deletions since the save, none of which has been applied.
    pub(crate) fn restore(&mut self, saved: Saved) {
        self.depth = saved.depth;
        self.pivots = saved.pivots;
    }

    /// Deletes the predictor at place j, and adds to `squares` (r² of every target) what is lost with it.
    /// There must be room for one more step.
    pub(crate) fn delete(&mut self, j: usize, squares: &mut [f64]) {
        let (depth, predictors) = (self.depth, self.columns.columns());
        self.steps.column_mut(depth).copy_from_slice(self.columns.column(j));
        let factors: [f64; BLOCK] = std::array::from_fn(|earlier| self.steps[(j, earlier)]);
        subtract_columns_before(&mut self.steps, depth, &factors[..depth]);

        let step = self.steps.column_mut(depth);
        let scale = step[j].sqrt().recip();
        for value in step.iter_mut() {
            *value *= scale;
        }
        for (pivot, &value) in self.pivots.iter_mut().zip(&step[..predictors]) {
            *pivot -= value * value;
        }
        for (square, &value) in squares.iter_mut().zip(&step[predictors..]) {
            *square += value * value;
        }
        self.depth += 1;
    }

    /// Applies the steps kept back to these predictors and targets (places, ascending), and forgets the rest.
    pub(crate) fn settle_on(&mut self, predictors: &[usize], targets: &[usize]) {
        let first_target = self.columns.columns();
        let rows: Vec<usize> =
            predictors.iter().copied().chain(targets.iter().map(|t| first_target + t)).collect();
        self.columns.keep(&rows, predictors);
        self.steps.keep(&rows, &std::array::from_fn::<_, BLOCK, _>(|step| step));
        for pivots in [&mut self.pivots, &mut self.first_pivots] {
            *pivots = predictors.iter().map(|&j| pivots[j]).collect();
        }
        self.settle();
    }

    /// Applies the steps kept back.
    pub(crate) fn settle(&mut self) {
        subtract_product(&mut self.columns, &self.steps, self.depth);
        self.depth = 0;
    }
}
