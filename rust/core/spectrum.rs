//! The critical ε of every neuron, and with it every maximum match.

use crate::curve::{area, limit, share};
use crate::error::{Error, Result};
use crate::invariant::pairs;
use crate::neurons::{NeuronSet, Side};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::sides::Sides;
use crate::tableau::TableauPair;

/// The match spectrum: `v in M(ε)` exactly when `ε >= c(v)`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
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

impl Spectrum {
    /// M(ε), the maximum match.
    ///
    /// # Errors
    /// [`Error::Eps`] unless ε is in [0, 1).
    pub fn match_at(&self, eps: f64) -> Result<NeuronSet> {
        let limit = limit(eps, self.resolution)?;
        Ok(NeuronSet::from_sorted(up_to(&self.x, limit), up_to(&self.y, limit)))
    }

    /// s(ε), the part of all neurons, dead ones too, that the maximum match at ε holds; 0 where there are none.
    ///
    /// # Errors
    /// [`Error::Eps`] unless ε is in [0, 1).
    pub fn similarity(&self, eps: f64) -> Result<f64> {
        Ok(share([&self.x, &self.y], limit(eps, self.resolution)?))
    }

    /// The smallest critical ε at which s(ε) reaches a similarity: 0 where exact matches suffice, `None` where no ε
    /// below 1 reaches it.
    ///
    /// # Errors
    /// [`Error::Similarity`] unless it is in [0, 1].
    pub fn eps_for(&self, similarity: f64) -> Result<Option<f64>> {
        if !(0.0..=1.0).contains(&similarity) {
            return Err(Error::Similarity(similarity));
        }
        let mut candidates: Vec<f64> =
            [&[0.0], &self.x[..], &self.y].concat().into_iter().filter(|&c| c < 1.0).collect();
        candidates.sort_unstable_by(f64::total_cmp);
        let is_below = |&eps: &f64| self.similarity(eps).is_ok_and(|reached| reached < similarity);
        let first = candidates.partition_point(is_below);
        Ok(candidates.get(first).copied())
    }

    /// Whether it has as many neurons.
    pub(crate) fn check_widths(&self, expected: [usize; 2]) -> Result<()> {
        Sides::of_widths(expected).require(&Sides::of_widths([self.x.len(), self.y.len()]))
    }

    /// The area under s(ε): a similarity in [0, 1] with no ε to choose.
    #[must_use]
    pub fn area(&self) -> f64 {
        area([&self.x, &self.y])
    }
}

/// The neurons of a side whose critical ε is at most this.
pub(crate) fn up_to(critical: &[f64], limit: f64) -> Vec<usize> {
    (0..critical.len()).filter(|&i| critical[i] <= limit).collect()
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
/// use spanmatch::{Gram, Problem, spectrum};
///
/// let x = array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
/// let y = array![[2.0, 0.0], [0.0, 1.0], [0.0, 1.0]];
/// let mut gram = Gram::default();
/// gram.update(&x, &y)?;
/// let spectrum = spectrum(&Problem::new(&gram, false)?)?;
/// assert_eq!((spectrum.x[0], spectrum.y[0]), (0.0, 0.0));
/// assert!((spectrum.x[1] - 0.5_f64.sqrt()).abs() < 1e-9);
/// assert_eq!(spectrum.similarity(0.1)?, 0.5);
/// assert_eq!(spectrum.match_at(0.1)?.x(), [0]);
/// assert_eq!(spectrum.eps_for(0.75)?, Some(spectrum.y[1]));
/// # Ok::<(), spanmatch::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfMemory`], [`Error::Interrupted`].
pub fn spectrum(problem: &Problem) -> Result<Spectrum> {
    let solved = problem.solve(|problem| {
        let (merged, representative) = problem.merge_duplicates();
        let (critical, refreshes) = peel(&merged, problem.exact(), problem.progress())?;
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

/// The critical ε of the neuron at every place, or 0 where that is at most the limit, and how often rows had lost
/// their digits.
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
