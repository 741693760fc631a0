//! The critical ε of every neuron, and with it every maximum match.

use crate::error::Result;
use crate::invariant::pairs;
use crate::neurons::Side;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::tableau::TableauPair;

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
/// use spanmatch::{Gram, Problem, Progress, spectrum};
///
/// let x = array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
/// let y = array![[2.0, 0.0], [0.0, 1.0], [0.0, 1.0]];
/// let (mut gram, progress) = (Gram::default(), Progress::default());
/// gram.update(x.view().into(), y.view().into(), &progress)?;
/// let spectrum = spectrum(&Problem::new(&gram, false)?, &progress)?;
/// assert_eq!((spectrum.x[0], spectrum.y[0]), (0.0, 0.0));
/// assert!((spectrum.x[1] - 0.5_f64.sqrt()).abs() < 1e-9);
/// # Ok::<(), spanmatch::Error>(())
/// ```
///
/// # Errors
/// [`Error::Interrupted`](crate::Error::Interrupted).
pub fn spectrum(problem: &Problem, progress: &Progress) -> Result<Spectrum> {
    let solved = problem.solve(|problem| {
        let (merged, representative) = problem.merge_duplicates();
        let (critical, refreshes) = peel(&merged, problem.exact(), progress)?;
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

/// Of the neuron at every place, its critical ε, or 0 where that is at most the limit; and how often rows had
/// lost their digits.
pub(crate) fn peel(
    problem: &Problem,
    limit: f64,
    progress: &Progress,
) -> Result<(Vec<f64>, usize)> {
    progress.begin(problem.live().len());
    let mut critical = vec![0.0; problem.live().len()];
    let mut remaining = TableauPair::all(problem, progress)?;
    // Compared as squares: a root and its square need not agree to the last bit.
    let mut square = 1.0_f64;
    loop {
        progress.check()?;
        square = square.min(remaining.largest_square().max(0.0));
        if square.sqrt() <= limit {
            break;
        }
        let leaving = remaining.neurons_from(square);
        for &neuron in &leaving {
            critical[neuron] = square.sqrt();
        }
        remaining.remove(&leaving, progress)?;
        progress.advance(leaving.len());
    }
    progress.finish();
    Ok((critical, remaining.refreshes()))
}
