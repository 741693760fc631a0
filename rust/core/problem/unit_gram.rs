//! Problems of a Gram matrix that no Gram holds.

use std::sync::Arc;

use super::raised::Raised;
use super::{Cosines, Problem, RESOLUTION};
use crate::linalg::LowerTriangle;
use crate::neurons::{Neuron, Side};

impl Problem {
    /// A problem of a unit Gram matrix, taken unchecked: a Gram refuses damaged sums before it becomes a problem.
    pub(crate) fn of_unit_gram(unit: LowerTriangle, n_x: usize) -> Self {
        let n = unit.size();
        let neuron = |place: usize| match place.checked_sub(n_x) {
            Some(index) => Neuron { side: Side::Y, index },
            None => Neuron { side: Side::X, index: place },
        };
        Self {
            n_x,
            n_y: n - n_x,
            live: (0..n).map(neuron).collect(),
            live_x: n_x,
            cosines: Cosines::of_unit_gram(unit),
            norms: vec![1.0; n],
            means: vec![0.0; n],
            resolution: RESOLUTION,
            ridge: 0.0,
            multiplicity: Vec::new(),
            progress: Arc::default(),
            raised: Raised::default(),
        }
    }
}
