//! A block of rows as a product reads it: widened, less the shift, a column for each neuron.

use std::ops::Range;

use rayon::prelude::*;

use super::Samples;
use super::load::{STRIP, load};
use crate::error::Result;
use crate::invariant::pairs;
use crate::linalg::{LANES, Matrix, Part, larger};

/// What one column of a block adds to its neuron's record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ColumnRecord {
    /// Sum of the shifted values; not finite where a value is not.
    pub(crate) sum: f64,
    /// Largest absolute shifted value; NaN is passed over.
    pub(crate) largest: f64,
}

impl ColumnRecord {
    /// In lanes of its own, whatever vectors the processor has: the bits do not depend on it, nor on how the
    /// values were stored.
    fn of(values: &[f64]) -> Self {
        let (mut sums, mut largest) = ([0.0; LANES], [0.0; LANES]);
        let (lines, rest) = values.as_chunks::<LANES>();
        let mut add = |lane: usize, value: f64| {
            sums[lane] += value;
            largest[lane] = larger(largest[lane], value.abs());
        };
        for line in lines {
            (0..LANES).for_each(|lane| add(lane, line[lane]));
        }
        rest.iter().enumerate().for_each(|(lane, value)| add(lane, *value));
        Self { sum: sums.iter().sum(), largest: largest.into_iter().fold(0.0, larger) }
    }
}

/// A value that is not finite, in a row and a column of a block.
pub(crate) struct NotFinite {
    pub(crate) row: usize,
    pub(crate) column: usize,
    pub(crate) value: f64,
}

/// Rows of both sides, or of one.
#[derive(Debug)]
pub(crate) struct Block {
    /// Room for so many rows.
    values: Matrix,
    /// Rows that are there.
    rows: usize,
    records: Vec<ColumnRecord>,
}

impl Block {
    /// Room for so many rows.
    pub(crate) fn new(rows: usize, columns: usize) -> Result<Self> {
        let records = vec![ColumnRecord::default(); columns];
        Ok(Self { values: Matrix::zeros(rows, columns)?, rows: 0, records })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// How many rows there is room for.
    pub(crate) fn room(&self) -> usize {
        self.values.rows()
    }

    /// Of every column.
    pub(crate) fn records(&self) -> &[ColumnRecord] {
        &self.records
    }

    /// All rows of the named columns.
    pub(crate) fn columns(&self, columns: Range<usize>) -> Part<'_> {
        self.part(0..self.rows, columns)
    }

    pub(crate) fn part(&self, rows: Range<usize>, columns: Range<usize>) -> Part<'_> {
        self.values.part(rows, columns)
    }

    /// Reads rows of all sides, which lie side by side.
    pub(crate) fn load(&mut self, sides: &[Samples<'_>], rows: &[usize], shift: &[f64]) {
        self.fill(rows.len(), |first, strip| load(sides, rows, shift, first, strip));
    }

    /// Takes rows of another block.
    pub(crate) fn gather(&mut self, other: &Self, rows: &[usize]) {
        self.fill(rows.len(), |first, strip| {
            for (j, column) in strip.iter_mut().enumerate() {
                let source = other.values.column(first + j);
                for (value, &row) in pairs(column.iter_mut(), rows) {
                    *value = source[row];
                }
            }
        });
    }

    /// Fills strips of columns, of which the first is named, and makes their records while they are at hand.
    fn fill(&mut self, rows: usize, fill: impl Fn(usize, &mut [&mut [f64]]) + Sync) {
        assert!(rows <= self.room(), "a block has room for its rows");
        self.rows = rows;
        let strips = self.values.strips_mut(STRIP).zip(self.records.par_chunks_mut(STRIP));
        strips.enumerate().for_each(|(index, (strip, records))| {
            let mut columns: Vec<&mut [f64]> =
                strip.into_iter().map(|column| &mut column[..rows]).collect();
            fill(index * STRIP, &mut columns);
            for (record, column) in pairs(records, columns) {
                *record = ColumnRecord::of(column);
            }
        });
    }

    /// The first value that is not finite, of those that are here: the samples may have changed meanwhile.
    pub(crate) fn first_not_finite(&self) -> Option<NotFinite> {
        let mut suspects =
            self.records.iter().zip(0..).filter(|(record, _)| !record.sum.is_finite());
        suspects.find_map(|(_, column)| {
            let values = &self.values.column(column)[..self.rows];
            let row = values.iter().position(|value| !value.is_finite())?;
            Some(NotFinite { row, column, value: values[row] })
        })
    }
}
