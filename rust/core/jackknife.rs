//! How sure an answer is: what the data say of it without each fold in turn.

use crate::error::{Error, Result};
use crate::gram::Gram;
use crate::null_spectra::check_level;
use crate::problem::Problem;
use crate::spectrum::Spectrum;
use crate::student_t::two_sided_quantile;

/// An answer of all data, and of the data without each fold in turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Jackknife<T> {
    whole: T,
    parts: Vec<T>,
}

/// Where the value of endless data is to be expected.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Interval {
    /// The low end.
    pub low: f64,
    /// The high end.
    pub high: f64,
}

/// Solves a problem, and the problem of its Gram without each fold in turn: as many more runs as there are folds.
///
/// ```
/// use ndarray::Array2;
/// use spanmatch::{Gram, Problem, jackknife, spectrum};
///
/// let noise = |i: usize, j: usize| ((i * 7919 + j * 104_729 + i * j * 31) % 1009) as f64 - 504.0;
/// let x = Array2::from_shape_fn((800, 3), |(i, j)| noise(i, j));
/// let y = Array2::from_shape_fn((800, 3), |(i, j)| noise(i, j) + noise(i, j + 50));
/// let mut gram = Gram::with_resampling(0, 16, 0)?;
/// gram.update(&x, &y)?;
/// let problem = Problem::new(&gram, false)?;
///
/// let parts = jackknife(&gram, &problem, spectrum)?;
/// let area = parts.interval(0.95, |found| Ok(found.area()))?;
/// assert!(area.low < parts.whole().area() && parts.whole().area() < area.high);
/// let similarity = parts.similarity(0.95, 0.8)?;
/// assert!(similarity.low <= similarity.high);
/// # Ok::<(), spanmatch::Error>(())
/// ```
///
/// # Errors
/// [`Error::Folds`] unless the Gram has two folds at least, and samples in each; [`Error::Width`] where the problem is not
/// one of this Gram; what [`Gram::of_folds`] and the solver refuse.
pub fn jackknife<T>(
    gram: &Gram,
    problem: &Problem,
    solve: impl Fn(&Problem) -> Result<T>,
) -> Result<Jackknife<T>> {
    let samples = gram.fold_samples();
    let (folds, empty) = (samples.len(), samples.iter().filter(|&&samples| samples == 0).count());
    if folds < 2 || empty > 0 {
        return Err(Error::Folds { folds, empty });
    }
    let without = |fold: usize| {
        let times: Vec<u64> = (0..folds).map(|other| u64::from(other != fold)).collect();
        solve(&problem.of_gram(&gram.of_folds(&times, problem.is_centered())?)?)
    };
    Ok(Jackknife { parts: (0..folds).map(without).collect::<Result<_>>()?, whole: solve(problem)? })
}

impl<T> Jackknife<T> {
    /// The answer of all data.
    #[must_use]
    pub fn whole(&self) -> &T {
        &self.whole
    }

    /// The answer of the data without each fold.
    #[must_use]
    pub fn parts(&self) -> &[T] {
        &self.parts
    }

    /// An interval for a statistic in [0, 1], such as an area or a neuron's critical ε, that is to hold the value of endless
    /// data as often as `level` says. A critical ε that is infinite, as of a neuron dead without a fold, counts as 1; where
    /// it is infinite of all data, so are the ends.
    ///
    /// With t of all data, `t_k` of the data without fold k, and their mean m, the bias is `b = (K - 1)(t - m)` and the
    /// error `se² = (K - 1)/K Σ (t_k - m)²`. The interval is `t + b/2 ± q √(se² + b²/4)`, q Student's quantile of K - 1
    /// degrees. s(ε) moves in steps, which this knows nothing of: [`similarity`](Jackknife::similarity) bounds it.
    ///
    /// # Errors
    /// [`Error::Level`] unless the level is in (0, 1); what the statistic returns.
    pub fn interval(&self, level: f64, statistic: impl Fn(&T) -> Result<f64>) -> Result<Interval> {
        check_level(level)?;
        self.bound(two_sided_quantile(level, self.parts.len() - 1), statistic)
    }

    /// The same with q given.
    fn bound(&self, q: f64, statistic: impl Fn(&T) -> Result<f64>) -> Result<Interval> {
        let given = statistic(&self.whole)?;
        if given.is_infinite() {
            return Ok(Interval { low: f64::INFINITY, high: f64::INFINITY });
        }
        let part = |part: &T| {
            let value = statistic(part)?;
            Ok(if value.is_infinite() { 1.0 } else { value })
        };
        let parts: Vec<f64> = self.parts.iter().map(part).collect::<Result<_>>()?;
        let count = parts.len() as f64;
        let mean = parts.iter().sum::<f64>() / count;
        let bias = (count - 1.0) * (given - mean);
        let spread = parts.iter().map(|part| (part - mean).powi(2)).sum::<f64>();
        let variance = (count - 1.0) / count * spread + bias.powi(2) / 4.0;
        let (centre, half) = (given + bias / 2.0, q * variance.sqrt());
        let end = |end: f64| end.clamp(0.0, 1.0);
        Ok(Interval { low: end(centre - half), high: end(centre + half) })
    }
}

impl Jackknife<Spectrum> {
    /// An interval for s(ε): the shares of neurons that are in the match for sure, the whole of whose interval is within ε,
    /// and of those that may be, some of whose interval is.
    ///
    /// # Errors
    /// [`Error::Level`] unless the level is in (0, 1), [`Error::Eps`] unless ε is in [0, 1).
    pub fn similarity(&self, level: f64, eps: f64) -> Result<Interval> {
        check_level(level)?;
        // A neuron is on one side of ε or the other, so that a bound on one side is enough.
        let q = two_sided_quantile((2.0 * level - 1.0).max(0.0), self.parts.len() - 1);
        let (mut low, mut high) = (self.whole.clone(), self.whole.clone());
        for i in 0..self.whole.x.len() {
            let ends = self.bound(q, |found| Ok(found.x[i]))?;
            (low.x[i], high.x[i]) = (ends.high, ends.low);
        }
        for i in 0..self.whole.y.len() {
            let ends = self.bound(q, |found| Ok(found.y[i]))?;
            (low.y[i], high.y[i]) = (ends.high, ends.low);
        }
        Ok(Interval { low: low.similarity(eps)?, high: high.similarity(eps)? })
    }
}
