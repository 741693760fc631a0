//! Matrix products, cut into tiles.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, ColRef, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::Matrix;

/// Side of a tile: large enough for the full rate, small enough to share among threads, and a multiple of
/// the products' register blocks (48 rows with AVX-512, 24 with AVX2).
const TILE: usize = 240;

/// `upper(c) -= zᵀ z`. What lies below the diagonal is left alone.
pub(super) fn subtract_gram(c: MatMut<'_, f64>, z: MatRef<'_, f64>) {
    let mut tiles = Vec::new();
    for (col, panel) in column_panels(c, TILE) {
        for (row, tile) in row_panels(panel, TILE) {
            if row <= col {
                tiles.push((row, col, tile));
            }
        }
    }
    tiles.into_par_iter().for_each(|(row, col, tile)| {
        let left = z.subcols(row, tile.nrows()).transpose();
        let right = z.subcols(col, tile.ncols());
        if row == col {
            let (upper, full) = (BlockStructure::TriangularUpper, BlockStructure::Rectangular);
            triangular::matmul(tile, upper, Accum::Add, left, full, right, full, -1.0, Par::Seq);
        } else {
            matmul(tile, Accum::Add, left, right, -1.0, Par::Seq);
        }
    });
}

/// `c -= a bᵀ` with the first `depth` columns of `a`, where b is its first rows, as many as `c` has columns.
pub(crate) fn subtract_product(c: &mut Matrix, a: &Matrix, depth: usize) {
    let a = a.view().subcols(0, depth);
    let width = even_share(c.columns());
    column_panels(c.view_mut(), width).into_par_iter().with_max_len(1).for_each(
        |(first, panel)| {
            let b = a.subrows(first, panel.ncols()).transpose();
            matmul(panel, Accum::Add, a, b, -1.0, Par::Seq);
        },
    );
}

/// The width of an even number of panels of this many columns, as wide as each other up to a register block
/// (4 columns): two threads end together, where nine panels would leave one of them with a ninth to itself.
fn even_share(columns: usize) -> usize {
    let panels = columns.div_ceil(TILE / 2).next_multiple_of(2).max(2);
    columns.div_ceil(panels).next_multiple_of(4)
}

/// `a b`, of the named rows of `a`.
pub(crate) fn product(a: &Matrix, rows: Range<usize>, b: &Matrix) -> Matrix {
    let mut c = Matrix::zeros(rows.len(), b.columns());
    let (a, b) = (a.view().subrows(rows.start, rows.len()), b.view());
    column_panels(c.view_mut(), TILE / 2).into_par_iter().for_each(|(col, panel)| {
        let width = panel.ncols();
        matmul(panel, Accum::Replace, a, b.subcols(col, width), 1.0, Par::Seq);
    });
    c
}

/// `c -= aᵀ bᵀ`, with as many columns of `b` as `a` has rows.
pub(crate) fn subtract_transposed_product(c: &mut Matrix, a: &Matrix, b: &Matrix) {
    let (a, b) = (a.view().transpose(), b.view().subcols(0, a.rows()).transpose());
    matmul(c.view_mut(), Accum::Add, a, b, -1.0, Par::Seq);
}

/// Subtracts from a column those before it, as many of each as there are `factors`.
pub(crate) fn subtract_columns_before(matrix: &mut Matrix, j: usize, factors: &[f64]) {
    let (before, rest) = matrix.view_mut().split_at_col_mut(j);
    let (column, factors) = (rest.subcols_mut(0, 1), ColRef::from_slice(factors).as_mat());
    matmul(column, Accum::Add, before.as_ref(), factors, -1.0, Par::Seq);
}

/// Cuts a matrix into panels of `width` columns, each with its first column.
pub(super) fn column_panels(
    matrix: MatMut<'_, f64>,
    width: usize,
) -> Vec<(usize, MatMut<'_, f64>)> {
    let mut panels = Vec::new();
    let (mut rest, mut first) = (matrix, 0);
    while rest.ncols() > 0 {
        let width = width.min(rest.ncols());
        let (panel, tail) = rest.split_at_col_mut(width);
        let next = first + panel.ncols();
        panels.push((first, panel));
        (rest, first) = (tail, next);
    }
    panels
}

/// Cuts a matrix into panels of `height` rows, each with its first row.
pub(super) fn row_panels(matrix: MatMut<'_, f64>, height: usize) -> Vec<(usize, MatMut<'_, f64>)> {
    let panels = column_panels(matrix.transpose_mut(), height);
    panels.into_iter().map(|(first, panel)| (first, panel.transpose_mut())).collect()
}
