//! What deletions would cost, without making them.

use super::Downdate;
use crate::error::Result;
use crate::invariant::pairs;
use crate::linalg::{Factor, Matrix};
use crate::progress::Progress;

impl Downdate {
    /// What deleting predictor j would add to r² of the target at place t.
    pub(crate) fn loss(&self, j: usize, t: usize) -> f64 {
        assert_eq!(self.pending.depth(), 0, "read once all deletions are applied");
        self.coefficients[(t, j)].powi(2) / self.pivots[j]
    }

    /// What deleting a set D of predictors at once would add to r² of the targets at these places:
    /// `W_Dᵀ P_DD⁻¹ W_D`. `None` where rounding has made `P_DD` indefinite.
    pub(crate) fn losses(
        &self,
        predictors: &[usize],
        targets: &[usize],
        progress: &Progress,
    ) -> Result<Option<Vec<f64>>> {
        assert_eq!(self.pending.depth(), 0, "read once all deletions are applied");
        let mut own = Matrix::zeros(predictors.len(), predictors.len())?;
        let mut whitened = Matrix::zeros(targets.len(), predictors.len())?;
        for (s, &j) in predictors.iter().enumerate() {
            for (value, &i) in pairs(own.column_mut(s), predictors) {
                *value = self.before(i, j);
            }
            let column = self.coefficients.column(j);
            for (value, &target) in pairs(whitened.column_mut(s), targets) {
                *value = column[target];
            }
        }
        let Some(own) = Factor::new(own, progress)? else { return Ok(None) };
        own.half_solve(&mut whitened, progress).map(Some)
    }
}
