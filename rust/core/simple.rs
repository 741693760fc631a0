//! Simple matches: matches that are no union of smaller ones.

use rayon::prelude::*;

use crate::closure::{closures_without_each, maximum};
use crate::error::{Error, Result};
use crate::minimum::Search;
use crate::neurons::{Neuron, NeuronSet};
use crate::problem::Problem;
use crate::remaining::Remaining;
use crate::residuals::live_places;
use crate::solved::Solved;
use crate::watch::Watch;

/// Simple matches whose union is M(ε), none of them inside the union of the others.
///
/// A simple match found for one neuron covers all its members: only neurons not covered yet are searched
/// for, x first, in order. Every v-minimum match is simple, so the union of the matches found is the
/// decomposition theorem (Wang et al. 2018, theorem 3) made concrete.
///
/// # Errors
/// [`Error::Eps`], [`Error::Interrupted`].
pub fn simple_cover(
    problem: &Problem,
    eps: f64,
    seed: u64,
    watch: &Watch,
) -> Result<Solved<Vec<NeuronSet>>> {
    problem.solve(|problem| {
        let limit = problem.limit(eps)?.powi(2);
        let cover = cover(problem, limit, seed, watch)?;
        Ok(cover.into_iter().map(|(_, found)| problem.set(found)).collect())
    })
}

/// One v-minimum match for every neuron v of M(ε), x first; neurons may share one.
///
/// A cover comes first. A match of it that holds v is a match, so some v-minimum match lies inside it:
/// that is where the search goes, for all neurons in parallel.
///
/// # Errors
/// [`Error::Eps`], [`Error::Interrupted`].
pub fn minimum_matches(
    problem: &Problem,
    eps: f64,
    seed: u64,
    watch: &Watch,
) -> Result<Solved<Vec<NeuronSet>>> {
    problem.solve(|problem| {
        let limit = problem.limit(eps)?.powi(2);
        let cover = cover(problem, limit, seed, watch)?;
        let prepared = |found: &[usize]| {
            let mut member = Remaining::of(problem, found, watch)?;
            member.prepare(watch)?;
            Ok(member)
        };
        let members: Vec<Remaining<'_>> =
            cover.iter().map(|(_, found)| prepared(found)).collect::<Result<_>>()?;
        let mut first_holder = vec![None; problem.live().len()];
        for (index, (_, found)) in cover.iter().enumerate().rev() {
            for &neuron in found {
                first_holder[neuron] = Some(index);
            }
        }
        let jobs: Vec<(usize, usize)> = (0..first_holder.len())
            .filter_map(|neuron| Some((neuron, first_holder[neuron]?)))
            .collect();
        watch.begin(jobs.len());
        let search = |&(neuron, holder): &(usize, usize)| {
            let (owner, found) = &cover[holder];
            watch.advance(1);
            if *owner == neuron {
                return Ok(problem.set(found.iter().copied()));
            }
            let search = Search::new(members[holder].try_clone()?, neuron, limit);
            let (found, _) = search.run(seed ^ neuron as u64, watch)?;
            Ok(problem.set(found))
        };
        jobs.par_iter().map(search).collect()
    })
}

/// The neurons for which a match S is a minimum match: those outside the union over u in S of M(S \ u, ε).
///
/// For such v no match inside S \ u holds v, whatever u, so nothing smaller than S holds v; and conversely.
///
/// # Errors
/// [`Error::NoMatch`] where the set is none; [`Error::NoSuchNeuron`], [`Error::Eps`], [`Error::Interrupted`].
pub fn minimum_for(
    problem: &Problem,
    eps: f64,
    set: &NeuronSet,
    watch: &Watch,
) -> Result<Solved<Vec<Neuron>>> {
    let Solved { answer, resolution } = minimum_within(problem, eps, set, watch)?;
    Ok(Solved { answer: answer.ok_or(Error::NoMatch { eps })?, resolution })
}

/// The same; `None` where the set is no match.
fn minimum_within(
    problem: &Problem,
    eps: f64,
    set: &NeuronSet,
    watch: &Watch,
) -> Result<Solved<Option<Vec<Neuron>>>> {
    problem.limit(eps)?;
    problem.check(set)?;
    problem.solve(|problem| {
        let limit = problem.limit(eps)?.powi(2);
        let Some(within) = match_at(problem, set, limit, watch)? else { return Ok(None) };
        let places = within.neurons();
        let mut inside = vec![false; problem.live().len()];
        for survivors in closures_without_each(&within, &places, limit, watch)? {
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
pub fn is_simple(
    problem: &Problem,
    eps: f64,
    set: &NeuronSet,
    watch: &Watch,
) -> Result<Solved<bool>> {
    let solved = minimum_within(problem, eps, set, watch)?;
    Ok(solved.map(|minimum| minimum.is_some_and(|neurons| !neurons.is_empty())))
}

/// The members of an irredundant cover of M(ε), each with the neuron it was found for.
fn cover(
    problem: &Problem,
    limit: f64,
    seed: u64,
    watch: &Watch,
) -> Result<Vec<(usize, Vec<usize>)>> {
    let mut matched = maximum(problem, limit, watch)?;
    matched.prepare(watch)?;
    let neurons = matched.neurons();
    watch.begin(neurons.len());
    let mut times_covered = vec![0; problem.live().len()];
    let mut cover = Vec::new();
    for &neuron in &neurons {
        if times_covered[neuron] == 0 {
            let search = Search::new(matched.try_clone()?, neuron, limit);
            let (found, _) = search.run(seed ^ neuron as u64, watch)?;
            for &member in &found {
                times_covered[member] += 1;
            }
            cover.push((neuron, found));
        }
        watch.advance(1);
    }
    // Later matches can have made earlier ones redundant.
    cover.retain(|(_, found)| {
        let is_redundant = found.iter().all(|&member| times_covered[member] > 1);
        if is_redundant {
            for &member in found {
                times_covered[member] -= 1;
            }
        }
        !is_redundant
    });
    Ok(cover)
}

/// The set, ready for trials, where it is a match.
fn match_at<'p>(
    problem: &'p Problem,
    set: &NeuronSet,
    limit: f64,
    watch: &Watch,
) -> Result<Option<Remaining<'p>>> {
    let Some(places) = live_places(problem, set) else {
        return Ok(None);
    };
    let mut within = Remaining::of(problem, &places, watch)?;
    if !within.squares().all(|(_, square)| square <= limit) {
        return Ok(None);
    }
    within.prepare(watch)?;
    Ok(Some(within))
}
