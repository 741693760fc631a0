//! Residuals that rounding alone may have put above a limit.

use crate::error::Result;
use crate::neurons::Side;
use crate::progress::Progress;
use crate::tableau::{Tableau, TableauPair};

/// The relative rounding of a cosine that is allowed for: two roundings, as of its sum and its scale. More is seldom
/// seen, since rounding goes either way. Rounding in the factorisation acts as if the cosines had it, too (Higham,
/// "Accuracy and Stability of Numerical Algorithms", chapter 10).
const ROUNDINGS: f64 = f64::EPSILON;

/// Whether each of a set of neurons, from which nothing has been removed, is within a limit of r² or above it by no more
/// than rounding can move it; then the limit that all are within.
///
/// With coefficients w, r² is `Σ a_i a_j G_ij + λ |w|²` with `a = (1, -w)`, and as w makes it smallest it is, to first
/// order, as wrong as the cosines G are: by up to `u (1 + Σ|w|)²` where those are by u. A search that deletes neurons
/// one by one has rounding of its own, and may keep what a fresh factorisation sees a hair above.
pub(crate) fn limit_of(
    members: &TableauPair<'_>,
    limit: f64,
    progress: &Progress,
) -> Result<Option<f64>> {
    let problem = members.problem();
    let of = |side: Side, neurons: Vec<usize>| -> Vec<usize> {
        neurons.into_iter().filter(|&neuron| problem.side(neuron) == side).collect()
    };
    let mut highest = limit;
    for (side, other) in [(Side::X, Side::Y), (Side::Y, Side::X)] {
        let above = of(side, members.neurons_where(|square| square > limit));
        if above.is_empty() {
            continue;
        }
        let tableau = Tableau::new(problem, &of(other, members.neurons()), &above, progress)?;
        let squares: Vec<f64> = tableau.squares().map(|(_, square)| square).collect();
        let coefficients = tableau.into_coefficients(progress)?;
        for (row, square) in squares.into_iter().enumerate() {
            let sum: f64 = (0..coefficients.columns()).map(|j| coefficients[(row, j)].abs()).sum();
            // NaN fails this comparison.
            let is_doubtful = square - limit <= ROUNDINGS * (1.0 + sum).powi(2);
            if !is_doubtful {
                return Ok(None);
            }
            highest = highest.max(square);
        }
    }
    Ok(Some(highest))
}
