//! A block of rows as a product reads it: widened to f64, less the shift, with a column for each neuron.

use std::ops::Range;

use rayon::prelude::*;

use super::Samples;
use super::load::{STRIP, load};
use crate::error::Result;
use crate::invariant::pairs;
use crate::linalg::{LANES, Matrix, Part, add_multiple, larger};
use crate::sides::Sides;

/// Columns whose squares are added at once.
const TOGETHER: usize = 8;

/// What one column of a block adds to its neuron's record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ColumnRecord {
    /// Sum of the shifted values; not finite where a value is not.
    pub(crate) sum: f64,
    /// Largest absolute shifted value; NaN is ignored.
    pub(crate) largest: f64,
}

impl ColumnRecord {
    /// In lanes of its own, whatever vectors the processor has: the bits do not depend on it, nor on how the
    /// values were stored.
    pub(super) fn of(values: &[f64]) -> Self {
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

/// Rows of all sides, or of some.
#[derive(Debug)]
pub(crate) struct Block {
    /// Room for so many rows.
    values: Matrix,
    /// Rows that are there.
    rows: usize,
    records: Vec<ColumnRecord>,
    sides: Sides,
    strips: Vec<Strip>,
    /// Of each row, the sum of the squares of each side.
    norms: Matrix,
    /// What each strip adds to them.
    norms_of_strips: Matrix,
}

/// Columns of one side that are filled at once.
#[derive(Debug)]
struct Strip {
    side: usize,
    columns: Range<usize>,
}

impl Strip {
    /// Each side by itself: its norms are added up in one order, whatever is beside it.
    fn of_sides(sides: &Sides) -> Vec<Self> {
        let of_side = |(side, range): (usize, Range<usize>)| {
            let strip = move |at: usize| Self { side, columns: at..range.end.min(at + STRIP) };
            range.clone().step_by(STRIP).map(strip)
        };
        sides.ranges().enumerate().flat_map(of_side).collect()
    }
}

impl Block {
    /// Room for so many rows of these sides.
    pub(crate) fn new(rows: usize, sides: &Sides) -> Result<Self> {
        let strips = Strip::of_sides(sides);
        Ok(Self {
            values: Matrix::zeros(rows, sides.n())?,
            rows: 0,
            records: vec![ColumnRecord::default(); sides.n()],
            sides: sides.clone(),
            norms: Matrix::zeros(rows, sides.count())?,
            norms_of_strips: Matrix::zeros(rows, strips.len())?,
            strips,
        })
    }

    /// Those it has rows of.
    pub(crate) fn sides(&self) -> &Sides {
        &self.sides
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

    /// Of some rows, the squared norms of some sides.
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

    /// Reads rows of all its sides, which lie side by side.
    pub(crate) fn load(&mut self, sides: &[Samples<'_>], rows: &[usize], shift: &[f64]) {
        self.fill(rows.len(), |strip, start, columns| {
            let shift = &shift[strip.columns.clone()];
            let of_side = strip.columns.start - start..strip.columns.end - start;
            load(&sides[strip.side], rows, of_side, shift, columns);
        });
    }

    /// Takes rows of another block.
    pub(crate) fn gather(&mut self, other: &Self, rows: &[usize]) {
        self.fill(rows.len(), |strip, _, columns| {
            for (column, j) in pairs(columns, strip.columns.clone()) {
                let source = other.values.column(j);
                for (value, &row) in pairs(column.iter_mut(), rows) {
                    *value = source[row];
                }
            }
        });
    }

    /// Fills strips of columns, each given with the first column of its side, and makes their records while they are at
    /// hand.
    fn fill(&mut self, rows: usize, fill: impl Fn(&Strip, usize, &mut [&mut [f64]]) + Sync) {
        assert!(rows <= self.room(), "a block has room for its rows");
        self.rows = rows;
        let mut columns = self.values.iter_columns_mut().map(|column| &mut column[..rows]);
        let mut records = &mut self.records[..];
        let mut work = Vec::with_capacity(self.strips.len());
        for (strip, norms) in self.strips.iter().zip(self.norms_of_strips.iter_columns_mut()) {
            let (of_strip, rest) = records.split_at_mut(strip.columns.len());
            let columns: Vec<&mut [f64]> = columns.by_ref().take(strip.columns.len()).collect();
            work.push((strip, columns, of_strip, &mut norms[..rows]));
            records = rest;
        }
        let sides = &self.sides;
        work.into_par_iter().for_each(|(strip, mut columns, records, norms)| {
            fill(strip, sides.range(strip.side).start, &mut columns);
            find_norms(&columns, norms);
            for (record, column) in pairs(records, columns) {
                *record = ColumnRecord::of(column);
            }
        });
        for side in 0..self.sides.count() {
            let norms = &mut self.norms.column_mut(side)[..rows];
            norms.fill(0.0);
            let of_side = self.strips.iter().enumerate().filter(|(_, strip)| strip.side == side);
            for (strip, _) in of_side {
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
