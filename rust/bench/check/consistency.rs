//! Answers about a user's arrays, where no truth is known: each is held against the definitions, or against
//! another way to the same answer.

use spanmatch::{
    MinimumMatch, NeuronSet, Problem, Spectrum, Support, is_match, is_simple, minimum_for,
};

use super::{covers, ensure};
use crate::case::{Case, neurons_up_to};
use crate::error::Result;
use crate::stage::{Answer, Stage};

/// Critical values at which the set that a spectrum gives is tested.
const LEVELS: usize = 5;

pub(super) fn check(case: &Case, answer: &Answer) -> Result<()> {
    let problem = Problem::new(&case.gram, false)?;
    match answer {
        Answer::Gram(gram) => super::gram::check(case, gram),
        Answer::Spectrum(found) => spectrum(&problem, found),
        Answer::MaximumMatch(found) => maximum(case, &problem, found),
        Answer::MinimumMatch(found) => minimum(case, &problem, found.as_ref()),
        Answer::Cover(found) => cover(case, &problem, found),
        Answer::Support(found) => supported(case, &problem, found),
    }
}

/// The neurons up to any critical value are a match at it.
fn spectrum(problem: &Problem, found: &Spectrum) -> Result<()> {
    let mut critical = [&found.x[..], &found.y].concat();
    critical.retain(|&c| c < 1.0);
    critical.sort_unstable_by(f64::total_cmp);
    let step = critical.len().div_ceil(LEVELS).max(1);
    for &eps in critical.iter().step_by(step) {
        let set = neurons_up_to(found, problem.limit(eps)?)?;
        let is_one = is_match(problem, eps, &set)?.answer;
        ensure(is_one, Stage::Spectrum, || {
            format!("the {} neurons up to its value {eps} are no match there", set.len())
        })?;
    }
    Ok(())
}

/// It is a match, and the one that the spectrum gives.
fn maximum(case: &Case, problem: &Problem, found: &NeuronSet) -> Result<()> {
    let is_one = is_match(problem, case.eps, found)?.answer;
    ensure(is_one, Stage::MaximumMatch, || format!("it is no match at ε = {}", case.eps))?;
    ensure(*found == case.matched, Stage::MaximumMatch, || {
        format!(
            "it has {} neurons and is not the {} of the spectrum",
            found.len(),
            case.matched.len()
        )
    })
}

/// It is a match, and minimum for the neuron.
fn minimum(case: &Case, problem: &Problem, found: Option<&MinimumMatch>) -> Result<()> {
    let wrong = || format!("it is not minimum for {}", case.neuron);
    let nothing = NeuronSet::default();
    let neurons = found.map_or(&nothing, |found| &found.neurons);
    ensure(is_match(problem, case.eps, neurons)?.answer, Stage::MinimumMatch, wrong)?;
    let minimum = minimum_for(problem, case.eps, neurons)?.answer;
    ensure(minimum.contains(&case.neuron), Stage::MinimumMatch, wrong)
}

/// Its matches are simple, and their union is the maximum match.
fn cover(case: &Case, problem: &Problem, found: &[NeuronSet]) -> Result<()> {
    for (number, set) in found.iter().enumerate() {
        let is_one = is_simple(problem, case.eps, set)?.answer;
        ensure(is_one, Stage::Cover, || format!("its match {number} is not simple"))?;
    }
    covers(&case.matched, found)
}

/// Each neuron of the maximum match supports itself, and a minimum match of one holds its core.
fn supported(case: &Case, problem: &Problem, found: &Support) -> Result<()> {
    ensure(found.neuron_set() == case.matched, Stage::Support, || {
        "it is not about the neurons of the maximum match".into()
    })?;
    let size = found.neurons().len();
    for (place, neuron) in found.neurons().iter().enumerate() {
        ensure(found.matrix()[place * size + place], Stage::Support, || {
            format!("{neuron} does not support itself")
        })?;
    }
    let minimum = problem.at(case.eps)?.minimum_match(case.neuron, case.seed)?.answer;
    let core = found.core(case.neuron);
    let is_held =
        minimum.is_some_and(|found| core.iter().all(|&neuron| found.neurons.contains(neuron)));
    ensure(is_held, Stage::Support, || {
        format!("a minimum match of {} does not hold its core", case.neuron)
    })
}
