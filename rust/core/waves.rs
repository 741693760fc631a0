//! The largest ε-match, as the spectrum has it, without the peel where that is not called for.

use crate::error::Result;
use crate::neurons::NeuronSet;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::solved::Solved;
use crate::spectrum::peel;
use crate::tableau::TableauPair;

/// The multiple of the expected rounding of an r² that is allowed for.
const ROUNDING: f64 = 10.0;

/// The maximum match M(ε), the union of all ε-matches and itself one (Wang et al. 2018, algorithm 1): what
/// the [`spectrum`](crate::spectrum()) says has a critical ε of at most ε, without peeling neuron by neuron.
///
/// [`Problem::at`] finds it too, and keeps it for questions about what is inside.
///
/// ```
/// use ndarray::array;
/// use spanmatch::{Gram, Problem, maximum_match};
///
/// let x = array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
/// let y = array![[2.0, 0.0], [0.0, 0.0], [0.0, 1.0]];
/// let mut gram = Gram::default();
/// gram.update(&x, &y)?;
/// let found = maximum_match(&Problem::new(&gram, false)?, 0.1)?;
/// assert_eq!((found.answer.x(), found.answer.y()), (&[0][..], &[0][..]));
/// # Ok::<(), spanmatch::Error>(())
/// ```
///
/// # Errors
/// [`Error::Eps`](crate::Error::Eps), [`Error::Interrupted`](crate::Error::Interrupted).
pub fn maximum_match(problem: &Problem, eps: f64) -> Result<Solved<NeuronSet>> {
    problem.solve(|problem| {
        let (limit, progress) = (problem.limit(eps)?, problem.progress());
        // As in the spectrum, so that both say the same of neurons at ε.
        let (merged, representative) = problem.merge_duplicates();
        progress.begin(merged.live().len());
        let is_left = match waves(&merged, limit, progress)? {
            Some(is_left) => is_left,
            None => {
                peel(&merged, limit, progress)?.0.iter().map(|&critical| critical == 0.0).collect()
            }
        };
        progress.finish();
        let places = representative.iter().enumerate();
        Ok(problem.set(places.filter(|&(_, &merged)| is_left[merged]).map(|(place, _)| place)))
    })
}

/// Whether the neuron at each place is in M(limit), found by removing all violators at once; `None` where rounding
/// could make this set differ from that of the peel, which removes violators one after the other.
///
/// An r² is right to a few n u / p, where p is the smallest pivot and u the rounding of one operation. Where all
/// that is kept and all that goes is further from the limit, both agree.
fn waves(problem: &Problem, limit: f64, progress: &Progress) -> Result<Option<Vec<bool>>> {
    let limit = limit.powi(2);
    let mut is_left = vec![true; problem.live().len()];
    let rounding = ROUNDING * is_left.len() as f64 * f64::EPSILON;
    let mut remaining = TableauPair::all(problem, progress)?;
    loop {
        let doubt = rounding / remaining.smallest_pivot();
        if remaining.squares().any(|(_, square)| (square - limit).abs() <= doubt) {
            return Ok(None);
        }
        let violators = remaining.neurons_where(|square| square > limit);
        if violators.is_empty() {
            return Ok(Some(is_left));
        }
        for &neuron in &violators {
            is_left[neuron] = false;
        }
        remaining.remove(&violators, progress)?;
    }
}
