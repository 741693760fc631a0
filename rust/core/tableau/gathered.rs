//! What a factorisation begins with, gathered from the Gram matrix, and the residuals it gives.

use crate::error::{Error, Result};
use crate::invariant::pairs;
use crate::linalg::Matrix;
use crate::problem::Problem;

/// What is not explained of each target. Of the inner products of any neurons at most all is explained, up to their
/// rounding, which is far below what an exact match forgives.
pub(super) fn residual_squares(
    problem: &Problem,
    targets: &[usize],
    explained: &[f64],
) -> Result<Vec<f64>> {
    let largest = 1.0 + problem.exact().powi(2);
    let square = |(&target, &explained): (&usize, &f64)| {
        // Of what is no number this is not true either.
        if explained <= largest {
            Ok((1.0 - explained).max(0.0))
        } else {
            Err(Error::NoResidual { neuron: problem.live()[target], explained })
        }
    };
    pairs(targets, explained).map(square).collect()
}

pub(super) fn add_ridge(problem: &Problem, predictors: &[usize], gram: &mut Matrix) {
    for (j, &neuron) in predictors.iter().enumerate() {
        gram[(j, j)] += problem.ridge_at(neuron);
    }
}

/// Cosines, a row for every neuron of one list, a column for every neuron of another.
pub(super) fn gather(problem: &Problem, rows: &[usize], columns: &[usize]) -> Result<Matrix> {
    // Neurons that follow one another are copied together.
    let runs: Vec<&[usize]> = rows.chunk_by(|a, b| a + 1 == *b).collect();
    Matrix::from_columns(rows.len(), columns.len(), |j, values| {
        let cosines = problem.cosines(columns[j]);
        for run in &runs {
            values.extend_from_slice(&cosines[run[0]..][..run.len()]);
        }
    })
}
