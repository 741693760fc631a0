//! A column-major matrix that owns its values.

use std::ops::{Index, IndexMut};

use faer::{MatMut, MatRef};
use rayon::prelude::*;

use super::LINE;
use super::transpose::{mirror_lower, write_transposed};

/// Columns lie an odd number of cache lines apart: a power of two apart, as those of 1,024 neurons would be,
/// they share so few sets of the caches that a product of them takes twice as long.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matrix {
    values: Vec<f64>,
    rows: usize,
    columns: usize,
}

impl Matrix {
    pub(crate) fn zeros(rows: usize, columns: usize) -> Self {
        Self { values: vec![0.0; stride(rows) * columns], rows, columns }
    }

    /// Of what `push` adds to the values, column after column: as many as there are rows.
    pub(crate) fn from_columns(
        rows: usize,
        columns: usize,
        push: impl Fn(usize, &mut Vec<f64>),
    ) -> Self {
        let stride = stride(rows);
        let mut values = Vec::with_capacity(stride * columns);
        for j in 0..columns {
            push(j, &mut values);
            debug_assert_eq!(values.len(), j * stride + rows, "a column of all rows");
            values.resize((j + 1) * stride, 0.0);
        }
        Self { values, rows, columns }
    }

    /// A symmetric matrix of what is given for `i >= j`.
    pub(crate) fn symmetric(size: usize, lower: impl Fn(usize, usize) -> f64 + Sync) -> Self {
        let mut matrix = Self::zeros(size, size);
        matrix.columns_mut().enumerate().for_each(|(j, column)| {
            for (i, value) in column.iter_mut().enumerate().skip(j) {
                *value = lower(i, j);
            }
        });
        matrix.mirror_lower();
        matrix
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn column(&self, j: usize) -> &[f64] {
        &self.values[j * stride(self.rows)..][..self.rows]
    }

    pub(crate) fn column_mut(&mut self, j: usize) -> &mut [f64] {
        &mut self.values[j * stride(self.rows)..][..self.rows]
    }

    pub(crate) fn columns_mut(&mut self) -> impl IndexedParallelIterator<Item = &mut [f64]> {
        let rows = self.rows;
        self.values.par_chunks_exact_mut(stride(rows)).map(move |column| &mut column[..rows])
    }

    /// All values, column after column.
    pub(crate) fn into_values(mut self) -> Vec<f64> {
        let (rows, stride) = (self.rows, stride(self.rows));
        for j in 1..self.columns {
            self.values.copy_within(j * stride..j * stride + rows, j * rows);
        }
        self.values.truncate(rows * self.columns);
        self.values
    }

    /// Writes `source` transposed, from `first_row` on.
    pub(crate) fn write_transposed(&mut self, first_row: usize, source: &Self) {
        let target = self.view_mut().subrows_mut(first_row, source.columns);
        write_transposed(target, source.view());
    }

    /// Copies the lower triangle of the first rows, as many as columns, onto the upper.
    pub(crate) fn mirror_lower(&mut self) {
        let size = self.columns;
        mirror_lower(self.view_mut().subrows_mut(0, size));
    }

    /// Keeps the named rows and columns (both ascending), in place: every value moves towards the front.
    pub(crate) fn keep(&mut self, rows: &[usize], columns: &[usize]) {
        let (old, new) = (stride(self.rows), stride(rows.len()));
        for (next, &j) in columns.iter().enumerate() {
            for (to, &i) in rows.iter().enumerate() {
                self.values[next * new + to] = self.values[j * old + i];
            }
        }
        self.rows = rows.len();
        self.columns = columns.len();
        self.values.truncate(new * self.columns);
    }

    pub(super) fn view(&self) -> MatRef<'_, f64> {
        let (rows, columns) = (self.rows, self.columns);
        MatRef::from_column_major_slice_with_stride(&self.values, rows, columns, stride(rows))
    }

    pub(super) fn view_mut(&mut self) -> MatMut<'_, f64> {
        let (rows, columns) = (self.rows, self.columns);
        MatMut::from_column_major_slice_with_stride_mut(
            &mut self.values,
            rows,
            columns,
            stride(rows),
        )
    }
}

/// How many values lie between two columns: no fewer for more rows.
fn stride(rows: usize) -> usize {
    (rows.div_ceil(LINE) | 1) * LINE
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
    }
}

#[cfg(test)]
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
    fn what_is_kept_is_the_named_rows_and_columns() {
        for size in 0..70_usize {
            let before = Matrix::numbered(size, size);
            for step in [1, 2, 3, 9] {
                let rows: Vec<usize> = (0..size).filter(|i| i % step != 1).collect();
                let columns: Vec<usize> = (0..size).step_by(step).collect();
                let mut kept = before.clone();
                kept.keep(&rows, &columns);
                assert_eq!((kept.rows(), kept.columns()), (rows.len(), columns.len()));
                for (to, &j) in columns.iter().enumerate() {
                    let wanted: Vec<f64> = rows.iter().map(|&i| before[(i, j)]).collect();
                    assert_eq!(kept.column(to), wanted, "{size}, {step}");
                }
            }
        }
    }
}
