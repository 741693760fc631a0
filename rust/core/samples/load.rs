//! Samples into the panels of a block, less the shift.

use std::array::from_fn;
use std::ops::Range;

use half::{bf16, f16};
use ndarray::{ArrayView1, ArrayView2, Axis, s};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::Samples;
use crate::linalg::{Panels, larger};

/// What one column of a block adds to its neuron's record.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ColumnRecord {
    /// Sum of the shifted values; not finite where a value is not.
    pub(crate) sum: f64,
    /// Largest absolute shifted value; NaN is passed over.
    pub(crate) largest: f64,
}

/// Rows of contiguous values read at once: as many streams from memory.
const ROWS: usize = 8;
/// Rows that stay in the first cache while the columns of a panel are written one by one.
const GROUP: usize = 64;

/// Writes rows of all sides, side by side, and returns the records of all columns. The ranges of rows
/// follow one another, and together are as many as the block has.
pub(crate) fn load(
    sides: &[Samples<'_>],
    rows: &[Range<usize>],
    shift: &[f64],
    block: &mut Panels,
) -> Vec<ColumnRecord> {
    let (width, height) = (block.width(), block.rows());
    // A share for each thread: rows that are contiguous are read as far as they reach.
    let count = block.count().div_ceil(rayon::current_num_threads());
    let load_share = |(index, panels): (usize, &mut [f64])| {
        let first = index * count * width;
        let last = (first + count * width).min(shift.len());
        let mut share = Share {
            panels,
            width,
            height,
            shift: &shift[first..last],
            records: vec![ColumnRecord::default(); last - first],
        };
        let mut begin = 0;
        for side in sides {
            let end = begin + side.n_neurons();
            let (from, to) = (first.max(begin), last.min(end));
            if from < to {
                share.load(*side, from - begin..to - begin, rows, from - first);
            }
            begin = end;
        }
        share.records
    };
    block.shares_mut(count).enumerate().flat_map_iter(load_share).collect()
}

/// Panels side by side, and what belongs to their columns.
struct Share<'a> {
    panels: &'a mut [f64],
    width: usize,
    height: usize,
    shift: &'a [f64],
    records: Vec<ColumnRecord>,
}

impl Share<'_> {
    /// Loads columns of a side, the first of them into this lane.
    fn load(
        &mut self,
        side: Samples<'_>,
        columns: Range<usize>,
        rows: &[Range<usize>],
        lane: usize,
    ) {
        let mut top = 0;
        for rows in rows {
            let (corner, place) = (s![rows.clone(), columns.clone()], (top, lane));
            match side {
                Samples::F16(view) => self.load_part(&view.slice(corner), f16::to_f64, place),
                Samples::BF16(view) => self.load_part(&view.slice(corner), bf16::to_f64, place),
                Samples::F32(view) => self.load_part(&view.slice(corner), f64::from, place),
                Samples::F64(view) => self.load_part(&view.slice(corner), |value| value, place),
            }
            top += rows.len();
        }
    }

    /// Loads values, the first of them to this row and lane, with the processor's vectors.
    fn load_part<T: Copy>(
        &mut self,
        source: &ArrayView2<'_, T>,
        widen: impl Fn(T) -> f64,
        place: (usize, usize),
    ) {
        Arch::new().dispatch(Part { share: self, source, widen, place });
    }

    /// Panels of contiguous rows together; others, and those that two sides share, one by one.
    #[inline(always)]
    fn load_panels<T: Copy, const WIDTH: usize>(
        &mut self,
        source: &ArrayView2<'_, T>,
        widen: impl Fn(T) -> f64,
        (top, lane): (usize, usize),
    ) {
        debug_assert_eq!(self.width, WIDTH);
        let end = lane + source.ncols();
        let contiguous = source.strides()[1] == 1;
        let first = if contiguous { lane.next_multiple_of(WIDTH).min(end) } else { end };
        let last = (end / WIDTH * WIDTH).max(first);
        let whole = source.slice(s![.., first - lane..last - lane]);
        self.load_rows::<T, WIDTH>(&whole, &widen, (top, first));
        for edge in [lane..first, last..end] {
            for panel in (edge.start / WIDTH * WIDTH..edge.end).step_by(WIDTH) {
                let (from, to) = (panel.max(edge.start), edge.end.min(panel + WIDTH));
                let columns = source.slice(s![.., from - lane..to - lane]);
                self.load_columns::<T, WIDTH>(&columns, &widen, (top, from));
            }
        }
    }

    /// Rows that are contiguous go to whole panels.
    #[inline(always)]
    fn load_rows<T: Copy, const WIDTH: usize>(
        &mut self,
        source: &ArrayView2<'_, T>,
        widen: impl Fn(T) -> f64,
        (top, lane): (usize, usize),
    ) {
        let size = self.height * WIDTH;
        let shifts = &self.shift.as_chunks::<WIDTH>().0[..(lane + source.ncols()) / WIDTH];
        for (rows, top) in source.axis_chunks_iter(Axis(0), ROWS).zip((top..).step_by(ROWS)) {
            for (panel, shift) in shifts.iter().enumerate().skip(lane / WIDTH) {
                let out = &mut self.panels[panel * size..][top * WIDTH..size];
                let records = &mut self.records[panel * WIDTH..][..WIDTH];
                // Summed row after row, as in `load_columns`: how values are stored shows in no bit.
                let mut sums: [f64; WIDTH] = from_fn(|j| records[j].sum);
                let mut largest: [f64; WIDTH] = from_fn(|j| records[j].largest);
                for (row, out) in rows.rows().into_iter().zip(out.as_chunks_mut::<WIDTH>().0) {
                    debug_assert!(row.to_slice().is_some(), "rows are contiguous");
                    let row = row.to_slice().map(|row| &row[panel * WIDTH - lane..]);
                    let Some(row) = row.and_then(<[T]>::first_chunk::<WIDTH>) else { return };
                    let values: [f64; WIDTH] = from_fn(|j| widen(row[j]) - shift[j]);
                    *out = values;
                    for j in 0..WIDTH {
                        sums[j] += values[j];
                        largest[j] = larger(largest[j], values[j].abs());
                    }
                }
                for ((record, sum), largest) in records.iter_mut().zip(sums).zip(largest) {
                    *record = ColumnRecord { sum, largest };
                }
            }
        }
    }

    /// Columns of one panel.
    #[inline(always)]
    fn load_columns<T: Copy, const WIDTH: usize>(
        &mut self,
        source: &ArrayView2<'_, T>,
        widen: impl Fn(T) -> f64,
        (top, lane): (usize, usize),
    ) {
        let size = self.height * WIDTH;
        let out = &mut self.panels[lane / WIDTH * size..][top * WIDTH..size];
        let groups = source.axis_chunks_iter(Axis(0), GROUP);
        for (rows, out) in groups.zip(out.chunks_mut(GROUP * WIDTH)) {
            for (column, lane) in rows.columns().into_iter().zip(lane..) {
                let (shift, record) = (self.shift[lane], &mut self.records[lane]);
                for_each(&column, |row, value| {
                    let value = widen(value) - shift;
                    out[row * WIDTH + lane % WIDTH] = value;
                    record.sum += value;
                    record.largest = larger(record.largest, value.abs());
                });
            }
        }
    }
}

/// Values of one side and their place in a share. Not a closure: the compiler calls some closures through a
/// function of its own, which knows no vectors.
struct Part<'p, 's, 'a, T, F> {
    share: &'p mut Share<'s>,
    source: &'p ArrayView2<'a, T>,
    widen: F,
    place: (usize, usize),
}

impl<T: Copy, F: Fn(T) -> f64> WithSimd for Part<'_, '_, '_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let Self { share, source, widen, place } = self;
        // Widths that are known to the compiler.
        match share.width {
            24 => share.load_panels::<T, 24>(source, widen, place),
            8 => share.load_panels::<T, 8>(source, widen, place),
            6 => share.load_panels::<T, 6>(source, widen, place),
            _ => share.load_panels::<T, 3>(source, widen, place),
        }
    }
}

/// Goes over a slice where the view is one: the loop over a strided view is several times slower.
#[inline(always)]
fn for_each<T: Copy>(view: &ArrayView1<'_, T>, mut step: impl FnMut(usize, T)) {
    match view.as_slice() {
        Some(values) => values.iter().enumerate().for_each(|(i, &value)| step(i, value)),
        None => view.iter().enumerate().for_each(|(i, &value)| step(i, value)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::{Array2, ShapeBuilder};

    use super::*;

    /// Whole numbers, whose sums are exact.
    fn value(row: usize, column: usize) -> f32 {
        ((row * 7 + column * 13) % 11) as f32 - 5.0
    }

    /// Panels of every width, whatever this processor's, shared and not.
    #[test]
    fn every_value_goes_to_its_lane() {
        let rows = [3..20, 25..26, 40..110];
        let read: Vec<usize> = rows.iter().cloned().flatten().collect();
        for (width, n_x, n_y) in [(24, 61, 40), (24, 5, 7), (8, 61, 3), (6, 12, 13), (3, 2, 9)] {
            let n = n_x + n_y;
            let x = Array2::from_shape_fn((110, n_x), |(i, j)| f64::from(value(i, j)));
            let y = Array2::from_shape_fn((110, n_y), |(i, j)| value(i, n_x + j));
            let by_columns = Array2::from_shape_fn((110, n_x).f(), |(i, j)| f64::from(value(i, j)));
            let shift: Vec<f64> = (0..n).map(|j| (j % 4) as f64).collect();
            for x in [&x, &by_columns] {
                let mut block = Panels::of_width(width, read.len(), n).unwrap();
                let sides = [Samples::from(x.view()), Samples::from(y.view())];
                let records = load(&sides, &rows, &shift, &mut block);
                let panels: Vec<&mut [f64]> = block.shares_mut(1).collect();
                assert_eq!(records.len(), n);
                for (j, record) in records.iter().enumerate() {
                    let column: Vec<f64> =
                        read.iter().map(|&i| f64::from(value(i, j)) - shift[j]).collect();
                    let lane = panels[j / width].iter().skip(j % width).step_by(width);
                    assert!(lane.eq(&column), "width {width}: column {j}");
                    let largest = column.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
                    assert_eq!((record.sum, record.largest), (column.iter().sum(), largest));
                }
            }
        }
    }
}
