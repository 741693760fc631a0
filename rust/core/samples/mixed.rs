//! Rows of several sides as they are, sparse or not: what lies between the two is multiplied without their zeros.

mod products;

use std::ops::Range;

use rayon::prelude::*;

use super::load::{STRIP, load};
use super::sparse::{Entry, SparseColumns, SparseRows, Visit};
use super::{ColumnRecord, Samples};
use crate::error::{Purpose, Result};
use crate::invariant::pairs;
use crate::linalg::{Matrix, dot, larger};
use crate::memory;
use crate::sides::Sides;
pub(crate) use products::{add_products, add_products_below};

/// How often a column of a sparse side is visited, at least, while it is at hand: more rows at once, and they have to come
/// from further away.
const VISITS: usize = 64;

/// Rows of all sides less the shift, which is that of few neurons of a sparse one.
#[derive(Debug)]
pub(crate) struct MixedBlock {
    sides: Sides,
    rows: usize,
    /// How many rows are transposed at once.
    portion: usize,
    /// The rows that are transposed now.
    turned: Range<usize>,
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
    /// All rows, column by column, and the transposed portion, row by row.
    Dense {
        columns: Matrix,
        rows: Matrix,
    },
}

impl MixedBlock {
    /// Room for the rows of a batch less this shift.
    pub(crate) fn room_for(samples: &[Samples<'_>], shift: &[f64]) -> Result<Self> {
        let sides = Sides::of_widths(samples.iter().map(Samples::n_neurons));
        // Each piece may be small enough where the whole is not.
        let bytes = samples.iter().map(bytes).fold(0, u64::saturating_add);
        memory::require(bytes, Purpose::Rows)?;
        let rows = samples.first().map_or(0, Samples::n_samples);
        let portion = samples.iter().map(portion).max().unwrap_or(0).min(rows);
        let room = |(side, range): (&Samples<'_>, Range<usize>)| match side {
            Samples::Sparse(given) => {
                let rows = SparseRows::room_like(given, count_shifted(&shift[range]))?;
                Ok(SideRows::Sparse { columns: SparseColumns::room_for(&rows)?, rows })
            }
            dense => Ok(SideRows::Dense {
                columns: Matrix::zeros(rows, dense.n_neurons())?,
                rows: Matrix::zeros(dense.n_neurons(), portion)?,
            }),
        };
        Ok(Self {
            rows: 0,
            portion,
            turned: 0..0,
            of_sides: samples.iter().zip(sides.ranges()).map(room).collect::<Result<_>>()?,
            sides,
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
                    rows.load(given, shift);
                }
                (SideRows::Dense { columns, .. }, dense) => {
                    load_dense(columns, dense, &index, shift);
                }
                // The buffers were made for sides of this kind.
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

    /// Measures the rows that have been read.
    fn finish(&mut self, count: usize) {
        (self.rows, self.turned) = (count, 0..0);
        for (side, of_side) in self.of_sides.iter().enumerate() {
            let norms = &mut self.norms.column_mut(side)[..count];
            match of_side {
                SideRows::Sparse { rows, .. } => {
                    for (norm, entries) in norms.iter_mut().zip(rows.iter()) {
                        *norm = entries.iter().map(|entry| entry.value * entry.value).sum();
                    }
                }
                SideRows::Dense { columns, .. } => {
                    norms.fill(0.0);
                    for j in 0..columns.columns() {
                        for (norm, value) in norms.iter_mut().zip(columns.column(j)) {
                            *norm += value * value;
                        }
                    }
                }
            }
        }
    }

    /// The rows in portions. The products of a portion are added once it is transposed.
    pub(crate) fn portions(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (rows, portion) = (self.rows, self.portion.max(1));
        (0..rows).step_by(portion).map(move |first| first..rows.min(first + portion))
    }

    /// Transposes some rows, at most a portion.
    pub(crate) fn turn(&mut self, turned: Range<usize>) {
        for of_side in &mut self.of_sides {
            match of_side {
                SideRows::Sparse { rows, columns } => columns.fill(rows, turned.clone()),
                SideRows::Dense { columns, rows } => {
                    let these = rows.columns_mut().take(turned.len());
                    these.zip(turned.clone().into_par_iter()).for_each(|(row, i)| {
                        for (j, value) in row.iter_mut().enumerate() {
                            *value = columns[(i, j)];
                        }
                    });
                }
            }
        }
        self.turned = turned;
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
                    for entry in rows.iter().flatten() {
                        let (record, value) = (&mut records[entry.column as usize], entry.value);
                        record.sum += value;
                        record.largest = larger(record.largest, value.abs());
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
                for (entries, weight) in rows.iter().zip(weights) {
                    add_sparse(sums, 0, *weight, entries);
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

/// Adds a row, of which the values from the first column named on are here.
fn add_sparse(sums: &mut [f64], first: usize, factor: f64, entries: &[Entry]) {
    for entry in entries {
        sums[entry.column as usize - first] += factor * entry.value;
    }
}

/// About how much memory the buffers of a side take.
fn bytes(side: &Samples<'_>) -> u64 {
    match side {
        Samples::Sparse(rows) => {
            memory::bytes_of::<(Entry, Visit)>(rows.n_values().saturating_add(rows.n_samples()))
        }
        dense => Matrix::bytes(dense.n_samples(), dense.n_neurons()),
    }
}

/// How many neurons have a shift.
pub(crate) fn count_shifted(shift: &[f64]) -> usize {
    shift.iter().filter(|shift| **shift != 0.0).count()
}

/// Of a side the rows in which each column is visited often enough; any number will do for one that is not sparse.
fn portion(side: &Samples<'_>) -> usize {
    match side {
        Samples::Sparse(rows) => {
            let visits = VISITS.saturating_mul(rows.n_neurons()).saturating_mul(rows.n_samples());
            visits.div_ceil(rows.n_values().max(1))
        }
        _ => 1,
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
