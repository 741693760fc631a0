//! The lower triangle of a symmetric matrix: half of its memory.

use std::ops::{Index, IndexMut, Range};

use faer::MatMut;
use rayon::prelude::*;

use super::Matrix;
use super::cuts::row_panels;
use crate::error::{Purpose, Result};
use crate::memory;

/// Columns that are stored as one matrix, from the row of the first of them on. As many as a tile of products has, so that
/// no tile is cut.
pub(super) const PANEL: usize = 960;

/// Rows of more are not counted panel by panel: they take 2^65 bytes.
const MOST: usize = 1 << 31;

/// Panels of columns. The values above the diagonal in each panel's diagonal square are stored, but not used. With n
/// rows and columns, at most n (n + 960) / 2 values are stored.
#[derive(Debug, Default)]
pub(crate) struct LowerTriangle {
    panels: Vec<Matrix>,
    size: usize,
}

impl LowerTriangle {
    pub(crate) fn zeros(size: usize) -> Result<Self> {
        // Each panel alone may fit. What does not fit as a whole is not begun.
        memory::require(Self::bytes(size), Purpose::Solver)?;
        let panel = |range: Range<usize>| Matrix::zeros(size - range.start, range.len());
        Ok(Self { panels: panel_ranges(size).map(panel).collect::<Result<_>>()?, size })
    }

    /// Bytes that a triangle takes; the largest number there is where it has more rows than any machine has room for.
    pub(crate) fn bytes(size: usize) -> u64 {
        if size > MOST {
            return u64::MAX;
        }
        let panel = |range: Range<usize>| Matrix::bytes(size - range.start, range.len());
        panel_ranges(size).map(panel).fold(0, u64::saturating_add)
    }

    /// A triangle whose columns, from the diagonal on, `fill` writes.
    pub(crate) fn from_columns(
        size: usize,
        fill: impl Fn(usize, &mut [f64]) + Sync,
    ) -> Result<Self> {
        let mut triangle = Self::zeros(size)?;
        triangle.columns_mut().for_each(|(j, column)| fill(j, column));
        Ok(triangle)
    }

    pub(crate) fn try_clone(&self) -> Result<Self> {
        memory::require(Self::bytes(self.size), Purpose::Solver)?;
        let panels = self.panels.iter().map(Matrix::try_clone).collect::<Result<_>>()?;
        Ok(Self { panels, size: self.size })
    }

    /// Rows, and columns.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// A column from the diagonal on.
    pub(crate) fn column(&self, j: usize) -> &[f64] {
        &self.panels[j / PANEL].column(j % PANEL)[j % PANEL..]
    }

    /// A column from the diagonal on.
    pub(crate) fn column_mut(&mut self, j: usize) -> &mut [f64] {
        &mut self.panels[j / PANEL].column_mut(j % PANEL)[j % PANEL..]
    }

    /// Every column from the diagonal on, with its place.
    pub(crate) fn columns_mut(
        &mut self,
    ) -> impl IndexedParallelIterator<Item = (usize, &mut [f64])> {
        let mut columns: Vec<(usize, &mut [f64])> = Vec::with_capacity(self.size);
        for (panel, matrix) in self.panels.iter_mut().enumerate() {
            for (at, column) in matrix.iter_columns_mut().enumerate() {
                columns.push((panel * PANEL + at, &mut column[at..]));
            }
        }
        columns.into_par_iter()
    }

    /// The rows and columns in these ranges that lie below the diagonal or on it, cut into pieces as high as said, each
    /// with its first row and column: a piece on the diagonal is square, and what lies above it is of no account.
    pub(super) fn pieces_mut(
        &mut self,
        rows: Range<usize>,
        columns: Range<usize>,
        height: usize,
    ) -> Vec<(usize, usize, MatMut<'_, f64>)> {
        let mut pieces = Vec::new();
        for (range, matrix) in panel_ranges(self.size).zip(&mut self.panels) {
            let (first, end) = (range.start.max(columns.start), range.end.min(columns.end));
            let top = rows.start.max(first);
            if first >= end || top >= rows.end {
                continue;
            }
            let (above, beside) = (top - range.start, first - range.start);
            let part = matrix.view_mut();
            let part = part.submatrix_mut(above, beside, rows.end - top, end - first);
            // Down to the last column's row they meet the diagonal.
            let corner = end.saturating_sub(top).min(rows.end - top);
            let (beside, below) = part.split_at_row_mut(corner);
            for (at, piece) in row_panels(beside, height) {
                let (row, height) = (top + at, piece.nrows());
                let (left, rest) = piece.split_at_col_mut(row - first);
                if row > first {
                    pieces.push((row, first, left));
                }
                pieces.push((row, row, rest.subcols_mut(0, height)));
            }
            for (at, piece) in row_panels(below, height) {
                pieces.push((top + corner + at, first, piece));
            }
        }
        pieces
    }
}

/// The columns of every panel.
fn panel_ranges(size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..size).step_by(PANEL).map(move |first| first..size.min(first + PANEL))
}

/// A row and a column, swapped where needed so that the row is not before the column.
impl Index<(usize, usize)> for LowerTriangle {
    type Output = f64;

    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        &self.column(j)[i - j]
    }
}

impl IndexMut<(usize, usize)> for LowerTriangle {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        &mut self.column_mut(j)[i - j]
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn number(size: usize, i: usize, j: usize) -> f64 {
        (j * size + i) as f64
    }

    fn numbered(size: usize) -> LowerTriangle {
        LowerTriangle::from_columns(size, |j, column| {
            for (i, value) in (j..).zip(column) {
                *value = number(size, i, j);
            }
        })
        .unwrap()
    }

    #[test]
    fn every_value_on_and_below_the_diagonal_is_there() {
        for size in [0, 1, 2, PANEL - 1, PANEL, PANEL + 1, 2 * PANEL + 7] {
            let triangle = numbered(size);
            for j in 0..size {
                assert_eq!(triangle.column(j).len(), size - j);
                let near = [j, (j + 1).min(size - 1), size - 1];
                assert!(
                    near.iter()
                        .all(|&i| triangle[(i, j)].to_bits() == number(size, i, j).to_bits())
                );
            }
            assert!(LowerTriangle::bytes(size) >= (size * (size + 1) / 2 * 8) as u64);
        }
        assert!(LowerTriangle::bytes(16_384) < 16_384 * 16_384 * 8 * 54 / 100);
    }

    #[test]
    fn pieces_cover_what_lies_below_the_diagonal_once() {
        let size = PANEL + 200;
        let ranges = [
            (0..size, 0..size),
            (0..300, 0..300),
            (900..1100, 900..1100),
            (700..size, 10..600),
            (1000..1160, 900..990),
            (5..5, 3..4),
        ];
        for (rows, columns) in ranges {
            let mut triangle = LowerTriangle::zeros(size).unwrap();
            for (row, column, mut piece) in triangle.pieces_mut(rows.clone(), columns.clone(), 96) {
                assert!(row >= column + piece.ncols() || row == column);
                for j in 0..piece.ncols() {
                    let above = if row == column { j } else { 0 };
                    (above..piece.nrows()).for_each(|i| piece[(i, j)] += 1.0);
                }
            }
            for j in 0..size {
                for i in j..size {
                    let inside = rows.contains(&i) && columns.contains(&j);
                    let wanted = f64::from(u8::from(inside));
                    assert_eq!(triangle[(i, j)].to_bits(), wanted.to_bits(), "{i}, {j}");
                }
            }
        }
    }
}
