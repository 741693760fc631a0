//! The neurons of a side that take part in a tableau.

use crate::invariant::pairs;
use crate::problem::Problem;

/// Marks in `place` a neuron that does not, or no longer, take part.
const GONE: usize = usize::MAX;

/// The neurons of a side that take part, and the row or column of each.
#[derive(Clone, Debug)]
pub(super) struct Members {
    /// The neuron at every place; some may have gone.
    pub(super) neurons: Vec<usize>,
    pub(super) place: Vec<usize>,
    pub(super) count: usize,
}

impl Members {
    pub(super) fn new(problem: &Problem, neurons: &[usize]) -> Self {
        let mut place = vec![GONE; problem.live().len()];
        for (i, &neuron) in neurons.iter().enumerate() {
            place[neuron] = i;
        }
        Self { count: neurons.len(), neurons: neurons.to_vec(), place }
    }

    pub(super) fn present(&self) -> impl Iterator<Item = (usize, usize)> {
        let neurons = self.neurons.iter().copied().enumerate();
        neurons.filter(|&(place, neuron)| self.place[neuron] == place)
    }

    pub(super) fn holds(&self, neuron: usize) -> bool {
        self.place[neuron] != GONE
    }

    pub(super) fn remove(&mut self, neuron: usize) -> usize {
        self.count -= 1;
        std::mem::replace(&mut self.place[neuron], GONE)
    }

    pub(super) fn has_gaps(&self) -> bool {
        self.count < self.neurons.len()
    }

    /// Fills the gaps with the last neurons.
    pub(super) fn fill_gaps(&mut self) -> Moves {
        let is_here = |&place: &usize| self.place[self.neurons[place]] == place;
        let gaps: Vec<usize> = (0..self.count).filter(|place| !is_here(place)).collect();
        let last: Vec<usize> = (self.count..self.neurons.len()).filter(is_here).collect();
        let pairs = pairs(&gaps, &last).map(|(&to, &from)| (to, from)).collect();
        let moves = Moves { left: self.count, pairs };
        moves.apply(&mut self.neurons);
        self.neurons.truncate(self.count);
        for &(to, _) in &moves.pairs {
            self.place[self.neurons[to]] = to;
        }
        moves
    }
}

/// How the last entries of a list fill its gaps. Few values move, whereas shifting entries up would move all.
#[derive(Debug)]
pub(super) struct Moves {
    /// How many are left.
    pub(super) left: usize,
    /// The moves: each to a gap, from a place behind all entries that are left.
    pub(super) pairs: Vec<(usize, usize)>,
}

impl Moves {
    pub(super) fn apply<T: Copy>(&self, values: &mut [T]) {
        for &(to, from) in &self.pairs {
            values[to] = values[from];
        }
    }

    /// Where each one that is left was before.
    pub(super) fn origins(&self) -> Vec<usize> {
        let mut origins: Vec<usize> = (0..self.left).collect();
        for &(to, from) in &self.pairs {
            origins[to] = from;
        }
        origins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_fill_the_gaps_and_everyone_is_found() {
        for gone in
            [&[][..], &[0], &[9], &[1, 3, 8, 9], &[5, 6, 7, 8, 9], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]
        {
            let neurons: Vec<usize> = (0..10).rev().collect();
            let mut members = Members { place: neurons.clone(), count: 10, neurons };
            for &neuron in gone {
                assert_eq!(members.remove(neuron), 9 - neuron);
            }
            assert_eq!(members.has_gaps(), !gone.is_empty());
            let origins = members.fill_gaps().origins();
            assert!(!members.has_gaps());
            assert_eq!(members.neurons, origins.iter().map(|&place| 9 - place).collect::<Vec<_>>());
            let mut left: Vec<usize> = members.present().map(|(_, neuron)| neuron).collect();
            left.sort_unstable();
            let wanted: Vec<usize> = (0..10).filter(|neuron| !gone.contains(neuron)).collect();
            assert_eq!(left, wanted);
            // Entries that need not move stay in place.
            let stayed = origins.iter().enumerate().filter(|&(to, &from)| to == from).count();
            let behind =
                (0..10).filter(|place| *place < left.len() && !gone.contains(&(9 - place)));
            assert_eq!(stayed, behind.count());
        }
    }
}
