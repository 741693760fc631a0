//! What P and W solve: `(G_BB + ridge) P = I` and `W = P G_BT`, with the Gram matrix read where it lies.

use std::ops::Range;

use rayon::prelude::*;

use super::members::Members;
use crate::linalg::{add_multiple, add_symmetric, dot, sum_columns};
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
        for (i, other) in self.predictors.present() {
            column[i] = self.problem.cosines().between(neuron, other);
        }
        column[place] += self.problem.ridge_at(neuron);
        column
    }

    /// `(G_BB + ridge) v`.
    pub(super) fn times(&self, v: &[f64]) -> Vec<f64> {
        let (side, along) = (self.side(), self.spread(v));
        // One triangle: the matrix has to come from memory.
        let is_here = |j: usize| self.predictors.holds(side.start + j);
        let cosines = self.problem.cosines();
        let products = sum_columns(side.len(), side.len(), |j, product, room| {
            if is_here(j) {
                let from_here = &mut room[j..];
                cosines.write(side.start + j, cosines, side.start + j..side.end, from_here);
                add_symmetric(product, &along, j, j, from_here);
            }
        });
        let mut product = vec![0.0; v.len()];
        for (place, neuron) in self.predictors.present() {
            product[place] =
                products[neuron - side.start] + self.problem.ridge_at(neuron) * v[place];
        }
        product
    }

    /// `G_TB v`.
    pub(super) fn coefficients(&self, v: &[f64]) -> Vec<f64> {
        let (along, targets) = (self.spread(v), self.other_side());
        let products = if self.side().start < targets.start {
            self.columns_times(&along, &targets)
        } else {
            self.rows_times(&along, &targets)
        };
        let product = |&neuron: &usize| {
            if self.targets.holds(neuron) { products[neuron - targets.start] } else { 0.0 }
        };
        self.targets.neurons.iter().map(product).collect()
    }

    /// The same for every neuron of the targets' side, which comes behind: the Gram has a column for each predictor.
    fn columns_times(&self, along: &[f64], targets: &Range<usize>) -> Vec<f64> {
        let (side, cosines) = (self.side(), self.problem.cosines());
        sum_columns(side.len(), targets.len(), |j, product, column| {
            if along[j] != 0.0 {
                cosines.write(side.start + j, cosines, targets.clone(), column);
                add_multiple(product, along[j], column);
            }
        })
    }

    /// The same of targets that come first: the Gram has a column for each.
    fn rows_times(&self, along: &[f64], targets: &Range<usize>) -> Vec<f64> {
        let (side, cosines) = (self.side(), self.problem.cosines());
        let product = |column: &mut Vec<f64>, target: usize| {
            if !self.targets.holds(target) {
                return 0.0;
            }
            cosines.write(target, cosines, side.clone(), column);
            dot(column, along)
        };
        let targets = targets.clone().into_par_iter().with_min_len(SHARE);
        targets.map_init(|| vec![0.0; along.len()], product).collect()
    }

    /// Where the predictors' side lies in the Gram matrix.
    fn side(&self) -> Range<usize> {
        self.problem.places(self.problem.side(self.predictors.neurons[0]))
    }

    /// Where the other side does.
    fn other_side(&self) -> Range<usize> {
        self.problem.places(self.problem.side(self.predictors.neurons[0]).opposite())
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
