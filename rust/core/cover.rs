//! Covers of the maximum match by simple matches, and from them a minimum match for every neuron.

use rayon::prelude::*;

use crate::error::Result;
use crate::maximum_match::MaximumMatch;
use crate::minimum_match::Search;
use crate::neurons::NeuronSet;
use crate::solved::Solved;
use crate::tableau::TableauPair;

impl MaximumMatch<'_> {
    /// Simple matches whose union is M(ε), none of them inside the union of the others.
    ///
    /// A simple match found for one neuron covers all its members: only neurons not covered yet are searched
    /// for, x first, in order. Every v-minimum match is simple, so the union of the matches found is the
    /// decomposition theorem (Wang et al. 2018, theorem 3) made concrete.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory), [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn simple_cover(&self, seed: u64) -> Result<Solved<Vec<NeuronSet>>> {
        self.ask(|matched| {
            let cover = cover(matched, seed)?.into_iter();
            Ok(cover.map(|(_, found)| matched.problem().set(found)).collect())
        })
    }

    /// One v-minimum match for every neuron v of M(ε), x first; neurons may share one.
    ///
    /// A cover comes first. A match of it that holds v is a match, so some v-minimum match lies inside it:
    /// that is where the search goes, for all neurons in parallel.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory), [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn minimum_matches(&self, seed: u64) -> Result<Solved<Vec<NeuronSet>>> {
        self.ask(|matched| minimum_of_each(matched, seed))
    }
}

fn minimum_of_each(matched: &MaximumMatch<'_>, seed: u64) -> Result<Vec<NeuronSet>> {
    let (problem, progress) = (matched.problem(), matched.progress());
    let cover = cover(matched, seed)?;
    let prepared = |found: &[usize]| {
        let mut member = TableauPair::of(problem, found, progress)?;
        member.prepare(progress)?;
        Ok(member)
    };
    let members: Vec<TableauPair<'_>> =
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
    progress.begin(jobs.len());
    let search = |&(neuron, holder): &(usize, usize)| {
        let (owner, found) = &cover[holder];
        progress.advance(1);
        if *owner == neuron {
            return Ok(problem.set(found.iter().copied()));
        }
        let search = Search::new(members[holder].try_clone()?, neuron, matched.limit());
        let (found, _) = search.run(seed ^ neuron as u64, progress)?;
        Ok(problem.set(found))
    };
    jobs.par_iter().map(search).collect()
}

/// The members of an irredundant cover of M(ε), each with the neuron it was found for.
fn cover(matched: &MaximumMatch<'_>, seed: u64) -> Result<Vec<(usize, Vec<usize>)>> {
    let (neurons, progress) = (matched.places(), matched.progress());
    progress.begin(neurons.len());
    let mut times_covered = vec![0; matched.problem().live().len()];
    let mut cover = Vec::new();
    for &neuron in neurons {
        if times_covered[neuron] == 0 {
            let search = Search::new(matched.tableau().try_clone()?, neuron, matched.limit());
            let (found, _) = search.run(seed ^ neuron as u64, progress)?;
            for &member in &found {
                times_covered[member] += 1;
            }
            cover.push((neuron, found));
        }
        progress.advance(1);
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
