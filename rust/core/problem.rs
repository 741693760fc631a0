//! What every solver starts from: unit columns, dead neurons aside, the resolution of the data.

mod cosines;
mod duplicates;
mod raised;
#[cfg(test)]
mod unit_gram;

use std::sync::Arc;

use crate::curve::limit;
use crate::error::{Error, Result};
use crate::gram::Gram;
use crate::neurons::{Neuron, NeuronSet, Side};
use crate::progress::Progress;
use crate::sides::Sides;
pub(crate) use cosines::Cosines;
use raised::Raised;

/// The smallest δ: unit columns that differ by less cannot be told apart.
pub const RESOLUTION: f64 = 1e-6;
/// Residuals of up to so many times δ are exact: spanned with a coefficient norm of at most that.
pub const EXACT: f64 = 100.0;
/// What every comparison with ε forgives (design, 3).
pub const TOLERANCE: f64 = 1e-7;

/// The cosines of the live neurons, x first, and the rules of comparison.
///
/// It reads the products where the Gram has them: a Gram that is updated while a problem is held takes a copy of them.
///
/// The span is regularised: `r(x | Y)² = min over w of |x - Y w|² + λ|w|²`, λ = δ² unless
/// [`with_ridge`](Self::with_ridge) asks for more. No rank is ever decided; dependent and duplicated neurons are
/// ordinary input, and residuals stay monotone, which is all that the theorems use.
///
/// ```
/// use ndarray::array;
/// use spanmatch::{Gram, Problem};
///
/// let x = array![[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]];
/// let mut gram = Gram::default();
/// gram.update(&x, &x)?;
/// let problem = Problem::new(&gram, false)?;
/// assert_eq!(problem.dead().x(), [1]);
/// # Ok::<(), spanmatch::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Problem {
    n_x: usize,
    n_y: usize,
    /// The live neurons in joint order; solvers speak of neurons by their place here.
    live: Vec<Neuron>,
    live_x: usize,
    cosines: Cosines,
    /// Lengths of the live columns, centred or not.
    norms: Vec<f64>,
    /// What was subtracted from each live column: its mean where centred, else 0.
    means: Vec<f64>,
    resolution: f64,
    /// λ where one is asked for that is more than δ²; else 0.
    ridge: f64,
    /// How many duplicates a column stands for; empty where each stands for itself.
    multiplicity: Vec<f64>,
    progress: Arc<Progress>,
    raised: Raised,
}

impl Problem {
    /// Reads the Gram, as it is or centred.
    ///
    /// # Errors
    /// [`Error::NoSamples`]; [`Error::SideCount`] of other than two sides; [`Error::Underflow`] where the squares of a neuron that is not dead are lost.
    pub fn new(gram: &Gram, center: bool) -> Result<Self> {
        gram.require_pair()?;
        let n = gram.n_x() + gram.n_y();
        let squares: Vec<f64> = (0..n).map(|j| gram.product(j, j, center)).collect();
        let places: Vec<usize> = (0..n).filter(|&j| !gram.is_dead(j, center)).collect();
        // Each product rounds to a multiple of 2^-1074: nothing beside a mean square of 2^-1022 or more.
        let smallest = f64::MIN_POSITIVE * gram.n_samples() as f64;
        if let Some(&j) = places.iter().find(|&&j| squares[j] < smallest) {
            let (neuron, smallest) = (gram.neuron(j), smallest.sqrt());
            return Err(Error::Underflow { neuron, smallest });
        }
        let norms: Vec<f64> = places.iter().map(|&j| squares[j].sqrt()).collect();
        let scale: Vec<f64> = norms.iter().map(|norm| norm.recip()).collect();
        let mean = |&j: &usize| if center { gram.sum(j) / gram.n_samples() as f64 } else { 0.0 };
        let rounding = 4.0 * n as f64 * (f64::EPSILON / 2.0);
        let live_x = places.iter().filter(|&&j| j < gram.n_x()).count();
        Ok(Self {
            n_x: gram.n_x(),
            n_y: gram.n_y(),
            live: places.iter().map(|&j| gram.neuron(j)).collect(),
            live_x,
            norms,
            means: places.iter().map(mean).collect(),
            cosines: Cosines::new(gram, center, places, scale),
            resolution: RESOLUTION.max(rounding.sqrt()),
            ridge: 0.0,
            multiplicity: Vec::new(),
            progress: Arc::default(),
            raised: Raised::default(),
        })
    }

    /// The same problem, with λ|w|² in place of δ²|w|²: for more neurons than samples.
    ///
    /// Residuals stay monotone, so every theorem holds for every λ. They grow with it: those of two equal neurons
    /// are `sqrt(λ / (1 + λ))`. What counts as exact, and what comparisons forgive, stays that of δ.
    ///
    /// # Errors
    /// [`Error::Ridge`] unless λ is finite and at least δ².
    pub fn with_ridge(self, ridge: f64) -> Result<Self> {
        let least = self.resolution.powi(2);
        if ridge.is_finite() && ridge >= least {
            Ok(Self { ridge, raised: Raised::default(), ..self })
        } else {
            Err(Error::Ridge { ridge, least })
        }
    }

    /// The same question to another Gram of as many neurons, such as a null: centred or not as this is, with the same
    /// ridge and progress.
    ///
    /// # Errors
    /// [`Error::Width`] where it has other neurons; as [`Problem::new`].
    pub fn of_gram(&self, gram: &Gram) -> Result<Self> {
        let problem = Self::new(gram, self.is_centered())?;
        Sides::of_widths([self.n_x, self.n_y])
            .require(&Sides::of_widths([problem.n_x, problem.n_y]))?;
        Ok(Self { ridge: self.ridge, progress: self.progress.clone(), ..problem })
    }

    /// Whether columns are centred.
    #[must_use]
    pub fn is_centered(&self) -> bool {
        self.cosines.are_centered()
    }

    /// The same problem, whose solvers tell this progress how far they are, and end where it is cancelled: they then
    /// return [`Error::Interrupted`].
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use ndarray::array;
    /// use spanmatch::{Error, Gram, Problem, Progress, spectrum};
    ///
    /// let x = array![[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]];
    /// let mut gram = Gram::default();
    /// gram.update(&x, &x)?;
    /// let progress = Arc::new(Progress::default());
    /// let problem = Problem::new(&gram, false)?.with_progress(progress.clone());
    /// spectrum(&problem)?;
    /// assert_eq!(progress.steps(), (4, 4));
    /// progress.cancel();
    /// assert_eq!(spectrum(&problem), Err(Error::Interrupted));
    /// # Ok::<(), spanmatch::Error>(())
    /// ```
    #[must_use]
    pub fn with_progress(self, progress: Arc<Progress>) -> Self {
        Self { progress, raised: Raised::default(), ..self }
    }

    /// What its solvers report to: one of its own, unless [`with_progress`](Self::with_progress) gave another.
    #[must_use]
    pub fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// Neurons of a side, dead ones included.
    #[must_use]
    pub fn count(&self, side: Side) -> usize {
        if side == Side::X { self.n_x } else { self.n_y }
    }

    /// Neurons whose activations are all exactly zero: they belong to no match.
    #[must_use]
    pub fn dead(&self) -> NeuronSet {
        let missing = |side: Side| {
            let mut alive = vec![false; self.count(side)];
            for neuron in self.live.iter().filter(|neuron| neuron.side == side) {
                alive[neuron.index] = true;
            }
            (0..alive.len()).filter(|&i| !alive[i]).collect()
        };
        NeuronSet::from_sorted(missing(Side::X), missing(Side::Y))
    }

    /// Whether a set names neurons that are there.
    pub(crate) fn check(&self, set: &NeuronSet) -> Result<()> {
        for (side, index) in [(Side::X, set.x()), (Side::Y, set.y())] {
            let count = self.count(side);
            if let Some(&index) = index.last().filter(|&&index| index >= count) {
                return Err(Error::NoSuchNeuron { neuron: Neuron { side, index }, count });
            }
        }
        Ok(())
    }

    /// δ of the regularised span; a residual of at most 100 δ is exact.
    #[must_use]
    pub fn resolution(&self) -> f64 {
        self.resolution
    }

    /// Residuals up to this are exact: spanned with a coefficient norm of at most 100.
    #[must_use]
    pub fn exact(&self) -> f64 {
        EXACT * self.resolution
    }

    /// The largest residual that an ε-match allows.
    ///
    /// # Errors
    /// [`Error::Eps`] unless ε is in [0, 1).
    pub fn limit(&self, eps: f64) -> Result<f64> {
        limit(eps, self.resolution)
    }

    /// The live neurons; their places here are what solvers count in.
    pub(crate) fn live(&self) -> &[Neuron] {
        &self.live
    }

    pub(crate) fn places(&self, side: Side) -> std::ops::Range<usize> {
        if side == Side::X { 0..self.live_x } else { self.live_x..self.live.len() }
    }

    /// The places of a set's neurons, x first, ascending; `None` where one is dead.
    pub(crate) fn places_of(&self, set: &NeuronSet) -> Option<Vec<usize>> {
        let (x, y) = (self.places_among(Side::X, set.x()), self.places_among(Side::Y, set.y()));
        let places: Vec<usize> = x.chain(y).collect();
        (places.len() == set.len()).then_some(places)
    }

    /// The places of those neurons of a side that are live; `index` is ascending.
    pub(crate) fn places_among(&self, side: Side, index: &[usize]) -> impl Iterator<Item = usize> {
        let is_among = |&place: &usize| index.binary_search(&self.live[place].index).is_ok();
        self.places(side).filter(is_among)
    }

    pub(crate) fn side(&self, place: usize) -> Side {
        if place < self.live_x { Side::X } else { Side::Y }
    }

    /// The cosines of all live neurons with each other.
    pub(crate) fn cosines(&self) -> &Cosines {
        &self.cosines
    }

    pub(crate) fn norm(&self, place: usize) -> f64 {
        self.norms[place]
    }

    pub(crate) fn mean(&self, place: usize) -> f64 {
        self.means[place]
    }

    /// λ of the regularised span: δ², unless more was asked for.
    #[must_use]
    pub fn ridge(&self) -> f64 {
        self.ridge.max(self.resolution.powi(2))
    }

    /// What the regularisation adds to the diagonal at a predictor.
    pub(crate) fn ridge_at(&self, place: usize) -> f64 {
        let copies = if self.multiplicity.is_empty() { 1.0 } else { self.multiplicity[place] };
        self.ridge() / copies
    }

    /// The set of neurons at these places.
    pub(crate) fn set(&self, places: impl IntoIterator<Item = usize>) -> NeuronSet {
        let mut sides = (Vec::new(), Vec::new());
        for place in places {
            let neuron = self.live[place];
            if neuron.side == Side::X {
                sides.0.push(neuron.index);
            } else {
                sides.1.push(neuron.index);
            }
        }
        sides.0.sort_unstable();
        sides.1.sort_unstable();
        NeuronSet::from_sorted(sides.0, sides.1)
    }
}
