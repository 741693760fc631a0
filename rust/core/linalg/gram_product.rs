//! Products of blocks of rows, tile by tile: `c += zᵀ z` and `c += aᵀ b`.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::cuts::{column_panels, row_panels};
use super::matrix::{Matrix, Part};

/// Rows of a tile, whose columns of the left factor are packed by the product: few.
const HEIGHT: usize = 96;
/// Columns of a tile, whose columns of the right factor are read as they lie: many.
const WIDTH: usize = 1024;

/// `lower(c) += zᵀ z`, with as many columns of `z` as `c` has. What lies above the diagonal is left alone.
pub(crate) fn add_gram(c: &mut Matrix, Part(z): Part<'_>) {
    let mut tiles = Vec::new();
    for (row, panel) in row_panels(c.view_mut(), HEIGHT) {
        let height = panel.nrows();
        let (left, rest) = panel.split_at_col_mut(row);
        for (column, tile) in column_panels(left, WIDTH) {
            tiles.push((row, column, tile));
        }
        tiles.push((row, row, rest.subcols_mut(0, height)));
    }
    // One by one: a thread that is done takes the next, where it would wait for another's share.
    tiles.into_par_iter().with_max_len(1).for_each(|(row, column, tile)| {
        let (left, right) = (z.subcols(row, tile.nrows()), z.subcols(column, tile.ncols()));
        if row == column {
            let (lower, full) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
            let left = left.transpose();
            triangular::matmul(tile, lower, Accum::Add, left, full, right, full, 1.0, Par::Seq);
        } else {
            add_tile(tile, left, right);
        }
    });
}

/// `c += aᵀ b`, of as many columns of `a` and of `b` as `c` has rows and columns.
pub(crate) fn add_product(c: &mut Matrix, a: Part<'_>, b: Part<'_>) {
    add_product_at(c, 0, 0, a, b);
}

/// The same for the part of `c` from a row and a column on, of as many as `a` and `b` have columns.
pub(crate) fn add_product_at(
    c: &mut Matrix,
    first_row: usize,
    first_column: usize,
    Part(a): Part<'_>,
    Part(b): Part<'_>,
) {
    let c = c.view_mut().submatrix_mut(first_row, first_column, a.ncols(), b.ncols());
    let mut tiles = Vec::new();
    for (row, panel) in row_panels(c, HEIGHT) {
        for (column, tile) in column_panels(panel, WIDTH) {
            tiles.push((row, column, tile));
        }
    }
    tiles.into_par_iter().with_max_len(1).for_each(|(row, column, tile)| {
        let (left, right) = (a.subcols(row, tile.nrows()), b.subcols(column, tile.ncols()));
        add_tile(tile, left, right);
    });
}

fn add_tile(tile: MatMut<'_, f64>, left: MatRef<'_, f64>, right: MatRef<'_, f64>) {
    matmul(tile, Accum::Add, left.transpose(), right, 1.0, Par::Seq);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Whole numbers, whose products are exact.
    fn value(row: usize, column: usize) -> f64 {
        ((row * 7 + column * 13) % 11) as f64 - 5.0
    }

    fn block(rows: usize, columns: usize) -> Matrix {
        Matrix::from_columns(rows, columns, |j, values| {
            values.extend((0..rows).map(|i| value(i, j)));
        })
        .unwrap()
    }

    #[test]
    fn the_lower_triangle_is_the_gram_and_the_rest_stays() {
        for (rows, columns) in
            [(9, 0), (1, 1), (17, HEIGHT), (5, HEIGHT + 1), (480, 77), (9, WIDTH + 2 * HEIGHT + 7)]
        {
            let z = block(rows, columns);
            let mut c = Matrix::from_columns(columns, columns, |_, values| {
                values.resize(values.len() + columns, 1.0);
            })
            .unwrap();
            add_gram(&mut c, z.part(0..rows, 0..columns));
            for j in 0..columns {
                for i in 0..columns {
                    let sum: f64 = (0..rows).map(|row| value(row, i) * value(row, j)).sum();
                    let wanted = if i >= j { 1.0 + sum } else { 1.0 };
                    assert!((c[(i, j)] - wanted).abs() < 0.5, "{rows} x {columns}: {i}, {j}");
                }
            }
        }
    }

    #[test]
    fn a_product_of_parts_is_whole() {
        for (above, beside) in [(1, WIDTH + 77), (HEIGHT + 1, 5), (2 * HEIGHT, WIDTH + 1)] {
            let (a, b) = (block(12, above + 2), block(9, beside + 3));
            let mut c = Matrix::zeros(above, beside).unwrap();
            add_product(&mut c, a.part(3..12, 2..above + 2), b.part(0..9, 0..beside));
            for j in 0..beside {
                for i in 0..above {
                    let sum: f64 = (0..9).map(|row| value(row + 3, i + 2) * value(row, j)).sum();
                    assert!((c[(i, j)] - sum).abs() < 0.5, "{above} x {beside}: {i}, {j}");
                }
            }
        }
    }
}
