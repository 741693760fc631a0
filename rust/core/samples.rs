//! Activations as they come: two axes, four types, any strides. Read block by block, never copied whole.

mod block;
mod load;
mod mixed;
mod sparse;

use half::{bf16, f16};
use ndarray::{ArrayBase, ArrayView2, Data, Ix2};

pub(crate) use self::block::{Block, ColumnRecord};
pub(crate) use self::mixed::{MixedBlock, add_products, add_products_below, count_shifted};
pub use self::sparse::SparseRows;

/// Rows are samples, columns neurons.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Samples<'a> {
    /// float16
    F16(ArrayView2<'a, f16>),
    /// bfloat16
    BF16(ArrayView2<'a, bf16>),
    /// float32
    F32(ArrayView2<'a, f32>),
    /// float64
    F64(ArrayView2<'a, f64>),
    /// Rows of which most values are zero.
    Sparse(&'a SparseRows),
}

impl<'a> From<&'a SparseRows> for Samples<'a> {
    fn from(rows: &'a SparseRows) -> Self {
        Self::Sparse(rows)
    }
}

/// Of a view, and of a borrowed array, of each type that is read.
macro_rules! samples_of {
    ($($kind:ident: $value:ty),+) => {$(
        impl<'a> From<ArrayView2<'a, $value>> for Samples<'a> {
            fn from(view: ArrayView2<'a, $value>) -> Self {
                Self::$kind(view)
            }
        }

        impl<'a, S: Data<Elem = $value>> From<&'a ArrayBase<S, Ix2, $value>> for Samples<'a> {
            fn from(array: &'a ArrayBase<S, Ix2, $value>) -> Self {
                Self::$kind(array.view())
            }
        }
    )+};
}

samples_of!(F16: f16, BF16: bf16, F32: f32, F64: f64);

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

    /// The same, for as long as this is borrowed.
    pub(crate) fn view(&self) -> Samples<'_> {
        match self {
            Self::F16(view) => view.view().into(),
            Self::BF16(view) => view.view().into(),
            Self::F32(view) => view.view().into(),
            Self::F64(view) => view.view().into(),
            Self::Sparse(rows) => (*rows).into(),
        }
    }

    fn shape(&self) -> (usize, usize) {
        match self {
            Self::F16(view) => view.dim(),
            Self::BF16(view) => view.dim(),
            Self::F32(view) => view.dim(),
            Self::F64(view) => view.dim(),
            Self::Sparse(rows) => (rows.n_samples(), rows.n_neurons()),
        }
    }

    pub(crate) fn value(&self, row: usize, column: usize) -> f64 {
        match self {
            Self::F16(view) => view[[row, column]].to_f64(),
            Self::BF16(view) => view[[row, column]].to_f64(),
            Self::F32(view) => f64::from(view[[row, column]]),
            Self::F64(view) => view[[row, column]],
            Self::Sparse(rows) => rows.value(row, column),
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
}
