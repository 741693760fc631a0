//! The maximum match at one ε, found once, and kept for all that can be asked about it.

use std::sync::OnceLock;

use crate::closure::maximum;
use crate::error::Result;
use crate::neurons::{NeuronSet, Side};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::solved::Solved;
use crate::tableau::TableauPair;

/// The maximum match M(ε), ready for questions: [`Problem::at`] finds it once, and every question starts from there.
///
/// Questions leave it as it was. They can be asked in any order, as often as wanted, and from several threads.
///
/// ```
/// use ndarray::array;
/// use spanmatch::{Gram, Neuron, Problem, Side};
///
/// // Two blocks that share nothing: the first neurons are parallel, the last two span the same plane.
/// let x = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]];
/// let y = array![[2.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, -1.0], [0.0, 0.0, 0.0]];
/// let mut gram = Gram::default();
/// gram.update(&x, &y)?;
/// let problem = Problem::new(&gram, false)?;
///
/// let matched = problem.at(0.1)?;
/// assert_eq!(matched.similarity(), 1.0);
/// assert_eq!(matched.simple_cover(0)?.answer.len(), 2);
/// let found = matched.minimum_match(Neuron { side: Side::X, index: 0 }, 0)?.answer;
/// assert_eq!(found.expect("it is in M(ε)").neurons.len(), 2);
/// let support = matched.support()?.answer;
/// assert_eq!(support.core(Neuron { side: Side::X, index: 2 }).len(), 4);
/// # Ok::<(), spanmatch::Error>(())
/// ```
#[derive(Debug)]
pub struct MaximumMatch<'p> {
    problem: &'p Problem,
    eps: f64,
    /// The largest r² allowed.
    limit: f64,
    /// The places of its neurons, ascending.
    places: Vec<usize>,
    neurons: NeuronSet,
    /// Searches remove neurons from copies of it. Prepared.
    tableau: TableauPair<'p>,
    /// The same of the problem with a larger δ, where a question has called for it.
    raised: OnceLock<Box<Self>>,
}

impl Problem {
    /// Finds the maximum match at ε, and makes ready for questions about it.
    ///
    /// For its neurons alone [`maximum_match`](crate::maximum_match) takes a little less time and memory, and a
    /// [`spectrum`](crate::spectrum()) has them for every ε. These two agree with each other where rounding decides at ε,
    /// which it can where columns are nearly dependent; this may then say otherwise.
    ///
    /// # Errors
    /// [`Error::Eps`](crate::Error::Eps), [`Error::OutOfMemory`](crate::Error::OutOfMemory),
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn at(&self, eps: f64) -> Result<MaximumMatch<'_>> {
        match MaximumMatch::find(self, eps) {
            Err(error) if self.asks_for_more(&error) => self.raised().at(eps),
            found => found,
        }
    }
}

impl<'p> MaximumMatch<'p> {
    fn find(problem: &'p Problem, eps: f64) -> Result<Self> {
        let (limit, progress) = (problem.limit(eps)?.powi(2), problem.progress());
        let mut tableau = maximum(problem, limit, progress)?;
        tableau.prepare(progress)?;
        let places = tableau.neurons();
        let neurons = problem.set(places.iter().copied());
        Ok(Self { problem, eps, limit, places, neurons, tableau, raised: OnceLock::new() })
    }

    /// ε.
    #[must_use]
    pub fn eps(&self) -> f64 {
        self.eps
    }

    /// Its neurons.
    #[must_use]
    pub fn neurons(&self) -> &NeuronSet {
        &self.neurons
    }

    /// s(ε), the part of all neurons, dead ones too, that it holds; 0 where there are none.
    #[must_use]
    pub fn similarity(&self) -> f64 {
        let all = self.problem.count(Side::X) + self.problem.count(Side::Y);
        self.neurons.len() as f64 / all.max(1) as f64
    }

    /// δ of the regularised span that it was found with.
    #[must_use]
    pub fn resolution(&self) -> f64 {
        self.problem.resolution()
    }

    pub(crate) fn problem(&self) -> &'p Problem {
        self.problem
    }

    pub(crate) fn progress(&self) -> &'p Progress {
        self.problem.progress()
    }

    pub(crate) fn limit(&self) -> f64 {
        self.limit
    }

    pub(crate) fn places(&self) -> &[usize] {
        &self.places
    }

    pub(crate) fn tableau(&self) -> &TableauPair<'p> {
        &self.tableau
    }

    /// Asks a question. While rounding prevents an answer, it asks again with δ ten times as large, as
    /// [`Problem::solve`] does.
    pub(crate) fn ask<T>(&self, question: impl Fn(&Self) -> Result<T>) -> Result<Solved<T>> {
        self.progress().check()?;
        match question(self) {
            Err(error) if self.problem.asks_for_more(&error) => self.raised()?.ask(question),
            answer => Ok(Solved { answer: answer?, resolution: self.resolution() }),
        }
    }

    fn raised(&self) -> Result<&Self> {
        if let Some(raised) = self.raised.get() {
            return Ok(raised);
        }
        let found = Box::new(self.problem.raised().at(self.eps)?);
        Ok(self.raised.get_or_init(|| found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::gram::Gram;

    fn problem() -> Problem {
        let both = ndarray::array![[1.0, 0.0], [0.0, 1.0]];
        let mut gram = Gram::default();
        gram.update(&both, &both).expect("the samples are finite");
        Problem::new(&gram, false).expect("the sums are those of samples")
    }

    /// Answers from the match whose δ is at least `least` times that of the first.
    fn ask_from(matched: &MaximumMatch<'_>, least: f64) -> Result<Solved<f64>> {
        let first = matched.resolution();
        matched.ask(|asked| {
            assert_eq!((asked.eps(), asked.neurons()), (matched.eps(), matched.neurons()));
            if asked.resolution() < 0.99 * least * first {
                Err(Error::Indefinite(Side::X))
            } else {
                Ok(asked.resolution() / first)
            }
        })
    }

    #[test]
    fn a_question_that_rounding_leaves_open_is_asked_with_a_larger_resolution() {
        let problem = problem();
        let matched = problem.at(0.1).expect("ε is in [0, 1]");
        let first = matched.resolution();
        for least in [100.0, 10.0, 1.0, 100.0] {
            let solved = ask_from(&matched, least).expect("a larger δ answers it");
            assert!((solved.answer / least - 1.0).abs() < 1e-9, "{} for {least}", solved.answer);
            assert_eq!(solved.resolution.to_bits(), (solved.answer * first).to_bits());
            // A larger δ that one question needed does not apply to the others.
            assert_eq!(matched.resolution().to_bits(), first.to_bits());
        }
        let raised = || std::ptr::from_ref(matched.raised().expect("it is there"));
        assert_eq!(raised(), raised(), "found once");
    }

    #[test]
    fn a_question_that_no_resolution_answers_fails_and_leaves_the_match() {
        let problem = problem();
        let matched = problem.at(0.1).expect("ε is in [0, 1]");
        assert!(matches!(ask_from(&matched, f64::INFINITY), Err(Error::Indefinite(Side::X))));
        assert!(
            matched
                .support()
                .is_ok_and(|solved| solved.resolution.to_bits() == matched.resolution().to_bits())
        );
        // Other errors do not come from rounding.
        assert!(matches!(
            matched.ask(|_| Err::<(), _>(Error::Interrupted)),
            Err(Error::Interrupted)
        ));
    }
}
