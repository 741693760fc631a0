//! Simple matches: matches that are not a union of smaller ones.

use crate::closure::closures_without_each;
use crate::doubt::limit_of;
use crate::error::{Error, Result};
use crate::neurons::{Neuron, NeuronSet};
use crate::problem::Problem;
use crate::solved::Solved;
use crate::tableau::TableauPair;

/// The neurons for which a match S is a minimum match: those outside the union over u in S of M(S \ u, ε).
///
/// For such v no match inside S \ u holds v, whatever u, so nothing smaller than S holds v; and conversely.
///
/// # Errors
/// [`Error::NoMatch`] where the set is none; [`Error::NoSuchNeuron`], [`Error::Eps`], [`Error::Interrupted`].
pub fn minimum_for(problem: &Problem, eps: f64, set: &NeuronSet) -> Result<Solved<Vec<Neuron>>> {
    let Solved { answer, resolution } = minimum_within(problem, eps, set)?;
    Ok(Solved { answer: answer.ok_or(Error::NoMatch { eps })?, resolution })
}

/// The same; `None` where the set is no match.
fn minimum_within(
    problem: &Problem,
    eps: f64,
    set: &NeuronSet,
) -> Result<Solved<Option<Vec<Neuron>>>> {
    problem.limit(eps)?;
    problem.check(set)?;
    problem.solve(|problem| {
        let limit = problem.limit(eps)?.powi(2);
        let Some((within, limit)) = match_at(problem, set, limit)? else {
            return Ok(None);
        };
        let places = within.neurons();
        let mut inside = vec![false; problem.live().len()];
        for survivors in closures_without_each(&within, &places, limit, problem.progress())? {
            for neuron in survivors {
                inside[neuron] = true;
            }
        }
        let minimum = places.into_iter().filter(|&neuron| !inside[neuron]);
        Ok(Some(minimum.map(|neuron| problem.live()[neuron]).collect()))
    })
}

/// Whether a set is a simple match: exactly when it is a match and a minimum match for some neuron.
///
/// If S is minimum for v, smaller matches miss v, and so does their union. If S is minimum for none, the
/// matches M(S \ u, ε), each smaller than S, have S as their union. The empty set is not simple.
///
/// # Errors
/// [`Error::Eps`], [`Error::Interrupted`].
pub fn is_simple(problem: &Problem, eps: f64, set: &NeuronSet) -> Result<Solved<bool>> {
    let solved = minimum_within(problem, eps, set)?;
    Ok(solved.map(|minimum| minimum.is_some_and(|neurons| !neurons.is_empty())))
}

/// The set, prepared for speculative removals, and the limit at which it is a match; `None` where it is not a match.
fn match_at<'p>(
    problem: &'p Problem,
    set: &NeuronSet,
    limit: f64,
) -> Result<Option<(TableauPair<'p>, f64)>> {
    let progress = problem.progress();
    let Some(places) = problem.places_of(set) else {
        return Ok(None);
    };
    let mut within = TableauPair::of(problem, &places, progress)?;
    let Some(limit) = limit_of(&within, limit, progress)? else { return Ok(None) };
    within.prepare(progress)?;
    Ok(Some((within, limit)))
}
