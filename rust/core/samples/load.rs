//! Samples into the panels of a block, less the shift.

use std::ops::Range;

use half::{bf16, f16};
use ndarray::{ArrayView1, ArrayView2, s};
use pulp::Arch;
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
    let width = block.width();
    let load_panel = |(index, panel): (usize, &mut [f64])| {
        let first = index * width;
        let last = (first + width).min(shift.len());
        let mut records = vec![ColumnRecord::default(); last - first];
        let mut begin = 0;
        for side in sides {
            // One panel may hold the last columns of x and the first of y.
            let end = begin + side.n_neurons();
            let (from, to) = (first.max(begin), last.min(end));
            if from < to {
                let (lane, shift) = (from - first, &shift[from..to]);
                let part = Part { rows, first: from - begin, shift, lane, width };
                load_side(*side, &part, panel, &mut records[lane..to - first]);
            }
            begin = end;
        }
        records
    };
    block.panels_mut().enumerate().flat_map_iter(load_panel).collect()
}

/// Columns of a side, as many as there are shifts, and the lanes of a panel that they go to.
struct Part<'a> {
    rows: &'a [Range<usize>],
    first: usize,
    shift: &'a [f64],
    lane: usize,
    width: usize,
}

fn load_side(
    side: Samples<'_>,
    part: &Part<'_>,
    mut panel: &mut [f64],
    records: &mut [ColumnRecord],
) {
    for rows in part.rows {
        let (out, rest) = panel.split_at_mut(rows.len() * part.width);
        panel = rest;
        let corner = s![rows.clone(), part.first..part.first + part.shift.len()];
        match side {
            Samples::F16(view) => load_part(&view.slice(corner), f16::to_f64, part, out, records),
            Samples::BF16(view) => load_part(&view.slice(corner), bf16::to_f64, part, out, records),
            Samples::F32(view) => load_part(&view.slice(corner), f64::from, part, out, records),
            Samples::F64(view) => load_part(&view.slice(corner), |value| value, part, out, records),
        }
    }
}

fn load_part<T: Copy>(
    source: &ArrayView2<'_, T>,
    widen: impl Fn(T) -> f64 + Copy,
    part: &Part<'_>,
    panel: &mut [f64],
    records: &mut [ColumnRecord],
) {
    let full = part.shift.len() == part.width && source.strides()[1] == 1;
    // With the processor's vectors, whose widths are known to the compiler.
    Arch::new().dispatch(
        #[inline(always)]
        || match part.width {
            24 if full => load_rows::<T, 24>(source, widen, part.shift, panel, records),
            6 if full => load_rows::<T, 6>(source, widen, part.shift, panel, records),
            _ => load_columns(source, widen, part, panel, records),
        },
    );
}

/// Rows that are contiguous go to rows that are.
#[inline(always)]
fn load_rows<T: Copy, const WIDTH: usize>(
    source: &ArrayView2<'_, T>,
    widen: impl Fn(T) -> f64,
    shift: &[f64],
    panel: &mut [f64],
    records: &mut [ColumnRecord],
) {
    debug_assert_eq!((source.ncols(), shift.len()), (WIDTH, WIDTH));
    let Some(shift) = shift.first_chunk::<WIDTH>() else { return };
    let (mut sums, mut largest) = ([0.0; WIDTH], [0.0; WIDTH]);
    for (row, out) in source.rows().into_iter().zip(panel.as_chunks_mut::<WIDTH>().0) {
        debug_assert!(row.to_slice().is_some(), "rows are contiguous");
        let Some(row) = row.to_slice().and_then(|row| row.first_chunk::<WIDTH>()) else { return };
        for lane in 0..WIDTH {
            let value = widen(row[lane]) - shift[lane];
            out[lane] = value;
            sums[lane] += value;
            largest[lane] = larger(largest[lane], value.abs());
        }
    }
    for ((record, sum), largest) in records.iter_mut().zip(sums).zip(largest) {
        record.sum += sum;
        record.largest = larger(record.largest, largest);
    }
}

#[inline(always)]
fn load_columns<T: Copy>(
    source: &ArrayView2<'_, T>,
    widen: impl Fn(T) -> f64,
    part: &Part<'_>,
    panel: &mut [f64],
    records: &mut [ColumnRecord],
) {
    let groups = source.axis_chunks_iter(ndarray::Axis(0), GROUP);
    for (rows, out) in groups.zip(panel.chunks_mut(GROUP * part.width)) {
        let columns = rows.columns().into_iter().zip(part.shift);
        for (((column, shift), lane), record) in columns.zip(part.lane..).zip(&mut *records) {
            for_each(&column, |row, value| {
                let value = widen(value) - shift;
                out[row * part.width + lane] = value;
                record.sum += value;
                record.largest = larger(record.largest, value.abs());
            });
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
