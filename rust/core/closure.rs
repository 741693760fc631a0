//! The largest match inside a set of neurons: the fixed point of deleting violators.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::error::{Error, Purpose, Result};
use crate::memory;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::tableau::{SavedPair, TableauPair};

/// M(ε), where `limit` is the largest r² allowed.
///
/// Every match inside a set survives the deletion of a violator: removing neurons only raises residuals, so
/// a neuron above ε on the whole set is above ε on any match in it. What is left when there is no violator
/// is a match that holds all others (Wang et al. 2018, algorithm 1).
pub(crate) fn maximum<'p>(
    problem: &'p Problem,
    limit: f64,
    progress: &Progress,
) -> Result<TableauPair<'p>> {
    let mut remaining = TableauPair::all(problem, progress)?;
    close(&mut remaining, limit, |_| false, progress)?;
    Ok(remaining)
}

/// Removes violators until none is left, or until a neuron that must stay is among them: then false.
pub(crate) fn close(
    remaining: &mut TableauPair<'_>,
    limit: f64,
    must_stay: impl Fn(usize) -> bool,
    progress: &Progress,
) -> Result<bool> {
    loop {
        let violators = remaining.neurons_where(|square| square > limit);
        if violators.iter().any(|&neuron| must_stay(neuron)) {
            return Ok(false);
        }
        if violators.is_empty() {
            return Ok(true);
        }
        remaining.remove(&violators, progress)?;
    }
}

/// The result of a speculative removal of neurons.
pub(crate) enum Speculation<'p> {
    /// The removal would lose a neuron that must stay. The set is unchanged.
    Refused,
    /// The set is now the closure. The saved state restores the set as it was.
    InPlace(Box<SavedPair>),
    /// The closure is the set without these neurons. The set itself is unchanged.
    Foreseen(Vec<usize>),
    /// The closure, factored as a set of its own. The original set is unchanged.
    Afresh(Box<TableauPair<'p>>),
}

/// M(S \ gone), for a prepared S, unless that loses a neuron that must stay.
pub(crate) fn remove_speculatively<'p>(
    remaining: &mut TableauPair<'p>,
    gone: &[usize],
    limit: f64,
    must_stay: impl Fn(usize) -> bool,
    progress: &Progress,
) -> Result<Speculation<'p>> {
    let saved = remaining.save();
    let (mut lost, mut leaving) = (gone.to_vec(), gone.to_vec());
    while remaining.remove_reversibly(&leaving)? {
        progress.check()?;
        leaving = remaining.neurons_where(|square| square > limit);
        if leaving.iter().any(|&neuron| must_stay(neuron)) {
            remaining.restore(saved);
            return Ok(Speculation::Refused);
        }
        if leaving.is_empty() {
            return Ok(Speculation::InPlace(Box::new(saved)));
        }
        lost.extend(&leaving);
    }
    remaining.restore(saved);
    // For a single neuron the closure always decides, because rounding in this test could only make a search longer.
    if lost.len() > 1 && remaining.is_too_much(&lost, limit, &must_stay, progress)? {
        return Ok(Speculation::Refused);
    }
    // There are more deletions than can be undone, so a preview is tried.
    match foresee(remaining, &mut lost, limit, &must_stay, progress)? {
        Foresight::Closed => return Ok(Speculation::Foreseen(lost)),
        Foresight::Refused => return Ok(Speculation::Refused),
        Foresight::Unclear => {}
    }
    // The preview could not tell, so the rest is factored as a new set.
    let rest = neurons_without(remaining, &lost);
    let mut fresh = TableauPair::of(remaining.problem(), &rest, progress)?;
    let closed = close(&mut fresh, limit, must_stay, progress)?;
    Ok(if closed { Speculation::Afresh(Box::new(fresh)) } else { Speculation::Refused })
}

/// How far a preview went.
enum Foresight {
    /// The closure is the set without those lost.
    Closed,
    /// A neuron that must stay is lost.
    Refused,
    /// The closure lies inside the set without those lost. The preview cannot tell more, or not at a lower cost than
    /// factoring anew.
    Unclear,
}

/// Finds the closure of a prepared set without those `lost`, to which it adds the violators of each wave, as [`close`]
/// does. The residuals need no new factorisation.
///
/// In strongly mixed layers similar neurons support each other. The loss of one can then take a hundred others with it
/// before it reaches one that must stay. These are too many to undo, yet few compared with the set to be factored.
fn foresee(
    remaining: &TableauPair<'_>,
    lost: &mut Vec<usize>,
    limit: f64,
    must_stay: impl Fn(usize) -> bool,
    progress: &Progress,
) -> Result<Foresight> {
    if !remaining.is_previewed(lost) {
        return Ok(Foresight::Unclear);
    }
    let (mut preview, mut leaving) = (remaining.preview()?, lost.clone());
    loop {
        match remaining.remove_from(&mut preview, &leaving, progress) {
            Ok(true) => {}
            // Where memory runs short, the closure may still be found without a preview.
            Ok(false) | Err(Error::OutOfMemory { .. }) => return Ok(Foresight::Unclear),
            Err(error) => return Err(error),
        }
        progress.check()?;
        leaving = remaining.neurons_above(&preview, limit);
        if leaving.iter().any(|&neuron| must_stay(neuron)) {
            return Ok(Foresight::Refused);
        }
        if leaving.is_empty() {
            return Ok(Foresight::Closed);
        }
        lost.extend(&leaving);
    }
}

/// M(S \ u), for every u among `neurons` of a prepared match S.
pub(crate) fn closures_without_each(
    within: &TableauPair<'_>,
    neurons: &[usize],
    limit: f64,
    progress: &Progress,
) -> Result<Vec<Vec<usize>>> {
    // What survives is a list a neuron.
    let size = neurons.len().saturating_mul(within.neurons().len());
    memory::require(memory::bytes_of::<usize>(size), Purpose::Solver)?;
    progress.begin(neurons.len());
    let next = AtomicUsize::new(0);
    // Each takes the next neuron as long as there is one, and needs tableaux of its own: one copy a thread, where
    // splitting the neurons would make one for every piece.
    let work = |_| -> Result<Vec<(usize, Vec<usize>)>> {
        let (mut own, mut found) = (None, Vec::new());
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(&neuron) = neurons.get(place) else { return Ok(found) };
            progress.check()?;
            let own = match &mut own {
                Some(own) => own,
                none => none.insert(within.try_clone()?),
            };
            found.push((place, survivors_without(own, neuron, limit, progress)?));
            progress.advance(1);
        }
    };
    let workers = rayon::current_num_threads().min(neurons.len());
    let found: Result<Vec<_>> = (0..workers).into_par_iter().with_max_len(1).map(work).collect();
    let mut found = found?.concat();
    found.sort_unstable_by_key(|&(place, _)| place);
    Ok(found.into_iter().map(|(_, survivors)| survivors).collect())
}

/// M(S \ u). S is as it was afterwards.
fn survivors_without(
    within: &mut TableauPair<'_>,
    neuron: usize,
    limit: f64,
    progress: &Progress,
) -> Result<Vec<usize>> {
    Ok(match remove_speculatively(within, &[neuron], limit, |_| false, progress)? {
        Speculation::Refused => Vec::new(),
        Speculation::Foreseen(lost) => neurons_without(within, &lost),
        Speculation::Afresh(closure) => closure.neurons(),
        Speculation::InPlace(saved) => {
            let survivors = within.neurons();
            within.restore(*saved);
            survivors
        }
    })
}

/// The neurons of S \ gone, x first, ascending.
fn neurons_without(within: &TableauPair<'_>, gone: &[usize]) -> Vec<usize> {
    let gone: HashSet<usize> = gone.iter().copied().collect();
    let mut rest = within.neurons();
    rest.retain(|neuron| !gone.contains(neuron));
    rest
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
