//! Activations as they come: two axes, four types, any strides. Read block by block, never copied whole.

use half::{bf16, f16};
use ndarray::{ArrayView1, ArrayView2, Axis, s};
use rayon::prelude::*;

use crate::linalg::{Matrix, largest_absolute, sum};

/// Rows are samples, columns neurons.
#[derive(Clone, Copy, Debug)]
pub enum Samples<'a> {
    /// float16
    F16(ArrayView2<'a, f16>),
    /// bfloat16
    BF16(ArrayView2<'a, bf16>),
    /// float32
    F32(ArrayView2<'a, f32>),
    /// float64
    F64(ArrayView2<'a, f64>),
}

impl<'a> From<ArrayView2<'a, f16>> for Samples<'a> {
    fn from(view: ArrayView2<'a, f16>) -> Self {
        Self::F16(view)
    }
}

impl<'a> From<ArrayView2<'a, bf16>> for Samples<'a> {
    fn from(view: ArrayView2<'a, bf16>) -> Self {
        Self::BF16(view)
    }
}

impl<'a> From<ArrayView2<'a, f32>> for Samples<'a> {
    fn from(view: ArrayView2<'a, f32>) -> Self {
        Self::F32(view)
    }
}

impl<'a> From<ArrayView2<'a, f64>> for Samples<'a> {
    fn from(view: ArrayView2<'a, f64>) -> Self {
        Self::F64(view)
    }
}

/// What one column of a block adds to its neuron's record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnRecord {
    /// Sum of the shifted values; not finite where a value is not.
    pub(crate) sum: f64,
    /// Largest absolute shifted value; NaN is passed over.
    pub(crate) largest: f64,
}

/// Columns that are read together: some cache lines in a row, so that the processor reads ahead.
const STRIP: usize = 64;
/// Rows that are turned into columns together: one cache line of float64.
const LINE: usize = 8;

impl Samples<'_> {
    /// Number of samples.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.shape().0
    }

    /// Number of neurons.
    #[must_use]
    pub fn n_neurons(&self) -> usize {
        self.shape().1
    }

    fn shape(&self) -> (usize, usize) {
        match self {
            Self::F16(view) => view.dim(),
            Self::BF16(view) => view.dim(),
            Self::F32(view) => view.dim(),
            Self::F64(view) => view.dim(),
        }
    }

    pub(crate) fn value(&self, row: usize, column: usize) -> f64 {
        match self {
            Self::F16(view) => view[[row, column]].to_f64(),
            Self::BF16(view) => view[[row, column]].to_f64(),
            Self::F32(view) => f64::from(view[[row, column]]),
            Self::F64(view) => view[[row, column]],
        }
    }

    /// The mean of the first `count` rows, as an offset from the first: exact for constant columns. Values
    /// that are not finite are passed over; the block that holds them reports them.
    pub(crate) fn middle(&self, count: usize) -> Vec<f64> {
        let rows = count.min(self.n_samples());
        let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
        let first: Vec<f64> = (0..self.n_neurons()).map(|j| finite(self.value(0, j))).collect();
        let mut offsets = vec![0.0; first.len()];
        for row in 1..rows {
            for ((j, offset), first) in offsets.iter_mut().enumerate().zip(&first) {
                *offset += finite(self.value(row, j) - first);
            }
        }
        first.iter().zip(&offsets).map(|(first, offset)| first + offset / rows as f64).collect()
    }

    /// Writes the rows from `first_row` on, less the shift, into the columns of `block` from
    /// `first_column` on (as many rows as the block has), and returns their records.
    pub(crate) fn load(
        &self,
        first_row: usize,
        shift: &[f64],
        block: &mut Matrix,
        first_column: usize,
    ) -> Vec<ColumnRecord> {
        match self {
            Self::F16(view) => load(view, f16::to_f64, first_row, shift, block, first_column),
            Self::BF16(view) => load(view, bf16::to_f64, first_row, shift, block, first_column),
            Self::F32(view) => load(view, f64::from, first_row, shift, block, first_column),
            Self::F64(view) => load(view, |value| value, first_row, shift, block, first_column),
        }
    }
}

fn load<T: Copy + Sync>(
    view: &ArrayView2<'_, T>,
    widen: impl Fn(T) -> f64 + Sync,
    first_row: usize,
    shift: &[f64],
    block: &mut Matrix,
    first_column: usize,
) -> Vec<ColumnRecord> {
    let (rows, neurons) = (block.rows(), view.ncols());
    let target = &mut block.values_mut()[first_column * rows..][..neurons * rows];
    let strips = target.par_chunks_mut(STRIP * rows).zip(shift.par_chunks(STRIP)).enumerate();
    strips
        .flat_map_iter(|(strip, (target, shift))| {
            let first = strip * STRIP;
            let source = view.slice(s![first_row..first_row + rows, first..first + shift.len()]);
            load_strip(&source, &widen, shift, target);
            target
                .chunks_exact(rows)
                .map(|column| ColumnRecord { sum: sum(column), largest: largest_absolute(column) })
        })
        .collect()
}

/// Writes `source` less the shift, a column of the source to `rows` values of the target.
fn load_strip<T: Copy>(
    source: &ArrayView2<'_, T>,
    widen: impl Fn(T) -> f64,
    shift: &[f64],
    target: &mut [f64],
) {
    let columns = target.chunks_exact_mut(source.nrows());
    if source.strides()[0].unsigned_abs() < source.strides()[1].unsigned_abs() {
        for ((column, &shift), out) in source.columns().into_iter().zip(shift).zip(columns) {
            for_each(&column, |r, value| out[r] = widen(value) - shift);
        }
        return;
    }
    // Whole cache lines on both sides: some rows go into a square that stays in the first cache.
    let mut columns: Vec<&mut [f64]> = columns.collect();
    let mut square = [[0.0; LINE]; STRIP];
    for (group, rows) in source.axis_chunks_iter(Axis(0), LINE).enumerate() {
        for (r, row) in rows.rows().into_iter().enumerate() {
            for_each(&row, |c, value| square[c][r] = widen(value) - shift[c]);
        }
        for (column, line) in columns.iter_mut().zip(&square) {
            column[group * LINE..][..rows.nrows()].copy_from_slice(&line[..rows.nrows()]);
        }
    }
}

/// Goes over a slice where the view is one: the loop over a strided view is several times slower.
fn for_each<T: Copy>(view: &ArrayView1<'_, T>, mut step: impl FnMut(usize, T)) {
    match view.as_slice() {
        Some(values) => values.iter().enumerate().for_each(|(i, &value)| step(i, value)),
        None => view.iter().enumerate().for_each(|(i, &value)| step(i, value)),
    }
}
