//! Rows of samples as the product reads them, and the product, tile by tile: `c += zᵀ z`.
//!
//! Columns lie in panels as wide as a few vector registers, row after row. A panel is both factors of the
//! product: read as vectors on the left, value by value on the right. So samples are packed once, as they
//! are loaded, where a general product would pack both factors anew for every tile. (With AVX2 the few columns
//! on the right lie across panels, and are put together for every tile.)

mod tile;

use std::ops::Range;

use pulp::Arch;
use rayon::iter::IndexedParallelIterator;
use rayon::prelude::*;

use super::product::{column_panels, row_panels};
use super::{LINE, Matrix};
use crate::error::{Purpose, Result};
use crate::memory;
use tile::{AddTile, Shaped};

/// A block of rows, columns in panels; lanes beyond the last column are zero.
pub(crate) struct Panels {
    values: Vec<f64>,
    /// Where the first cache line begins.
    start: usize,
    count: usize,
    rows: usize,
    width: usize,
}

impl Panels {
    pub(crate) fn zeros(rows: usize, columns: usize) -> Result<Self> {
        Self::of_width(Arch::new().dispatch(Shaped).width, rows, columns)
    }

    pub(crate) fn of_width(width: usize, rows: usize, columns: usize) -> Result<Self> {
        let count = columns.div_ceil(width);
        let size = count.saturating_mul(width).saturating_mul(rows).saturating_add(LINE);
        let values = memory::zeros(size, Purpose::Rows)?;
        let start = values.as_ptr().align_offset(LINE * size_of::<f64>()).min(LINE);
        Ok(Self { values, start, count, rows, width })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of a panel.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// How many panels there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Shares of so many panels, the last of fewer. A panel is `rows` times `width` values.
    pub(crate) fn shares_mut(
        &mut self,
        panels: usize,
    ) -> impl IndexedParallelIterator<Item = &mut [f64]> {
        let size = self.rows * self.width;
        self.values[self.start..][..self.count * size].par_chunks_mut((panels * size).max(1))
    }

    /// The panel beside another, or the last itself.
    fn after(&self, panel: usize) -> usize {
        (panel + 1).min(self.count - 1)
    }

    /// Rows of a panel of this width.
    fn rows_of<const WIDTH: usize>(&self, panel: usize, rows: Range<usize>) -> &[[f64; WIDTH]] {
        debug_assert_eq!(self.width, WIDTH);
        let panel = &self.values[self.start + panel * self.rows * WIDTH..];
        &panel.as_chunks().0[rows]
    }
}

/// `lower(c) += zᵀ z`, with as many columns of `z` as `c` has. What lies above the diagonal is left alone.
pub(crate) fn add_gram(c: &mut Matrix, z: &Panels) {
    add_tiles(c, z, z, true);
}

/// `c += aᵀ b`, of as many columns of `a` and of `b` as `c` has rows and columns.
pub(crate) fn add_product(c: &mut Matrix, a: &Panels, b: &Panels) {
    debug_assert_eq!(a.rows, b.rows);
    add_tiles(c, a, b, false);
}

fn add_tiles(c: &mut Matrix, left: &Panels, right: &Panels, lower: bool) {
    let arch = Arch::new();
    let shape = arch.dispatch(Shaped);
    let (height, width) = (shape.height, shape.across(c.columns()));
    let mut tiles = Vec::new();
    for (column, panel) in column_panels(c.view_mut(), width) {
        for (row, tile) in row_panels(panel, height) {
            if row + height > column || !lower {
                tiles.push((row, column, tile));
            }
        }
    }
    // One by one: a thread that is done takes the next, where it would wait for another's share.
    tiles.into_par_iter().with_max_len(1).for_each(|(row, column, tile)| {
        arch.dispatch(AddTile { c: tile, row, column, left, right, lower });
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use pulp::Simd;

    use super::*;

    /// Whole numbers, whose products are exact.
    fn value(row: usize, column: usize) -> f64 {
        ((row * 7 + column * 13) % 11) as f64 - 5.0
    }

    fn ones(rows: usize, columns: usize) -> Matrix {
        Matrix::from_columns(rows, columns, |_, values| values.resize(values.len() + rows, 1.0))
            .unwrap()
    }

    fn panels(width: usize, rows: usize, columns: usize) -> Panels {
        let mut panels = Panels::of_width(width, rows, columns).unwrap();
        panels.shares_mut(1).enumerate().for_each(|(index, panel)| {
            for (at, out) in panel.iter_mut().enumerate() {
                let column = index * width + at % width;
                if column < columns {
                    *out = value(at / width, column);
                }
            }
        });
        panels
    }

    /// One tile, from a row and a column on, with the vectors of one kind of processor.
    fn check<S: Simd>(simd: S) {
        let shape = simd.vectorize(Shaped);
        let (width, high, wide) = (shape.width, shape.height, shape.across(1));
        let whole = high + wide + width + 1;
        for (rows, columns, row, column) in [
            (1, 1, 0, 0),
            (3, 2, 0, 0),
            (17, width, 0, 0),
            (5, 2 * width + 1, width, 0),
            (500, 240, 0, 0),
            // Partly above the diagonal.
            (7, whole, wide - width, wide),
            (3, whole, 0, wide),
        ] {
            let z = panels(width, rows, columns);
            let mut c = ones(columns, columns);
            let place = c.view_mut().submatrix_mut(row, column, columns - row, columns - column);
            simd.vectorize(AddTile { c: place, row, column, left: &z, right: &z, lower: true });
            for j in 0..columns {
                for i in 0..columns {
                    let sum: f64 = (0..rows).map(|row| value(row, i) * value(row, j)).sum();
                    let is_added = i >= j.max(row) && j >= column;
                    let expected = if is_added { 1.0 + sum } else { 1.0 };
                    assert!((c[(i, j)] - expected).abs() < 0.5, "{rows} x {columns}: {i}, {j}");
                }
            }
        }
    }

    #[test]
    fn tiles_are_right_with_all_vectors_there_are() {
        check(pulp::Scalar::new());
        #[cfg(target_arch = "x86_64")]
        {
            let (avx2, avx512) = (pulp::x86::V3::try_new(), pulp::x86::V4::try_new());
            avx2.into_iter().for_each(check);
            avx512.into_iter().for_each(check);
        }
        #[cfg(target_arch = "aarch64")]
        pulp::aarch64::Neon::try_new().into_iter().for_each(check);
    }

    #[test]
    fn a_product_of_two_blocks_is_whole() {
        let shape = Arch::new().dispatch(Shaped);
        let (width, high, wide) = (shape.width, shape.height, shape.across(1));
        for (above, beside) in [(1, wide + 77), (high + 1, 5), (2 * high, wide + width + 1)] {
            let (a, b) = (panels(width, 9, above), panels(width, 9, beside + 3));
            let mut c = ones(above, beside);
            add_product(&mut c, &a, &b);
            for j in 0..beside {
                for i in 0..above {
                    let sum: f64 = (0..9).map(|row| value(row, i) * value(row, j)).sum();
                    assert!((c[(i, j)] - 1.0 - sum).abs() < 0.5, "{above} x {beside}: {i}, {j}");
                }
            }
        }
    }

    #[test]
    fn many_tiles_make_the_whole() {
        let shape = Arch::new().dispatch(Shaped);
        let (high, wide) = (shape.height, shape.across(1));
        // The last of them in wider tiles than the least.
        for columns in [0, 1, wide - 1, wide + 1, 2 * high.max(wide) + 77, 33 * 48] {
            let z = panels(shape.width, 9, columns);
            let mut c = Matrix::zeros(columns, columns).unwrap();
            add_gram(&mut c, &z);
            for j in 0..columns {
                for i in 0..columns {
                    let sum: f64 = (0..9).map(|row| value(row, i) * value(row, j)).sum();
                    assert!((c[(i, j)] - if i >= j { sum } else { 0.0 }).abs() < 0.5, "{i}, {j}");
                }
            }
        }
    }
}
