//! A problem ready to be measured: the input of every stage, and what its answer is held against.

use spanmatch::synthetic::{Plan, Planted, Truth};
use spanmatch::{Gram, Neuron, NeuronSet, Problem, Side, Spectrum, spectrum};

use crate::activations::Activations;
use crate::error::{Error, Result};

/// The input of every stage.
#[derive(Debug)]
pub struct Case {
    /// Activations of the first network.
    pub x: Activations,
    /// Activations of the second network.
    pub y: Activations,
    /// The ε of all stages that have one.
    pub eps: f64,
    /// The largest residual that ε allows.
    pub limit: f64,
    /// What was planted; none in a user's arrays.
    pub truth: Option<Truth>,
    /// What all stages but the first start from.
    pub gram: Gram,
    /// Solved once beforehand: operations are counted by it, and answers without a truth compared.
    pub spectrum: Spectrum,
    /// The maximum match, by that spectrum.
    pub matched: NeuronSet,
    /// The neuron whose minimum match is searched: the first of x that matches.
    pub neuron: Neuron,
    /// Orders the neurons that searches try.
    pub seed: u64,
}

impl Case {
    /// Plants a problem.
    ///
    /// ```
    /// let case = spanmatch_bench::Case::planted(spanmatch_bench::plan(32, 1000))?;
    /// assert_eq!(case.matched.len(), 32);
    /// # Ok::<(), spanmatch_bench::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`spanmatch::Error::Plan`] where the plan does not fit, or its answers are not known.
    pub fn planted(plan: Plan) -> Result<Self> {
        let eps = plan.eps()?;
        let Planted { x, y, truth } = Planted::new(plan)?;
        let (x, y) = (Activations::F64(x), Activations::F64(y));
        Self::new(x, y, Some(eps), plan.seed, Some(truth))
    }

    /// Takes a user's activations. Without an ε: the smallest at which half of the neurons match.
    ///
    /// # Errors
    /// What solvers refuse; [`Error::NothingMatches`], [`Error::NoDefaultEps`].
    pub fn of_arrays(x: Activations, y: Activations, eps: Option<f64>, seed: u64) -> Result<Self> {
        Self::new(x, y, eps, seed, None)
    }

    fn new(
        x: Activations,
        y: Activations,
        eps: Option<f64>,
        seed: u64,
        truth: Option<Truth>,
    ) -> Result<Self> {
        let mut gram = Gram::default();
        gram.update(x.samples(), y.samples())?;
        let problem = Problem::new(&gram, false)?;
        let spectrum = spectrum(&problem)?;
        let mut critical = [&spectrum.x[..], &spectrum.y].concat();
        critical.sort_unstable_by(f64::total_cmp);
        let half = critical.get(critical.len().saturating_sub(1) / 2).copied();
        let eps = eps.or(half.filter(|&half| half < 1.0)).ok_or(Error::NoDefaultEps)?;
        let limit = problem.limit(eps)?;
        let matched = neurons_up_to(&spectrum, limit)?;
        let Some(&index) = matched.x().first() else {
            let smallest = critical.first().copied().unwrap_or(f64::INFINITY);
            return Err(Error::NothingMatches { eps, smallest });
        };
        let neuron = Neuron { side: Side::X, index };
        Ok(Self { x, y, eps, limit, truth, gram, spectrum, matched, neuron, seed })
    }
}

/// The neurons whose critical ε is at most this.
pub(crate) fn neurons_up_to(spectrum: &Spectrum, limit: f64) -> Result<NeuronSet> {
    let side = |critical: &[f64]| (0..critical.len()).filter(|&i| critical[i] <= limit).collect();
    Ok(NeuronSet::new(side(&spectrum.x), side(&spectrum.y))?)
}
