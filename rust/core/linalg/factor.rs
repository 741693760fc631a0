//! The Cholesky factorisation `A = Uᵀ U`, and solving with it.
//!
//! Both U and Uᵀ are kept, and what a factor solves for lies in rows: then the right factor of every product in a solve
//! has contiguous columns, with which products run fast.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{MatMut, Par};
use rayon::prelude::*;

use super::cuts::{change_columns, column_panels, row_panels};
use super::product::subtract_gram;
use super::{Matrix, Triangle};
use crate::error::{Error, Purpose, Result};
use crate::invariant::pairs;
use crate::progress::Progress;

/// Columns that are factored at once, and of what lies beside them in the factor, solved for.
const PANEL: usize = 128;
/// Rows, or columns, that are solved for at once: few, so that all threads end together.
const SOLVED: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Factor {
    /// U, and below the diagonal Uᵀ.
    pub(super) square: Matrix,
}

impl Factor {
    /// Factors the symmetric matrix whose upper triangle is given; `None` where it is not positive definite.
    pub(crate) fn new(mut square: Matrix, progress: &Progress) -> Result<Option<Self>> {
        let n = square.columns();
        for first in (0..n).step_by(PANEL) {
            progress.check()?;
            let width = PANEL.min(n - first);
            let rest = square.view_mut().submatrix_mut(first, first, n - first, n - first);
            let (mut corner, mut right, _, trailing) = rest.split_at_mut(width, width);
            if !factor_corner(corner.as_mut())? {
                return Ok(None);
            }
            let lower = corner.as_ref().transpose();
            column_panels(right.as_mut(), PANEL).into_par_iter().for_each(|(_, panel)| {
                solve_lower_triangular_in_place(lower, panel, Par::Seq);
            });
            subtract_gram(trailing, right.as_ref());
        }
        // NaN and infinity are not valid pivots.
        if (0..n).any(|j| !(square[(j, j)] > 0.0 && square[(j, j)].is_finite())) {
            return Ok(None);
        }
        square.mirror(Triangle::Upper);
        Ok(Some(Self { square }))
    }

    pub(crate) fn try_clone(&self) -> Result<Self> {
        Ok(Self { square: self.square.try_clone()? })
    }

    pub(crate) fn size(&self) -> usize {
        self.square.columns()
    }

    /// `U_ij` of the upper triangle.
    pub(crate) fn upper(&self, i: usize, j: usize) -> f64 {
        self.square[(i, j)]
    }

    /// The smallest square on the diagonal: how near the columns are to being dependent, the last on those
    /// before it.
    pub(crate) fn smallest_pivot(&self) -> f64 {
        let pivots = (0..self.size()).map(|j| self.square[(j, j)].powi(2));
        pivots.fold(f64::INFINITY, f64::min)
    }

    /// `b <- b U⁻¹`. Returns the sum of squares of every row of the result: what the rows of `b` lose to the
    /// span, as `b A⁻¹ bᵀ = |b U⁻¹|²`.
    pub(crate) fn half_solve(&self, b: &mut Matrix, progress: &Progress) -> Result<Vec<f64>> {
        let lower = self.square.view().transpose();
        let panels = row_panels(b.view_mut(), SOLVED).into_par_iter();
        let squares: Result<Vec<Vec<f64>>> = panels
            .map(|(_, mut panel)| {
                progress.check()?;
                solve_lower_triangular_in_place(lower, panel.as_mut().transpose_mut(), Par::Seq);
                Ok(row_squares(panel))
            })
            .collect();
        Ok(squares?.concat())
    }

    /// `b <- b U⁻ᵀ`: after [`Factor::half_solve`], `b A⁻¹`.
    pub(crate) fn finish_solve(&self, b: &mut Matrix, progress: &Progress) -> Result<()> {
        let upper = self.square.view().transpose();
        row_panels(b.view_mut(), SOLVED).into_par_iter().try_for_each(|(_, panel)| {
            progress.check()?;
            solve_upper_triangular_in_place(upper, panel.transpose_mut(), Par::Seq);
            Ok(())
        })
    }
}

/// `b <- L⁻¹ b`, with L the first rows and columns of `lower`, as many as `b` has rows. `fill` writes each column
/// of `b` before.
pub(crate) fn fill_and_solve(
    lower: &Matrix,
    b: &mut Matrix,
    fill: impl Fn(usize, &mut [f64]) + Sync,
) {
    let lower = lower.view().submatrix(0, 0, b.rows(), b.rows());
    column_panels(b.view_mut(), SOLVED).into_par_iter().for_each(|(first, mut panel)| {
        change_columns(panel.as_mut(), |j, column| fill(first + j, column));
        solve_lower_triangular_in_place(lower, panel, Par::Seq);
    });
}

fn row_squares(mut panel: MatMut<'_, f64>) -> Vec<f64> {
    let mut squares = vec![0.0; panel.nrows()];
    change_columns(panel.as_mut(), |_, column| {
        for (square, value) in pairs(&mut squares, column) {
            *square += *value * *value;
        }
    });
    squares
}

/// Factors one block in place: its lower triangle in the transposed view is the upper one here.
fn factor_corner(corner: MatMut<'_, f64>) -> Result<bool> {
    let size = corner.nrows();
    let scratch = cholesky_in_place_scratch::<f64>(size, Par::Seq, faer::Spec::default());
    let mut buffer = MemBuffer::try_new(scratch).map_err(|_| Error::OutOfMemory {
        purpose: Purpose::Solver,
        bytes: scratch.unaligned_bytes_required() as u64,
        available: None,
    })?;
    let factored = cholesky_in_place(
        corner.transpose_mut(),
        faer::linalg::cholesky::llt::factor::LltRegularization::default(),
        Par::Seq,
        MemStack::new(&mut buffer),
        faer::Spec::default(),
    );
    Ok(factored.is_ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_and_a_triangular_solve_are_undone_by_products() {
        for size in [1, 2, 63, 64, 65, 150] {
            let matrix = Matrix::symmetric(size, |j| {
                move |i| {
                    if i == j { 2.0 } else { ((i * 7 + j * 13) % 11) as f64 / (10 * size) as f64 }
                }
            })
            .unwrap();
            let inverse = Factor::new(matrix.try_clone().unwrap(), &Progress::default());
            let inverse = inverse.unwrap().unwrap();
            let inverse = inverse.inverse(&Progress::default()).unwrap();
            let (rows, columns) = (size.div_ceil(2), size + 3);
            let filled = |i: usize, j: usize| ((i * 3 + j * 5) % 7) as f64;
            let mut solved = Matrix::zeros(rows, columns).unwrap();
            fill_and_solve(&matrix, &mut solved, |j, column| {
                column.iter_mut().enumerate().for_each(|(i, value)| *value = filled(i, j));
            });
            for i in 0..size {
                for j in 0..size {
                    let sum = (0..size).map(|k| matrix[(i, k)] * inverse[(k.min(j), k.max(j))]);
                    let wanted = f64::from(u8::from(i == j));
                    assert!((sum.sum::<f64>() - wanted).abs() < 1e-12, "{size}: {i}, {j}");
                }
            }
            for i in 0..rows {
                for j in 0..columns {
                    let sum: f64 = (0..=i).map(|k| matrix[(i, k)] * solved[(k, j)]).sum();
                    assert!((sum - filled(i, j)).abs() < 1e-12, "{size}: {i}, {j}");
                }
            }
        }
    }
}
