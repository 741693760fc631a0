//! The neurons of a side that take part in a tableau.

use crate::problem::Problem;

/// In `place`: the neuron is not, or no longer, here.
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

    pub(super) fn remove(&mut self, neuron: usize) -> usize {
        self.count -= 1;
        std::mem::replace(&mut self.place[neuron], GONE)
    }

    /// Closes the gaps; returns the places kept.
    pub(super) fn compact(&mut self) -> Vec<usize> {
        let kept: Vec<usize> = self.present().map(|(place, _)| place).collect();
        self.neurons = kept.iter().map(|&place| self.neurons[place]).collect();
        for (i, &neuron) in self.neurons.iter().enumerate() {
            self.place[neuron] = i;
        }
        kept
    }
}
