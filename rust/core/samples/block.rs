//! A block of rows as a product reads it: widened, less the shift, a column for each neuron.

use std::ops::Range;

use rayon::prelude::*;

use super::Samples;
use super::load::{STRIP, load};
use crate::error::Result;
use crate::invariant::pairs;
use crate::linalg::{LANES, Matrix, Part, add_multiple, larger};

/// Columns whose squares are added at once.
const TOGETHER: usize = 8;

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

/// The sum of the squares of each row, some columns at a time: so each sum is read and written less often.
fn find_norms(columns: &[&mut [f64]], norms: &mut [f64]) {
    norms.fill(0.0);
    let (groups, rest) = columns.as_chunks::<TOGETHER>();
    for group in groups {
        let columns = group.each_ref().map(|column| &column[..norms.len()]);
        for (row, norm) in norms.iter_mut().enumerate() {
            *norm += columns.iter().map(|column| column[row] * column[row]).sum::<f64>();
        }
    }
    for column in rest {
        for (norm, value) in pairs(norms.iter_mut(), column.iter()) {
            *norm += value * value;
        }
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
    /// Columns of x, which come first; all others are of y.
    n_x: usize,
    /// Of each row, the sum of the squares of x and of y.
    norms: Matrix,
    /// What each strip adds to them.
    norms_of_strips: Matrix,
}

impl Block {
    /// Room for so many rows of x and of y.
    pub(crate) fn new(rows: usize, n_x: usize, n_y: usize) -> Result<Self> {
        let columns = n_x + n_y;
        let records = vec![ColumnRecord::default(); columns];
        Ok(Self {
            values: Matrix::zeros(rows, columns)?,
            rows: 0,
            records,
            n_x,
            norms: Matrix::zeros(rows, 2)?,
            norms_of_strips: Matrix::zeros(rows, 2 * columns.div_ceil(STRIP))?,
        })
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

    /// Of some rows, the squared norms of x (0), of y (1) or of both.
    pub(crate) fn norms(&self, rows: Range<usize>, sides: Range<usize>) -> Part<'_> {
        self.norms.part(rows, sides)
    }

    /// Of all rows, those of one side.
    pub(crate) fn norms_of(&self, side: usize) -> &[f64] {
        &self.norms.column(side)[..self.rows]
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
        let n_x = self.n_x;
        let strips = self.values.strips_mut(STRIP).zip(self.records.par_chunks_mut(STRIP));
        let strips = strips.zip(self.norms_of_strips.strips_mut(2));
        strips.enumerate().for_each(|(index, ((strip, records), norms))| {
            let mut columns: Vec<&mut [f64]> =
                strip.into_iter().map(|column| &mut column[..rows]).collect();
            let first = index * STRIP;
            fill(first, &mut columns);
            let (x, y) = columns.split_at(columns.len().min(n_x.saturating_sub(first)));
            for (norms, columns) in norms.zip([x, y]) {
                find_norms(columns, &mut norms[..rows]);
            }
            for (record, column) in pairs(records, columns) {
                *record = ColumnRecord::of(column);
            }
        });
        for side in 0..2 {
            let norms = &mut self.norms.column_mut(side)[..rows];
            norms.fill(0.0);
            for strip in (side..self.norms_of_strips.columns()).step_by(2) {
                add_multiple(norms, 1.0, &self.norms_of_strips.column(strip)[..rows]);
            }
        }
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
