//! Matrix products, cut into tiles.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, ColRef, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::Matrix;
use super::cuts::{change_columns, column, column_panels, row_panels};

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

/// `upper(c) -= zᵀ z` of the first rows and columns of c, as many as `z` has columns. `prepare` has changed every
/// column before, while it is at hand. What lies below the diagonal is of no account.
pub(crate) fn subtract_upper_gram(
    c: &mut Matrix,
    z: &Matrix,
    prepare: impl Fn(usize, &mut [f64], SourceColumns<'_>) + Sync,
) {
    let z = z.view();
    for_each_panel(c, z.ncols(), prepare, |first, panel| {
        let (above, rest) = panel.split_at_row_mut(first);
        let corner = rest.subrows_mut(0, above.ncols());
        let (others, right) = z.subcols(0, first + above.ncols()).split_at_col(first);
        let (upper, full) = (BlockStructure::TriangularUpper, BlockStructure::Rectangular);
        matmul(above, Accum::Add, others.transpose(), right, -1.0, Par::Seq);
        let left = right.transpose();
        triangular::matmul(corner, upper, Accum::Add, left, full, right, full, -1.0, Par::Seq);
    });
}

/// `c -= a z` of the first rows and columns of c, with as many first columns of `a` as `z` has rows. `prepare` has
/// changed every column before.
pub(crate) fn subtract_product(
    c: &mut Matrix,
    a: &Matrix,
    z: &Matrix,
    prepare: impl Fn(usize, &mut [f64], SourceColumns<'_>) + Sync,
) {
    let (a, z) = (a.view().subcols(0, z.rows()), z.view());
    for_each_panel(c, z.ncols(), prepare, |first, panel| {
        let right = z.subcols(first, panel.ncols());
        matmul(panel.subrows_mut(0, a.nrows()), Accum::Add, a, right, -1.0, Par::Seq);
    });
}

/// The columns behind those that are changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourceColumns<'m> {
    columns: MatRef<'m, f64>,
    first: usize,
}

impl<'m> SourceColumns<'m> {
    pub(crate) fn column(self, j: usize) -> &'m [f64] {
        column(self.columns, j - self.first)
    }
}

fn for_each_panel(
    c: &mut Matrix,
    count: usize,
    prepare: impl Fn(usize, &mut [f64], SourceColumns<'_>) + Sync,
    subtract: impl Fn(usize, MatMut<'_, f64>) + Sync,
) {
    let (changed, sources) = c.view_mut().split_at_col_mut(count);
    let sources = SourceColumns { columns: sources.as_ref(), first: count };
    let panels = column_panels(changed, even_share(count));
    panels.into_par_iter().with_max_len(1).for_each(|(first, mut panel)| {
        change_columns(panel.as_mut(), |j, column| prepare(first + j, column, sources));
        subtract(first, panel);
    });
}

/// The width of an even number of panels of this many columns, as wide as each other up to a register block
/// (4 columns). So two threads end together, whereas nine panels would leave one thread alone with the ninth. There are
/// at least four, because the panels of a triangle differ in height.
fn even_share(columns: usize) -> usize {
    let panels = columns.div_ceil(TILE / 2).next_multiple_of(2).max(4);
    columns.div_ceil(panels).next_multiple_of(4)
}

/// Subtracts from a column those before it, as many of each as there are `factors`.
pub(crate) fn subtract_columns_before(matrix: &mut Matrix, j: usize, factors: &[f64]) {
    let (before, rest) = matrix.view_mut().split_at_col_mut(j);
    let (column, factors) = (rest.subcols_mut(0, 1), ColRef::from_slice(factors).as_mat());
    matmul(column, Accum::Add, before.as_ref(), factors, -1.0, Par::Seq);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Whole numbers, whose products are exact.
    fn numbers(rows: usize, columns: usize) -> Matrix {
        Matrix::from_columns(rows, columns, |j, values| {
            values.extend((0..rows).map(|i| ((i * 7 + j * 13) % 11) as f64 - 5.0));
        })
        .unwrap()
    }

    #[test]
    fn columns_are_prepared_and_what_is_subtracted_is_the_product() {
        for (size, more, depth) in [(1, 1, 1), (5, 0, 3), (121, 7, 64), (263, 64, 2), (9, 3, 0)] {
            let before = numbers(size + more, size + more);
            let (z, a) = (numbers(depth, size), numbers(size, depth + 2));
            let source = |j: usize| if j < more { size + j } else { j };
            let prepare = |j: usize, column: &mut [f64], sources: SourceColumns<'_>| {
                if source(j) != j {
                    column.copy_from_slice(sources.column(source(j)));
                }
            };
            let [mut square, mut whole] = [(), ()].map(|()| before.try_clone().unwrap());
            subtract_upper_gram(&mut square, &z, prepare);
            subtract_product(&mut whole, &a, &z, prepare);
            for j in 0..size {
                let prepared = before.column(source(j));
                for i in 0..size {
                    let dot = |other: &dyn Fn(usize) -> f64| -> f64 {
                        (0..depth).map(|k| other(k) * z[(k, j)]).sum()
                    };
                    let wanted = prepared[i] - dot(&|k| a[(i, k)]);
                    assert!((whole[(i, j)] - wanted).abs() < 0.5, "{i}, {j}");
                    let wanted = prepared[i] - dot(&|k| z[(k, i)]);
                    assert!(i > j || (square[(i, j)] - wanted).abs() < 0.5, "{i}, {j}");
                }
                assert_eq!(whole.column(j)[size..], prepared[size..]);
                assert_eq!(square.column(j)[size..], prepared[size..]);
            }
        }
    }
}
