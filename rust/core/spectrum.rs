//! The critical ε of every neuron, and with it every maximum match.

use crate::error::Result;
use crate::linalg::pairs;
use crate::neurons::{NeuronSet, Side};
use crate::problem::Problem;
use crate::remaining::Remaining;
use crate::solved::Solved;
use crate::watch::Watch;

/// So many times the rounding to be expected of an r² is allowed for.
const ROUNDING: f64 = 10.0;

/// The match spectrum: `v in M(ε)` exactly when `ε >= c(v)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// Critical ε of every neuron of x: 0 exact, infinite where dead, at most 1 otherwise.
    pub x: Vec<f64>,
    /// Critical ε of every neuron of y.
    pub y: Vec<f64>,
    /// How often a predictor that left had lost the digits of its row in a tableau, as the neurons it nearly
    /// depends on had left before it, and the row was computed anew (or, where that did not settle, the tableau
    /// factored afresh). A count of what near-duplicates cost, not of anything wrong with the answer.
    pub refreshes: usize,
    /// δ of the regularised span.
    pub resolution: f64,
}

/// Peels the two sides: while neurons are left, the largest residual is compared with the smallest such
/// value so far, c; all neurons at or above c leave with the critical value c.
///
/// Why this is right (maximum matches are generalised cores: Batagelj & Zaveršnik 2002). Residuals only
/// grow as neurons leave. If ε >= c(v): when c reached c(v), every residual of the set remaining then, v
/// in it, was at most c(v) <= ε, so that set was an ε-match. If ε < c(v): each neuron that left up to v
/// had at that moment a residual of at least the c of that moment, which was at least c(v) > ε: a
/// violator of every ε-match inside what remained. So none of them is in M(ε). Neither argument depends
/// on the order among neurons at or above c.
///
/// ```
/// use ndarray::array;
/// use spanmatch::{Gram, Problem, Watch, spectrum};
///
/// let x = array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
/// let y = array![[2.0, 0.0], [0.0, 1.0], [0.0, 1.0]];
/// let (mut gram, watch) = (Gram::default(), Watch::default());
/// gram.update(x.view().into(), y.view().into(), &watch)?;
/// let spectrum = spectrum(&Problem::new(&gram, false)?, &watch)?;
/// assert_eq!((spectrum.x[0], spectrum.y[0]), (0.0, 0.0));
/// assert!((spectrum.x[1] - 0.5_f64.sqrt()).abs() < 1e-9);
/// # Ok::<(), spanmatch::Error>(())
/// ```
///
/// # Errors
/// [`Error::Interrupted`](crate::Error::Interrupted).
pub fn spectrum(problem: &Problem, watch: &Watch) -> Result<Spectrum> {
    let solved = problem.solve(|problem| {
        let (merged, representative) = problem.merge_duplicates()?;
        let (critical, refreshes) = peel(&merged, problem.exact(), watch)?;
        let mut spectrum = Spectrum {
            x: vec![f64::INFINITY; problem.count(Side::X)],
            y: vec![f64::INFINITY; problem.count(Side::Y)],
            refreshes,
            resolution: problem.resolution(),
        };
        for (neuron, &place) in pairs(problem.live(), &representative) {
            let side = if neuron.side == Side::X { &mut spectrum.x } else { &mut spectrum.y };
            side[neuron.index] = critical[place];
        }
        Ok(spectrum)
    })?;
    Ok(solved.answer)
}

/// The maximum match M(ε), the union of all ε-matches and itself one (Wang et al. 2018, algorithm 1): what
/// the [`spectrum`] says has a critical ε of at most ε, without peeling neuron by neuron.
///
/// ```
/// use ndarray::array;
/// use spanmatch::{Gram, Problem, Watch, maximum_match};
///
/// let x = array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
/// let y = array![[2.0, 0.0], [0.0, 0.0], [0.0, 1.0]];
/// let (mut gram, watch) = (Gram::default(), Watch::default());
/// gram.update(x.view().into(), y.view().into(), &watch)?;
/// let found = maximum_match(&Problem::new(&gram, false)?, 0.1, &watch)?;
/// assert_eq!((found.answer.x(), found.answer.y()), (&[0][..], &[0][..]));
/// # Ok::<(), spanmatch::Error>(())
/// ```
///
/// # Errors
/// [`Error::Eps`](crate::Error::Eps), [`Error::Interrupted`](crate::Error::Interrupted).
pub fn maximum_match(problem: &Problem, eps: f64, watch: &Watch) -> Result<Solved<NeuronSet>> {
    problem.solve(|problem| {
        let limit = problem.limit(eps)?;
        // As in the spectrum, so that both say the same of neurons at ε.
        let (merged, representative) = problem.merge_duplicates()?;
        watch.begin(merged.live().len());
        let is_left = match waves(&merged, limit, watch)? {
            Some(is_left) => is_left,
            None => {
                peel(&merged, limit, watch)?.0.iter().map(|&critical| critical == 0.0).collect()
            }
        };
        watch.finish();
        let places = representative.iter().enumerate();
        Ok(problem.set(places.filter(|&(_, &merged)| is_left[merged]).map(|(place, _)| place)))
    })
}

/// Of the neuron at every place, its critical ε, or 0 where that is at most the limit; and how often rows had
/// lost their digits.
fn peel(problem: &Problem, limit: f64, watch: &Watch) -> Result<(Vec<f64>, usize)> {
    watch.begin(problem.live().len());
    let mut critical = vec![0.0; problem.live().len()];
    let mut remaining = Remaining::all(problem, watch)?;
    // Compared as squares: a root and its square need not agree to the last bit.
    let mut square = 1.0_f64;
    loop {
        watch.check()?;
        square = square.min(remaining.largest_square().max(0.0));
        if square.sqrt() <= limit {
            break;
        }
        let leaving = remaining.neurons_from(square);
        for &neuron in &leaving {
            critical[neuron] = square.sqrt();
        }
        remaining.remove(&leaving, watch)?;
        watch.advance(leaving.len());
    }
    watch.finish();
    Ok((critical, remaining.refreshes()))
}

/// Of the neuron at every place, whether it is in M(limit), found by removing all violators at once; `None`
/// where rounding could make that another set than the peel's, which removes them one after the other.
///
/// An r² is right to a few n u / p, where p is the smallest pivot and u the rounding of one operation. Where all
/// that is kept and all that goes is further from the limit, both agree.
fn waves(problem: &Problem, limit: f64, watch: &Watch) -> Result<Option<Vec<bool>>> {
    let limit = limit.powi(2);
    let mut is_left = vec![true; problem.live().len()];
    let rounding = ROUNDING * is_left.len() as f64 * f64::EPSILON;
    let mut remaining = Remaining::all(problem, watch)?;
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
        remaining.remove(&violators, watch)?;
    }
}
