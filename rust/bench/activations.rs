//! The activations of one network, of the type they came in.

use std::ops::Range;

use half::f16;
use ndarray::{Array2, s};
use spanmatch::Samples;

/// A row for every sample, a column for every neuron.
#[derive(Clone, Debug, PartialEq)]
pub enum Activations {
    /// float16
    F16(Array2<f16>),
    /// float32
    F32(Array2<f32>),
    /// float64
    F64(Array2<f64>),
}

impl Activations {
    /// As solvers take them.
    #[must_use]
    pub fn samples(&self) -> Samples<'_> {
        match self {
            Self::F16(values) => values.view().into(),
            Self::F32(values) => values.view().into(),
            Self::F64(values) => values.view().into(),
        }
    }

    /// Some rows, as float64.
    pub(crate) fn widened(&self, rows: Range<usize>) -> Array2<f64> {
        let rows = s![rows, ..];
        match self {
            Self::F16(values) => values.slice(rows).mapv(f64::from),
            Self::F32(values) => values.slice(rows).mapv(f64::from),
            Self::F64(values) => values.slice(rows).to_owned(),
        }
    }

    /// The type, by numpy's name.
    #[must_use]
    pub fn dtype(&self) -> &'static str {
        match self {
            Self::F16(_) => "float16",
            Self::F32(_) => "float32",
            Self::F64(_) => "float64",
        }
    }
}
