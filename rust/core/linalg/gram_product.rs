//! Products of blocks of rows, tile by tile: `c += zᵀ z` and `c += aᵀ b`.
//!
//! After an interruption some tiles have been added and others not.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::cuts::{column_panels, row_panels};
use super::lower_triangle::{LowerTriangle, PANEL};
use super::matrix::{Matrix, Part};
use crate::error::Result;
use crate::progress::Progress;

/// Rows of a tile, whose columns of the left factor are packed by the product: few.
const HEIGHT: usize = 96;
/// Columns of a tile, whose columns of the right factor are read as they lie: many.
const WIDTH: usize = PANEL;

/// A part of `c`, with its first row and column.
type Tile<'c> = (usize, usize, MatMut<'c, f64>);

/// `c += zᵀ z`, of as many rows and columns from the first named on as `z` has columns.
pub(crate) fn add_gram(
    c: &mut LowerTriangle,
    first: usize,
    Part(z): Part<'_>,
    progress: &Progress,
) -> Result<()> {
    let all = first..first + z.ncols();
    each_tile(c.pieces_mut(all.clone(), all, HEIGHT), progress, |(row, column, tile)| {
        let left = z.subcols(row - first, tile.nrows());
        let right = z.subcols(column - first, tile.ncols());
        if row == column {
            let (lower, full) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
            let left = left.transpose();
            triangular::matmul(tile, lower, Accum::Add, left, full, right, full, 1.0, Par::Seq);
        } else {
            add_tile(tile, left, right);
        }
    })
}

/// `c += aᵀ b`, of as many rows from the first named on as `a` has columns, and as many columns from the first named on as
/// `b` has: all of them below the diagonal.
pub(crate) fn add_product_below(
    c: &mut LowerTriangle,
    (first_row, first_column): (usize, usize),
    Part(a): Part<'_>,
    Part(b): Part<'_>,
    progress: &Progress,
) -> Result<()> {
    let rows = first_row..first_row + a.ncols();
    let columns = first_column..first_column + b.ncols();
    debug_assert!(rows.start >= columns.end, "below the diagonal");
    each_tile(c.pieces_mut(rows, columns, HEIGHT), progress, |(row, column, tile)| {
        let left = a.subcols(row - first_row, tile.nrows());
        let right = b.subcols(column - first_column, tile.ncols());
        add_tile(tile, left, right);
    })
}

/// `c += aᵀ b`, of as many columns of `a` and of `b` as `c` has rows and columns.
pub(crate) fn add_product(
    c: &mut Matrix,
    a: Part<'_>,
    b: Part<'_>,
    progress: &Progress,
) -> Result<()> {
    add_product_at(c, (0, 0), a, b, progress)
}

/// The same for the part of `c` from a row and a column on, of as many as `a` and `b` have columns.
pub(crate) fn add_product_at(
    c: &mut Matrix,
    (first_row, first_column): (usize, usize),
    Part(a): Part<'_>,
    Part(b): Part<'_>,
    progress: &Progress,
) -> Result<()> {
    let c = c.view_mut().submatrix_mut(first_row, first_column, a.ncols(), b.ncols());
    let mut tiles = Vec::new();
    for (row, panel) in row_panels(c, HEIGHT) {
        for (column, tile) in column_panels(panel, WIDTH) {
            tiles.push((row, column, tile));
        }
    }
    each_tile(tiles, progress, |(row, column, tile)| {
        let (left, right) = (a.subcols(row, tile.nrows()), b.subcols(column, tile.ncols()));
        add_tile(tile, left, right);
    })
}

/// Distributes tiles one by one: a thread that has finished takes the next, and need not wait for another's share.
fn each_tile<'c>(
    tiles: Vec<Tile<'c>>,
    progress: &Progress,
    work: impl Fn(Tile<'c>) + Sync,
) -> Result<()> {
    tiles.into_par_iter().with_max_len(1).try_for_each(|tile| {
        progress.check()?;
        work(tile);
        Ok(())
    })
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
    fn the_named_square_is_the_gram_and_the_rest_stays() {
        for (rows, columns) in
            [(9, 0), (1, 1), (17, HEIGHT), (5, HEIGHT + 1), (480, 77), (9, WIDTH + 2 * HEIGHT + 7)]
        {
            let z = block(rows, columns);
            for first in [0, 3, WIDTH - 5] {
                let size = first + columns + 2;
                let mut c =
                    LowerTriangle::from_columns(size, |_, column| column.fill(1.0)).unwrap();
                add_gram(&mut c, first, z.part(0..rows, 0..columns), &Progress::default()).unwrap();
                let inside = first..first + columns;
                for j in 0..size {
                    for i in j..size {
                        let is_inside = inside.contains(&i) && inside.contains(&j);
                        let product = |row| value(row, i - first) * value(row, j - first);
                        let sum = if is_inside { (0..rows).map(product).sum() } else { 0.0 };
                        assert!(
                            (c[(i, j)] - 1.0 - sum).abs() < 0.5,
                            "{rows} x {columns}: {i}, {j}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_product_of_parts_is_whole() {
        for (above, beside) in [(1, WIDTH + 77), (HEIGHT + 1, 5), (2 * HEIGHT, WIDTH + 1)] {
            let (a, b) = (block(12, above + 2), block(9, beside + 3));
            let mut c = Matrix::zeros(above, beside).unwrap();
            let (a, b) = (a.part(3..12, 2..above + 2), b.part(0..9, 0..beside));
            add_product(&mut c, a, b, &Progress::default()).unwrap();
            let mut below = LowerTriangle::zeros(3 + beside + above).unwrap();
            let first = (3 + beside, 3);
            add_product_below(&mut below, first, a, b, &Progress::default()).unwrap();
            for j in 0..beside {
                for i in 0..above {
                    let sum: f64 = (0..9).map(|row| value(row + 3, i + 2) * value(row, j)).sum();
                    assert!((c[(i, j)] - sum).abs() < 0.5, "{above} x {beside}: {i}, {j}");
                    assert!((below[(3 + beside + i, 3 + j)] - sum).abs() < 0.5, "{i}, {j}");
                }
            }
        }
    }
}
