//! The matrices that a factorisation begins with, read from the Gram, and the residuals that it gives.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::invariant::pairs;
use crate::linalg::{LANES, Matrix, Triangle};
use crate::problem::{Cosines, Problem};

/// What is not explained of each target. Of the inner products of any neurons at most all is explained, up to their
/// rounding, which is far below what an exact match forgives.
pub(super) fn residual_squares(
    problem: &Problem,
    targets: &[usize],
    explained: &[f64],
) -> Result<Vec<f64>> {
    let largest = 1.0 + problem.exact().powi(2);
    let square = |(&target, &explained): (&usize, &f64)| {
        // NaN fails this comparison too.
        if explained <= largest {
            Ok((1.0 - explained).max(0.0))
        } else {
            Err(Error::NoResidual { neuron: problem.live()[target], explained })
        }
    };
    pairs(targets, explained).map(square).collect()
}

/// The cosines of some neurons of a side, ascending, with each other, and what the ridge adds.
pub(super) fn gather_square(problem: &Problem, neurons: &[usize]) -> Result<Matrix> {
    let cosines = problem.cosines().select(neurons);
    let mut square = Matrix::zeros(neurons.len(), neurons.len())?;
    square.columns_mut().enumerate().for_each(|(j, column)| {
        cosines.write(j, &cosines, j..column.len(), &mut column[j..]);
        column[j] += problem.ridge_at(neurons[j]);
    });
    square.mirror(Triangle::Lower);
    Ok(square)
}

/// The cosines of neurons of one side (rows) with some of the other (columns), both ascending.
pub(super) fn gather_across(
    problem: &Problem,
    rows: &[usize],
    columns: &[usize],
) -> Result<Matrix> {
    let (of_rows, of_columns) = (problem.cosines().select(rows), problem.cosines().select(columns));
    let mut across = Matrix::zeros(rows.len(), columns.len())?;
    if of_columns.are_before(&of_rows) {
        across.columns_mut().enumerate().for_each(|(j, column)| {
            of_columns.write(j, &of_rows, 0..column.len(), column);
        });
    } else {
        turn_into(&of_rows, &of_columns, &mut across);
    }
    Ok(across)
}

/// The Gram stores these rows as columns. They are transposed a few at a time, as many as are adjacent in memory.
fn turn_into(of_rows: &Cosines, of_columns: &Cosines, across: &mut Matrix) {
    let width = of_columns.len();
    across.row_panels_mut(LANES).into_par_iter().for_each_init(
        || vec![0.0; LANES * width],
        |turned, (first, mut panel)| {
            for (i, row) in turned.chunks_exact_mut(width.max(1)).take(panel.height()).enumerate() {
                of_rows.write(first + i, of_columns, 0..width, row);
            }
            panel.change_columns(|j, column| {
                for (i, value) in column.iter_mut().enumerate() {
                    *value = turned[i * width + j];
                }
            });
        },
    );
}
