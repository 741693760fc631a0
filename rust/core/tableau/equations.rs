//! What P and W solve: `(G_BB + ridge) P = I` and `W = P G_BT`, with the Gram matrix read where it lies.

use std::ops::Range;

use rayon::prelude::*;

use super::members::Members;
use crate::linalg::{dot, symmetric_times};
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
        column[place] += self.problem.ridge_at(neuron);
        column
    }

    /// `(G_BB + ridge) v`.
    pub(super) fn times(&self, v: &[f64]) -> Vec<f64> {
        let (side, along) = (self.side(), self.spread(v));
        // One triangle: the matrix has to come from memory.
        let is_here = |j: usize| self.predictors.holds(side.start + j);
        let column = |j: usize| &self.problem.cosines(side.start + j)[side.clone()];
        let products = symmetric_times(column, &along, is_here);
        let mut product = vec![0.0; v.len()];
        for (place, neuron) in self.predictors.present() {
            product[place] =
                products[neuron - side.start] + self.problem.ridge_at(neuron) * v[place];
        }
        product
    }

    /// `G_TB v`.
    pub(super) fn coefficients(&self, v: &[f64]) -> Vec<f64> {
        let (side, along) = (self.side(), self.spread(v));
        let product = |&neuron: &usize| {
            let cosines = &self.problem.cosines(neuron)[side.clone()];
            if self.targets.holds(neuron) { dot(cosines, &along) } else { 0.0 }
        };
        self.targets.neurons.par_iter().with_min_len(SHARE).map(product).collect()
    }

    /// Where the predictors' side lies in the Gram matrix.
    fn side(&self) -> Range<usize> {
        self.problem.places(self.problem.side(self.predictors.neurons[0]))
    }

    /// A vector by place as one by neuron of that side.
    fn spread(&self, v: &[f64]) -> Vec<f64> {
        let side = self.side();
        let mut along = vec![0.0; side.len()];
        for (place, neuron) in self.predictors.present() {
            along[neuron - side.start] = v[place];
        }
        along
    }
}
