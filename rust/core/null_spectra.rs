//! More than chance: what matches when y is shifted circularly against x, and how rare that is.

use crate::error::{Error, Result};
use crate::gram::Gram;
use crate::problem::{Problem, TOLERANCE};
use crate::spectrum::{Spectrum, spectrum};

/// The spectrum of each null of a Gram, and what they say together.
///
/// A null shifts the groups of y circularly against those of x. It keeps each side as it is, and breaks what the two
/// share of a group. A null that repeats the shifts of another counts once: a batch of n groups has no more than n - 1.
///
/// What is compared is a statistic of a spectrum, larger where more matches: `|found| Ok(found.area())`,
/// `|found| found.similarity(0.2)`, or of one neuron `|found| Ok(1.0 - found.x[7])`.
#[derive(Clone, Debug, PartialEq)]
pub struct NullSpectra {
    spectra: Vec<Spectrum>,
    /// Of each whether its shifts repeat none before it.
    is_distinct: Vec<bool>,
}

/// Finds the spectra of the nulls of a Gram, read as a problem of it is: centred or not, with its ridge and its progress.
///
/// ```
/// use ndarray::Array2;
/// use spanmatch::{Gram, Problem, null_spectra, spectrum};
///
/// let noise = |i: usize, j: usize| ((i * 7919 + j * 104_729 + i * j * 31) % 1009) as f64 - 504.0;
/// let x = Array2::from_shape_fn((200, 3), |(i, j)| noise(i, j));
/// let y = Array2::from_shape_fn((200, 3), |(i, j)| noise(i, j) + 0.1 * noise(i, j + 50));
/// let mut gram = Gram::with_resampling(39, 0, 0)?;
/// gram.update(&x, &y)?;
/// let problem = Problem::new(&gram, false)?;
///
/// let nulls = null_spectra(&gram, &problem)?;
/// let p = nulls.p_value(&spectrum(&problem)?, |found| Ok(found.area()))?;
/// assert_eq!(p, 1.0 / 40.0);
/// assert!(nulls.threshold(0.05, |found| found.similarity(0.2))? < 1.0);
/// # Ok::<(), spanmatch::Error>(())
/// ```
///
/// # Errors
/// [`Error::NoNulls`]; [`Error::Width`] where the problem is not one of this Gram; what [`Problem::new`] and
/// [`spectrum()`] refuse.
pub fn null_spectra(gram: &Gram, problem: &Problem) -> Result<NullSpectra> {
    let hashes = gram.null_hashes();
    let is_distinct = (0..hashes.len()).map(|null| !hashes[..null].contains(&hashes[null]));
    let is_distinct: Vec<bool> = is_distinct.collect();
    let mut spectra = Vec::with_capacity(gram.n_nulls());
    while let Some(null) = gram.null(spectra.len())? {
        spectra.push(spectrum(&problem.of_gram(&null)?)?);
    }
    if spectra.is_empty() {
        return Err(Error::NoNulls);
    }
    Ok(NullSpectra { spectra, is_distinct })
}

impl NullSpectra {
    /// The spectrum of each null.
    #[must_use]
    pub fn spectra(&self) -> &[Spectrum] {
        &self.spectra
    }

    /// How many nulls differ.
    #[must_use]
    pub fn n_distinct(&self) -> usize {
        self.is_distinct.iter().filter(|&&is_distinct| is_distinct).count()
    }

    /// The least that a p-value can be.
    #[must_use]
    pub fn least_p(&self) -> f64 {
        1.0 / (1 + self.n_distinct()) as f64
    }

    /// The median critical ε over all nulls and living neurons: the chance level, measured; NaN where no neuron lives.
    #[must_use]
    pub fn chance_level(&self) -> f64 {
        let critical = self.spectra.iter().flat_map(|found| found.x.iter().chain(&found.y));
        let mut living: Vec<f64> = critical.copied().filter(|c| c.is_finite()).collect();
        living.sort_unstable_by(f64::total_cmp);
        match (living.len() / 2, living.len() % 2) {
            (0, 0) => f64::NAN,
            (middle, 0) => f64::midpoint(living[middle - 1], living[middle]),
            (middle, _) => living[middle],
        }
    }

    /// How often unrelated networks match as well: (1 + nulls whose statistic reaches the spectrum's) / (1 + nulls), the
    /// add-one rule of Phipson and Smyth (2010), valid at any number of nulls. A statistic that is not a number is no more
    /// than chance: of the data the p-value is then 1, and of a null it reaches any.
    ///
    /// # Errors
    /// [`Error::Width`] where the spectrum has other neurons than the nulls; what the statistic returns.
    pub fn p_value(
        &self,
        spectrum: &Spectrum,
        statistic: impl Fn(&Spectrum) -> Result<f64>,
    ) -> Result<f64> {
        let null = &self.spectra[0];
        spectrum.check_widths([null.x.len(), null.y.len()])?;
        let observed = statistic(spectrum)?;
        let nulls = self.distinct(statistic)?;
        let reaches = |&&null: &&f64| observed.is_nan() || null >= observed - TOLERANCE;
        let reached = nulls.iter().filter(reaches).count();
        Ok((1 + reached) as f64 / (1 + nulls.len()) as f64)
    }

    /// What a statistic has to exceed for a p-value of at most `level`: its ⌈(1 - level)(nulls + 1)⌉-th smallest value
    /// over the nulls.
    ///
    /// # Errors
    /// [`Error::Level`] unless the level is in (0, 1); [`Error::FewNulls`] where so few nulls have no such p-value; what
    /// the statistic returns.
    pub fn threshold(
        &self,
        level: f64,
        statistic: impl Fn(&Spectrum) -> Result<f64>,
    ) -> Result<f64> {
        check_level(level)?;
        let mut nulls = self.distinct(statistic)?;
        nulls.sort_unstable_by(f64::total_cmp);
        let above = count_above(level, nulls.len());
        if above == 0 {
            return Err(Error::FewNulls { level, nulls: nulls.len() });
        }
        Ok(nulls[nulls.len() - above])
    }

    /// The statistic of each null that differs; infinite where it is not a number, so that it counts as one that matches
    /// better.
    fn distinct(&self, statistic: impl Fn(&Spectrum) -> Result<f64>) -> Result<Vec<f64>> {
        let spectra = self.spectra.iter().zip(&self.is_distinct);
        spectra
            .filter(|(_, is_distinct)| **is_distinct)
            .map(|(found, _)| statistic(found))
            .map(|value| value.map(|value| if value.is_nan() { f64::INFINITY } else { value }))
            .collect()
    }
}

/// A probability that is neither certain nor impossible.
pub(crate) fn check_level(level: f64) -> Result<()> {
    if level > 0.0 && level < 1.0 { Ok(()) } else { Err(Error::Level(level)) }
}

/// Which rank among the data and the nulls, from the largest, has a p-value of at most the level; 0: none.
fn count_above(level: f64, nulls: usize) -> usize {
    let p = |&rank: &usize| rank as f64 / (nulls + 1) as f64;
    (1..=nulls).take_while(|rank| p(rank) <= level).count()
}

#[cfg(test)]
mod tests {
    use super::count_above;

    #[test]
    fn the_rank_of_a_level_is_that_of_its_p_value() {
        let levels = [(0.05, 19), (0.05, 39), (1.0 / 3.0, 29), (0.05, 18)];
        assert_eq!(levels.map(|(level, nulls)| count_above(level, nulls)), [1, 2, 10, 0]);
    }
}
