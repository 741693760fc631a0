//! The inverse of a factored matrix, computed so that what deletions leave of it keeps its digits.
//!
//! `A⁻¹ = (U⁻¹)(U⁻¹)ᵀ` as a product, not column by column. A column solved for alone is the column of the inverse
//! of a matrix near A, but of another one for every column. Where columns of A are nearly dependent, as twins are,
//! these inverses differ by far more than their rounding, and once one twin is deleted, only that difference is left
//! for the other. A computed U⁻¹ belongs to *one* matrix near A, and so does its product but for its rounding: of twins
//! at a distance of 1e-5 the pivot left is right to 1e-5 then, where it was wrong by far more than itself.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::{Accum, Par};
use rayon::prelude::*;

use super::Matrix;
use super::cuts::{column_panels, row_panels};
use super::factor::Factor;
use crate::error::Result;
use crate::progress::Progress;

/// Columns of U⁻ᵀ that are solved for at once: few, so that all threads end together.
const SOLVED: usize = 64;
/// Columns of the product that are computed at once, and rows of them by one thread: a register block of the products
/// with AVX-512, two with AVX2. More would multiply more of the zeros above the diagonal.
const PANEL: usize = 48;

impl Factor {
    /// The upper triangle of `A⁻¹`. The values below the diagonal are not meaningful.
    pub(crate) fn inverse(&self, progress: &Progress) -> Result<Matrix> {
        let n = self.size();
        let mut inverse = Matrix::zeros(n, n)?;
        let panels = column_panels(inverse.view_mut(), SOLVED).into_par_iter();
        // U⁻ᵀ, below the diagonal.
        panels.try_for_each(|(first, panel)| {
            progress.check()?;
            let mut panel = panel.subrows_mut(first, n - first);
            panel.as_mut().diagonal_mut().fill(1.0);
            let trailing = self.square.view().submatrix(first, first, n - first, n - first);
            solve_lower_triangular_in_place(trailing, panel, Par::Seq);
            Ok(())
        })?;
        // Its columns, multiplied with each other, go above the diagonal: those rows are not read again.
        for first in (0..n).step_by(PANEL) {
            progress.check()?;
            let width = PANEL.min(n - first);
            let (top, mut bottom) = inverse.view_mut().split_at_row_mut(first);
            let (left, right) = bottom.as_ref().split_at_col(first);
            let right = right.subcols(0, width);
            let tiles = row_panels(top.subcols_mut(first, width), PANEL).into_par_iter();
            tiles.for_each(|(row, tile)| {
                let left = left.subcols(row, tile.nrows()).transpose();
                matmul(tile, Accum::Replace, left, right, 1.0, Par::Seq);
            });
            let mut corner = Matrix::zeros(width, width)?;
            let (upper, full) = (BlockStructure::TriangularUpper, BlockStructure::Rectangular);
            let (c, left) = (corner.view_mut(), right.transpose());
            triangular::matmul(c, upper, Accum::Replace, left, full, right, full, 1.0, Par::Seq);
            bottom.as_mut().submatrix_mut(0, first, width, width).copy_from(corner.view());
        }
        Ok(inverse)
    }
}
