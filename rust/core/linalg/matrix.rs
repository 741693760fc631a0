//! A column-major matrix that owns its values.

use std::ops::{Index, IndexMut, Range};

use faer::{MatMut, MatRef};
use rayon::prelude::*;

use super::cuts::{change_columns, row_panels};
use super::lanes::LANES;
use super::transpose::{Triangle, mirror};
use crate::error::{Purpose, Result};
use crate::memory;

/// Columns lie an odd number of cache lines apart: a power of two apart, as those of 1,024 neurons would be,
/// they share so few sets of the caches that a product of them takes twice as long.
#[derive(Debug)]
pub(crate) struct Matrix {
    values: Vec<f64>,
    rows: usize,
    columns: usize,
    /// The distance between columns, which exceeds the number of rows where some rows were dropped.
    stride: usize,
}

impl Matrix {
    pub(crate) fn zeros(rows: usize, columns: usize) -> Result<Self> {
        let stride = stride(rows);
        let values = memory::zeros(stride.saturating_mul(columns), Purpose::Solver)?;
        Ok(Self { values, rows, columns, stride })
    }

    /// Bytes that a matrix takes.
    pub(crate) fn bytes(rows: usize, columns: usize) -> u64 {
        memory::bytes_of::<f64>(stride(rows).saturating_mul(columns))
    }

    /// A matrix whose values `push` appends column after column, as many for each as there are rows.
    pub(crate) fn from_columns(
        rows: usize,
        columns: usize,
        push: impl Fn(usize, &mut Vec<f64>),
    ) -> Result<Self> {
        let stride = stride(rows);
        let mut values = memory::reserved(stride.saturating_mul(columns), Purpose::Solver)?;
        for j in 0..columns {
            push(j, &mut values);
            debug_assert_eq!(values.len(), j * stride + rows, "a column of all rows");
            values.resize((j + 1) * stride, 0.0);
        }
        Ok(Self { values, rows, columns, stride })
    }

    /// A copy, without the room of what has been dropped.
    pub(crate) fn try_clone(&self) -> Result<Self> {
        Self::from_columns(self.rows, self.columns, |j, values| {
            values.extend_from_slice(self.column(j));
        })
    }

    /// A symmetric matrix; `lower` gives, of a column, every value on and below the diagonal.
    pub(crate) fn symmetric<F: Fn(usize) -> f64>(
        size: usize,
        lower: impl Fn(usize) -> F + Sync,
    ) -> Result<Self> {
        let mut matrix = Self::zeros(size, size)?;
        matrix.columns_mut().enumerate().for_each(|(j, column)| {
            let lower = lower(j);
            for (i, value) in column.iter_mut().enumerate().skip(j) {
                *value = lower(i);
            }
        });
        matrix.mirror(Triangle::Lower);
        Ok(matrix)
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn column(&self, j: usize) -> &[f64] {
        &self.values[j * self.stride..][..self.rows]
    }

    pub(crate) fn column_mut(&mut self, j: usize) -> &mut [f64] {
        &mut self.values[j * self.stride..][..self.rows]
    }

    pub(crate) fn columns_mut(&mut self) -> impl IndexedParallelIterator<Item = &mut [f64]> {
        let rows = self.rows;
        self.values.par_chunks_exact_mut(self.stride).map(move |column| &mut column[..rows])
    }

    /// One after the other.
    pub(crate) fn iter_columns_mut(&mut self) -> impl Iterator<Item = &mut [f64]> {
        let rows = self.rows;
        self.values.chunks_exact_mut(self.stride).map(move |column| &mut column[..rows])
    }

    /// Some rows and columns.
    pub(crate) fn part(&self, rows: Range<usize>, columns: Range<usize>) -> Part<'_> {
        let part = self.view().submatrix(rows.start, columns.start, rows.len(), columns.len());
        Part(part)
    }

    /// Panels of so many rows, the last of what is left, each with its first row.
    pub(crate) fn row_panels_mut(&mut self, height: usize) -> Vec<(usize, RowPanel<'_>)> {
        let panels = row_panels(self.view_mut(), height);
        panels.into_iter().map(|(first, panel)| (first, RowPanel(panel))).collect()
    }

    pub(crate) fn diagonal(&self) -> Vec<f64> {
        (0..self.columns).map(|j| self[(j, j)]).collect()
    }

    /// All values, column after column.
    pub(crate) fn into_values(mut self) -> Vec<f64> {
        let (rows, stride) = (self.rows, self.stride);
        for j in 1..self.columns {
            self.values.copy_within(j * stride..j * stride + rows, j * rows);
        }
        self.values.truncate(rows * self.columns);
        self.values
    }

    /// Copies the named triangle onto the other.
    pub(crate) fn mirror(&mut self, triangle: Triangle) {
        mirror(self.view_mut(), triangle);
    }

    /// Drops the last rows and columns, at no cost.
    pub(crate) fn truncate(&mut self, rows: usize, columns: usize) {
        debug_assert!(rows <= self.rows && columns <= self.columns);
        (self.rows, self.columns) = (rows, columns);
        self.values.truncate(self.stride * columns);
    }

    pub(super) fn view(&self) -> MatRef<'_, f64> {
        let (rows, columns) = (self.rows, self.columns);
        MatRef::from_column_major_slice_with_stride(&self.values, rows, columns, self.stride)
    }

    pub(super) fn view_mut(&mut self) -> MatMut<'_, f64> {
        let (rows, columns) = (self.rows, self.columns);
        MatMut::from_column_major_slice_with_stride_mut(
            &mut self.values,
            rows,
            columns,
            self.stride,
        )
    }
}

impl Default for Matrix {
    fn default() -> Self {
        Self { values: Vec::new(), rows: 0, columns: 0, stride: stride(0) }
    }
}

/// Some rows of a matrix.
pub(crate) struct RowPanel<'m>(MatMut<'m, f64>);

impl RowPanel<'_> {
    /// How many rows.
    pub(crate) fn height(&self) -> usize {
        self.0.nrows()
    }

    /// Hands every column of these rows to `change`, with its place.
    pub(crate) fn change_columns(&mut self, change: impl FnMut(usize, &mut [f64])) {
        change_columns(self.0.as_mut(), change);
    }
}

/// Some rows and columns of a matrix.
#[derive(Clone, Copy)]
pub(crate) struct Part<'m>(pub(super) MatRef<'m, f64>);

#[cfg(test)]
impl Part<'_> {
    /// Column after column.
    pub(crate) fn to_values(self) -> Vec<f64> {
        (0..self.0.ncols()).flat_map(|j| (0..self.0.nrows()).map(move |i| self.0[(i, j)])).collect()
    }
}

/// How far apart columns of so many rows lie: no nearer for more rows.
fn stride(rows: usize) -> usize {
    (rows.div_ceil(LANES) | 1).saturating_mul(LANES)
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;

    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        &self.column(j)[i]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        &mut self.column_mut(j)[i]
    }
}

#[cfg(test)]
impl Matrix {
    /// With the values 0, 1, 2, … column after column.
    pub(super) fn numbered(rows: usize, columns: usize) -> Self {
        Self::from_columns(rows, columns, |j, values| {
            values.extend((0..rows).map(|i| (j * rows + i) as f64));
        })
        .expect("a small matrix")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_values_come_out_column_after_column() {
        for rows in [0_u32, 1, 7, 8, 9, 16, 17, 64] {
            let wanted: Vec<f64> = (0..3 * rows).map(f64::from).collect();
            assert_eq!(Matrix::numbered(rows as usize, 3).into_values(), wanted);
        }
    }

    #[test]
    fn what_is_dropped_is_gone_from_all_that_is_read() {
        let whole = Matrix::numbered(20, 9);
        let mut matrix = whole.try_clone().unwrap();
        matrix.truncate(11, 7);
        assert_eq!((matrix.rows(), matrix.columns()), (11, 7));
        let wanted = |j: usize| &whole.column(j)[..11];
        let copy = matrix.try_clone().unwrap();
        assert!((0..7).all(|j| matrix.column(j) == wanted(j) && copy.column(j) == wanted(j)));
        assert_eq!(matrix.columns_mut().map(|column| column.len()).collect::<Vec<_>>(), [11; 7]);
        assert_eq!(matrix.into_values(), (0..7).flat_map(wanted).copied().collect::<Vec<_>>());
    }
}
