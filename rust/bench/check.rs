//! Answers held against what was planted.

mod consistency;
mod gram;

use spanmatch::synthetic::Truth;
use spanmatch::{MinimumMatch, Neuron, NeuronSet, Side, Spectrum, Support};

use crate::case::{Case, neurons_up_to};
use crate::error::{Error, Result};
use crate::stage::{Answer, Stage};

/// Fails where an answer is not the planted one; where nothing was planted, where it contradicts itself.
pub(crate) fn check(case: &Case, answer: &Answer) -> Result<()> {
    let Some(truth) = &case.truth else { return consistency::check(case, answer) };
    match answer {
        Answer::Gram(gram) => gram::check(case, gram),
        Answer::Spectrum(found) => spectrum(case, truth, found),
        Answer::MaximumMatch(found) => maximum_match(truth, found),
        Answer::MinimumMatch(found) => minimum_match(case, truth, found.as_ref()),
        Answer::Cover(found) => cover(truth, found),
        Answer::Support(found) => support(truth, found),
    }
}

/// Whether two answers to one question are the same, to the last bit.
pub(crate) fn are_same(a: &Answer, b: &Answer) -> bool {
    match (a, b) {
        (Answer::Gram(a), Answer::Gram(b)) => {
            matches!((a.state(), b.state()), (Ok(a), Ok(b)) if a == b)
        }
        (Answer::Spectrum(a), Answer::Spectrum(b)) => a == b,
        (Answer::MaximumMatch(a), Answer::MaximumMatch(b)) => a == b,
        (Answer::MinimumMatch(a), Answer::MinimumMatch(b)) => a == b,
        (Answer::Cover(a), Answer::Cover(b)) => a == b,
        (Answer::Support(a), Answer::Support(b)) => a == b,
        _ => false,
    }
}

fn spectrum(case: &Case, truth: &Truth, found: &Spectrum) -> Result<()> {
    let within = neurons_up_to(found, case.limit)?;
    ensure(within == truth.maximum_match(), Stage::Spectrum, || {
        format!(
            "{} neurons are within ε = {}, but {} were planted",
            within.len(),
            case.eps,
            truth.maximum_match().len()
        )
    })?;
    let critical = |neuron: &Neuron| {
        if neuron.side == Side::X { found.x[neuron.index] } else { found.y[neuron.index] }
    };
    for (number, block) in truth.blocks().iter().enumerate() {
        let mut values = block.iter().flatten().map(critical);
        let first = values.next().map(f64::to_bits);
        ensure(values.all(|value| Some(value.to_bits()) == first), Stage::Spectrum, || {
            format!("the neurons of block {number} do not leave together")
        })?;
    }
    Ok(())
}

fn maximum_match(truth: &Truth, found: &NeuronSet) -> Result<()> {
    let planted = truth.maximum_match();
    ensure(*found == planted, Stage::MaximumMatch, || {
        format!("it has {} neurons and is not the {} that were planted", found.len(), planted.len())
    })
}

fn minimum_match(case: &Case, truth: &Truth, found: Option<&MinimumMatch>) -> Result<()> {
    let is_right = |found: &MinimumMatch| {
        truth.is_simple(&found.neurons) && found.neurons.contains(case.neuron)
    };
    ensure(found.is_some_and(is_right), Stage::MinimumMatch, || {
        format!("it is not the block that was planted around {}", case.neuron)
    })
}

fn cover(truth: &Truth, found: &[NeuronSet]) -> Result<()> {
    let stray = found.iter().filter(|set| !truth.is_simple(set)).count();
    ensure(stray == 0, Stage::Cover, || {
        format!("{stray} of {} matches are no planted block", found.len())
    })?;
    covers(&truth.maximum_match(), found)
}

fn support(truth: &Truth, found: &Support) -> Result<()> {
    ensure(found.neuron_set() == truth.maximum_match(), Stage::Support, || {
        "it is not about the neurons that were planted".into()
    })?;
    for &neuron in found.neurons() {
        ensure(found.core(neuron) == truth.core(neuron), Stage::Support, || {
            format!("the core of {neuron} is not what was planted")
        })?;
    }
    Ok(())
}

/// The union of the matches is the whole.
fn covers(whole: &NeuronSet, found: &[NeuronSet]) -> Result<()> {
    let union = |side: fn(&NeuronSet) -> &[usize]| {
        let mut all: Vec<usize> = found.iter().flat_map(side).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let union = NeuronSet::new(union(NeuronSet::x), union(NeuronSet::y))?;
    ensure(union == *whole, Stage::Cover, || {
        format!("its union has {} of the {} neurons that match", union.len(), whole.len())
    })
}

fn ensure(is_right: bool, stage: Stage, what: impl FnOnce() -> String) -> Result<()> {
    if is_right { Ok(()) } else { Err(Error::Wrong { stage, what: what() }) }
}

#[cfg(test)]
mod tests;
