//! What P and W solve: `(G_BB + ridge) P = I` and `W = P G_BT`, with the Gram matrix read where it lies.

use std::ops::Range;

use super::members::Members;
use crate::problem::Problem;

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
        let is_here = |neuron: usize| self.predictors.holds(neuron);
        let products = self.problem.cosines().times(&side, &side, &along, is_here);
        let mut product = vec![0.0; v.len()];
        for (place, neuron) in self.predictors.present() {
            product[place] =
                products[neuron - side.start] + self.problem.ridge_at(neuron) * v[place];
        }
        product
    }

    /// `G_TB v`.
    pub(super) fn coefficients(&self, v: &[f64]) -> Vec<f64> {
        let (side, targets) = (self.side(), self.other_side());
        let is_here = |neuron: usize| self.targets.holds(neuron);
        let products = self.problem.cosines().times(&targets, &side, &self.spread(v), is_here);
        self.targets.neurons.iter().map(|neuron| products[neuron - targets.start]).collect()
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
