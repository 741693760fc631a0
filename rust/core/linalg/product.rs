//! Matrix products, cut into tiles.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, ColMut, ColRef, MatMut, MatRef, Par};
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

/// `lower(c) -= zᵀ z` of the first rows of c, once `prepare` has changed every column: both while it is at
/// hand. What lies above the diagonal is of no account.
pub(crate) fn subtract_lower_gram(c: &mut Matrix, z: &Matrix, prepare: impl Fn(&mut [f64]) + Sync) {
    let z = z.view();
    for_each_panel(c, prepare, |first, panel| {
        let width = panel.ncols();
        let lower = panel.subrows_mut(first, z.ncols() - first);
        let (corner, below) = lower.split_at_row_mut(width);
        let (right, others) = z.split_at_col(first).1.split_at_col(width);
        let (lower, full) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
        let left = right.transpose();
        triangular::matmul(corner, lower, Accum::Add, left, full, right, full, -1.0, Par::Seq);
        matmul(below, Accum::Add, others.transpose(), right, -1.0, Par::Seq);
    });
}

/// `c -= a z` of the first rows of c, with as many first columns of `a` as `z` has rows, once `prepare` has
/// changed every column.
pub(crate) fn subtract_product(
    c: &mut Matrix,
    a: &Matrix,
    z: &Matrix,
    prepare: impl Fn(&mut [f64]) + Sync,
) {
    let (a, z) = (a.view().subcols(0, z.rows()), z.view());
    for_each_panel(c, prepare, |first, panel| {
        let right = z.subcols(first, panel.ncols());
        matmul(panel.subrows_mut(0, a.nrows()), Accum::Add, a, right, -1.0, Par::Seq);
    });
}

fn for_each_panel(
    c: &mut Matrix,
    prepare: impl Fn(&mut [f64]) + Sync,
    subtract: impl Fn(usize, MatMut<'_, f64>) + Sync,
) {
    let width = even_share(c.columns());
    let panels = column_panels(c.view_mut(), width);
    panels.into_par_iter().with_max_len(1).for_each(|(first, mut panel)| {
        change_columns(panel.as_mut(), |_, column| prepare(column));
        subtract(first, panel);
    });
}

/// Hands every column of a panel to `change`, with its place in the panel.
pub(super) fn change_columns(panel: MatMut<'_, f64>, mut change: impl FnMut(usize, &mut [f64])) {
    for (j, column) in panel.col_iter_mut().enumerate() {
        let column = column.try_as_col_major_mut().map(ColMut::as_slice_mut);
        debug_assert!(column.is_some(), "columns of a matrix are contiguous");
        if let Some(column) = column {
            change(j, column);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole numbers, whose products are exact.
    fn numbers(rows: usize, columns: usize) -> Matrix {
        Matrix::from_columns(rows, columns, |j, values| {
            values.extend((0..rows).map(|i| ((i * 7 + j * 13) % 11) as f64 - 5.0));
        })
    }

    #[test]
    fn columns_are_prepared_and_what_is_subtracted_is_the_product() {
        let swap = |column: &mut [f64]| {
            let last = column.len() - 1;
            column.swap(0, last);
        };
        for (columns, below, depth) in [(1, 1, 1), (5, 0, 3), (121, 7, 64), (263, 64, 2), (9, 3, 0)]
        {
            let (before, z) = (numbers(columns + below, columns), numbers(depth, columns));
            let a = numbers(columns, depth + 2);
            let (mut square, mut whole) = (before.clone(), before.clone());
            subtract_lower_gram(&mut square, &z, swap);
            subtract_product(&mut whole, &a, &z, swap);
            for j in 0..columns {
                let mut prepared = before.column(j).to_vec();
                swap(&mut prepared);
                for i in 0..columns {
                    let dot = |other: &dyn Fn(usize) -> f64| -> f64 {
                        (0..depth).map(|k| other(k) * z[(k, j)]).sum()
                    };
                    let wanted = prepared[i] - dot(&|k| a[(i, k)]);
                    assert_eq!(whole[(i, j)].to_bits(), (wanted + 0.0).to_bits(), "{i}, {j}");
                    let wanted = prepared[i] - dot(&|k| z[(k, i)]);
                    assert!(i < j || (square[(i, j)] - wanted).abs() < 0.5, "{i}, {j}");
                }
                assert_eq!(whole.column(j)[columns..], prepared[columns..]);
                assert_eq!(square.column(j)[columns..], prepared[columns..]);
            }
        }
    }
}
