//! A column-major matrix that owns its values.

use std::ops::{Index, IndexMut};

use faer::{MatMut, MatRef};
use rayon::prelude::*;

use super::transpose::{mirror_lower, write_transposed};

#[derive(Clone, Debug, Default)]
pub(crate) struct Matrix {
    values: Vec<f64>,
    rows: usize,
    columns: usize,
}

impl Matrix {
    pub(crate) fn zeros(rows: usize, columns: usize) -> Self {
        Self { values: vec![0.0; rows * columns], rows, columns }
    }

    /// From all values, column after column.
    pub(crate) fn from_values(values: Vec<f64>, rows: usize, columns: usize) -> Self {
        debug_assert_eq!(values.len(), rows * columns);
        Self { values, rows, columns }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn column(&self, j: usize) -> &[f64] {
        &self.values[j * self.rows..][..self.rows]
    }

    pub(crate) fn column_mut(&mut self, j: usize) -> &mut [f64] {
        &mut self.values[j * self.rows..][..self.rows]
    }

    /// All values, column after column.
    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn into_values(self) -> Vec<f64> {
        self.values
    }

    pub(crate) fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// All values before a column, and the column.
    pub(crate) fn split_at_column(&mut self, j: usize) -> (&[f64], &mut [f64]) {
        let (before, rest) = self.values.split_at_mut(j * self.rows);
        (before, &mut rest[..self.rows])
    }

    /// Writes `source` transposed, from `first_row` on.
    pub(crate) fn write_transposed(&mut self, first_row: usize, source: &Self) {
        let target = self.view_mut().subrows_mut(first_row, source.columns);
        write_transposed(target, source.view());
    }

    /// A symmetric matrix of what is given for `i >= j`.
    pub(crate) fn symmetric(size: usize, lower: impl Fn(usize, usize) -> f64 + Sync) -> Self {
        let mut matrix = Self::zeros(size, size);
        let columns = matrix.values.par_chunks_exact_mut(size.max(1)).enumerate();
        columns.for_each(|(j, column)| {
            for (i, value) in column.iter_mut().enumerate().skip(j) {
                *value = lower(i, j);
            }
        });
        matrix.mirror_lower();
        matrix
    }

    /// Copies the lower triangle of the first rows, as many as columns, onto the upper.
    pub(crate) fn mirror_lower(&mut self) {
        let size = self.columns;
        mirror_lower(self.view_mut().subrows_mut(0, size));
    }

    /// Keeps the named rows and columns (both ascending), in place: every value moves towards the front.
    pub(crate) fn keep(&mut self, rows: &[usize], columns: &[usize]) {
        let mut next = 0;
        for &j in columns {
            for &i in rows {
                self.values[next] = self.values[j * self.rows + i];
                next += 1;
            }
        }
        self.values.truncate(next);
        self.rows = rows.len();
        self.columns = columns.len();
    }

    pub(super) fn view(&self) -> MatRef<'_, f64> {
        MatRef::from_column_major_slice(&self.values, self.rows, self.columns)
    }

    pub(super) fn view_mut(&mut self) -> MatMut<'_, f64> {
        MatMut::from_column_major_slice_mut(&mut self.values, self.rows, self.columns)
    }
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
