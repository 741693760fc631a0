//! What P and W solve: `(G_BB + ridge) P = I` and `W = P G_BT`, with the Gram matrix read where it lies.

use rayon::prelude::*;

use super::members::Members;
use crate::linalg::dot;
use crate::problem::Problem;

/// Fewer rows than this are not worth a thread of their own.
const SHARE: usize = 64;

/// The equations of a tableau. Vectors are by place; values at places whose neuron has gone are 0.
pub(super) struct Equations<'t> {
    pub(super) problem: &'t Problem,
    pub(super) predictors: &'t Members,
    pub(super) targets: &'t Members,
}

impl Equations<'_> {
    /// The column of a predictor in `G_BB + ridge`.
    pub(super) fn column(&self, place: usize) -> Vec<f64> {
        let mut column = vec![0.0; self.predictors.neurons.len()];
        let neuron = self.predictors.neurons[place];
        let cosines = self.problem.cosines(neuron);
        for (i, other) in self.predictors.present() {
            column[i] = cosines[other];
        }
        column[place] += self.problem.ridge(neuron);
        column
    }

    /// `(G_BB + ridge) v`.
    pub(super) fn times(&self, v: &[f64]) -> Vec<f64> {
        let mut product = self.products(self.predictors, v);
        for (i, neuron) in self.predictors.present() {
            product[i] += self.problem.ridge(neuron) * v[i];
        }
        product
    }

    /// `G_TB v`.
    pub(super) fn coefficients(&self, v: &[f64]) -> Vec<f64> {
        self.products(self.targets, v)
    }

    /// Of every neuron, what its cosines with the predictors make of `v`.
    fn products(&self, neurons: &Members, v: &[f64]) -> Vec<f64> {
        let side = self.problem.places(self.problem.side(self.predictors.neurons[0]));
        // Where the predictors lie in the Gram matrix.
        let mut along = vec![0.0; side.len()];
        for (place, neuron) in self.predictors.present() {
            along[neuron - side.start] = v[place];
        }
        let product = |(place, &neuron): (usize, &usize)| {
            let is_here = neurons.place[neuron] == place;
            if is_here { dot(&self.problem.cosines(neuron)[side.clone()], &along) } else { 0.0 }
        };
        neurons.neurons.par_iter().enumerate().with_min_len(SHARE).map(product).collect()
    }
}
