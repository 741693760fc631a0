//! Rows of several sides as they are, sparse or not: what lies between the two is multiplied without their zeros.

use super::load::{STRIP, load};
use super::sparse::{Entry, SparseColumns, SparseRows};
use super::{ColumnRecord, Samples};
use crate::error::Result;
use crate::invariant::pairs;
use crate::linalg::{Matrix, add_multiple, add_product_at, dot, larger};
use crate::sides::Sides;
use rayon::prelude::*;

/// Rows of all sides: of sparse ones less nothing, of others less the shift.
#[derive(Debug)]
pub(crate) struct MixedBlock {
    sides: Sides,
    rows: usize,
    of_sides: Vec<SideRows>,
    /// Of each side the sum of the squares of each row.
    norms: Matrix,
}

#[derive(Debug)]
enum SideRows {
    Sparse {
        rows: SparseRows,
        columns: SparseColumns,
    },
    /// The same values twice: column after column, and row after row.
    Dense {
        columns: Matrix,
        rows: Matrix,
    },
}

impl MixedBlock {
    /// Room for the rows of a batch.
    pub(crate) fn room_for(samples: &[Samples<'_>]) -> Result<Self> {
        let rows = samples.first().map_or(0, Samples::n_samples);
        let room = |side: &Samples<'_>| match side {
            Samples::Sparse(rows) => Ok(SideRows::Sparse {
                rows: SparseRows::room_like(rows)?,
                columns: SparseColumns::room_for(rows)?,
            }),
            dense => Ok(SideRows::Dense {
                columns: Matrix::zeros(rows, dense.n_neurons())?,
                rows: Matrix::zeros(dense.n_neurons(), rows)?,
            }),
        };
        Ok(Self {
            sides: Sides::of_widths(samples.iter().map(Samples::n_neurons)),
            rows: 0,
            of_sides: samples.iter().map(room).collect::<Result<_>>()?,
            norms: Matrix::zeros(rows, samples.len())?,
        })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Reads the rows of a batch that there is room for.
    pub(crate) fn load(&mut self, samples: &[Samples<'_>], shift: &[f64]) {
        let index: Vec<usize> = (0..samples.first().map_or(0, Samples::n_samples)).collect();
        for (side, (of_side, samples)) in pairs(&mut self.of_sides, samples).enumerate() {
            let shift = &shift[self.sides.range(side)];
            match (of_side, samples) {
                (SideRows::Sparse { rows, .. }, Samples::Sparse(given)) => {
                    rows.gather(given, &index);
                }
                (SideRows::Dense { columns, .. }, dense) => {
                    load_dense(columns, dense, &index, shift);
                }
                // The room was made for them.
                (SideRows::Sparse { .. }, _) => {}
            }
        }
        self.finish(index.len());
    }

    /// Takes rows of another block of the same batch, each at most once.
    pub(crate) fn gather(&mut self, other: &Self, index: &[usize]) {
        for (here, there) in pairs(&mut self.of_sides, &other.of_sides) {
            match (here, there) {
                (SideRows::Sparse { rows, .. }, SideRows::Sparse { rows: given, .. }) => {
                    rows.gather(given, index);
                }
                (SideRows::Dense { columns, .. }, SideRows::Dense { columns: given, .. }) => {
                    for j in 0..columns.columns() {
                        let source = given.column(j);
                        for (value, &row) in columns.column_mut(j).iter_mut().zip(index) {
                            *value = source[row];
                        }
                    }
                }
                // Blocks of one batch are alike.
                _ => {}
            }
        }
        self.finish(index.len());
    }

    /// Turns what has been read, and measures its rows.
    fn finish(&mut self, count: usize) {
        self.rows = count;
        for (side, of_side) in self.of_sides.iter_mut().enumerate() {
            let norms = &mut self.norms.column_mut(side)[..count];
            match of_side {
                SideRows::Sparse { rows, columns } => {
                    columns.fill(rows);
                    for (norm, (_, values)) in norms.iter_mut().zip(rows.iter()) {
                        *norm = values.iter().map(|value| value * value).sum();
                    }
                }
                SideRows::Dense { columns, rows } => {
                    rows.columns_mut().take(count).enumerate().for_each(|(i, row)| {
                        for (j, value) in row.iter_mut().enumerate() {
                            *value = columns[(i, j)];
                        }
                    });
                    for (i, norm) in norms.iter_mut().enumerate() {
                        *norm = dot(rows.column(i), rows.column(i));
                    }
                }
            }
        }
    }

    /// Of all rows, the squared norms of a side.
    pub(crate) fn norms_of(&self, side: usize) -> &[f64] {
        &self.norms.column(side)[..self.rows]
    }

    /// Of every column the sum, and the largest absolute value.
    pub(crate) fn records(&self) -> Vec<ColumnRecord> {
        let mut records = vec![ColumnRecord::default(); self.sides.n()];
        for (side, of_side) in self.of_sides.iter().enumerate() {
            let records = &mut records[self.sides.range(side)];
            match of_side {
                SideRows::Sparse { rows, .. } => {
                    for (columns, values) in rows.iter() {
                        for (&column, &value) in pairs(columns, values) {
                            let record = &mut records[column as usize];
                            record.sum += value;
                            record.largest = larger(record.largest, value.abs());
                        }
                    }
                }
                SideRows::Dense { columns, .. } => {
                    for (j, record) in records.iter_mut().enumerate() {
                        *record = ColumnRecord::of(&columns.column(j)[..self.rows]);
                    }
                }
            }
        }
        records
    }

    /// The first row in which a column is not finite.
    pub(crate) fn find_not_finite(&self, side: usize, column: usize) -> Option<usize> {
        (0..self.rows).find(|&row| match &self.of_sides[side] {
            SideRows::Sparse { rows, .. } => !rows.value(row, column).is_finite(),
            SideRows::Dense { columns, .. } => !columns[(row, column)].is_finite(),
        })
    }

    /// Adds to each neuron of a side its product with a number for each row.
    pub(crate) fn add_weighted(&self, side: usize, weights: &[f64], sums: &mut [f64]) {
        match &self.of_sides[side] {
            SideRows::Sparse { rows, .. } => {
                for ((columns, values), weight) in rows.iter().zip(weights) {
                    for (&column, &value) in pairs(columns, values) {
                        sums[column as usize] += value * weight;
                    }
                }
            }
            SideRows::Dense { columns, .. } => {
                for (j, sum) in sums.iter_mut().enumerate() {
                    *sum += dot(&columns.column(j)[..self.rows], weights);
                }
            }
        }
    }
}

/// Adds the products of a side (columns, from the first named) with a side of the same rows of this block or another
/// (rows, from the first named). Of a side with itself, those above the diagonal are of no account.
pub(crate) fn add_products(
    products: &mut Matrix,
    (first_row, first_column): (usize, usize),
    (block, side): (&MixedBlock, usize),
    (other, behind): (&MixedBlock, usize),
) {
    let (width, height) = (block.sides.width(side), other.sides.width(behind));
    let rows = 0..block.rows;
    let (left, right) = (&block.of_sides[side], &other.of_sides[behind]);
    if let (SideRows::Dense { columns: a, .. }, SideRows::Dense { columns: b, .. }) = (left, right)
    {
        let (a, b) = (a.part(rows.clone(), 0..width), b.part(rows, 0..height));
        add_product_at(products, first_row, first_column, b, a);
        return;
    }
    let is_diagonal = std::ptr::eq(block, other) && side == behind;
    let columns = products.columns_mut().skip(first_column).take(width).enumerate();
    columns.for_each(|(j, column)| {
        let sums = &mut column[first_row..first_row + height];
        match (left, right) {
            (SideRows::Sparse { columns, .. }, SideRows::Sparse { rows, .. }) => {
                for &Entry { row, place, value } in columns.column(j) {
                    let row = row as usize;
                    let from_here = || rows.row_from(row, place);
                    add_sparse(sums, value, if is_diagonal { from_here() } else { rows.row(row) });
                }
            }
            (SideRows::Sparse { columns, .. }, SideRows::Dense { rows, .. }) => {
                for &Entry { row, value, .. } in columns.column(j) {
                    add_multiple(sums, value, rows.column(row as usize));
                }
            }
            (SideRows::Dense { columns, .. }, SideRows::Sparse { rows, .. }) => {
                for (value, row) in columns.column(j)[..block.rows].iter().zip(rows.iter()) {
                    add_sparse(sums, *value, row);
                }
            }
            // Done above, at once.
            (SideRows::Dense { .. }, SideRows::Dense { .. }) => {}
        }
    });
}

fn add_sparse(sums: &mut [f64], factor: f64, (columns, values): (&[u32], &[f64])) {
    for (&column, value) in pairs(columns, values) {
        sums[column as usize] += factor * value;
    }
}

fn load_dense(columns: &mut Matrix, samples: &Samples<'_>, index: &[usize], shift: &[f64]) {
    let mut all: Vec<&mut [f64]> =
        columns.iter_columns_mut().map(|column| &mut column[..index.len()]).collect();
    all.par_chunks_mut(STRIP).enumerate().for_each(|(strip, out)| {
        let range = strip * STRIP..strip * STRIP + out.len();
        load(samples, index, range.clone(), &shift[range], out);
    });
}
