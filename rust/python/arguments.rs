//! Numpy arrays as the core's arguments.

use half::{bf16, f16};
use numpy::{
    PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use spanmatch::{Groups, Neuron, NeuronSet, Samples, Side};

use crate::sparse::SparseRows;
/// A borrowed array of one of the widths that are read as they are.
pub(crate) enum Array<'py> {
    F16(PyReadonlyArray2<'py, f16>),
    /// bfloat16, which numpy does not know, as its bits.
    BF16(PyReadonlyArray2<'py, u16>),
    F32(PyReadonlyArray2<'py, f32>),
    F64(PyReadonlyArray2<'py, f64>),
    Sparse(Bound<'py, SparseRows>),
}

impl<'py> Array<'py> {
    pub(crate) fn new(side: &str, array: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(rows) = array.cast::<SparseRows>() {
            return Ok(Self::Sparse(rows.clone()));
        }
        let untyped =
            array.cast::<PyUntypedArray>().map_err(|_| unreadable(side, "no numpy array"))?;
        if untyped.ndim() != 2 {
            let shape = format!("{} axes", untyped.ndim());
            let message = format!("{side} has {shape}; rows are samples, columns neurons");
            return Err(PyValueError::new_err(message));
        }
        if !untyped.is_aligned() {
            return Err(unreadable(side, "not aligned"));
        }
        // Nobody has borrowed the array for writing, because this module never does.
        if let Ok(array) = array.cast::<PyArray2<f64>>() {
            Ok(Self::F64(array.readonly()))
        } else if let Ok(array) = array.cast::<PyArray2<f32>>() {
            Ok(Self::F32(array.readonly()))
        } else if let Ok(array) = array.cast::<PyArray2<f16>>() {
            Ok(Self::F16(array.readonly()))
        } else if let Ok(array) = array.cast::<PyArray2<u16>>() {
            Ok(Self::BF16(array.readonly()))
        } else {
            Err(unreadable(side, &format!("of dtype {}", untyped.dtype())))
        }
    }

    pub(crate) fn samples(&self) -> Samples<'_> {
        match self {
            Self::F16(array) => array.as_array().into(),
            Self::BF16(array) => {
                let bits = array.as_array().raw_view().cast::<bf16>();
                // SAFETY: bf16 is a transparent u16, all of whose values are valid, and `array` is borrowed
                // for reading as long as the view.
                unsafe { bits.deref_into_view() }.into()
            }
            Self::F32(array) => array.as_array().into(),
            Self::F64(array) => array.as_array().into(),
            Self::Sparse(rows) => (&rows.get().inner).into(),
        }
    }
}

/// How many rows every item has, or each.
#[derive(FromPyObject)]
pub(crate) enum RowsPerItem {
    Equal(usize),
    Lengths(Vec<usize>),
}

impl From<RowsPerItem> for Groups {
    fn from(rows: RowsPerItem) -> Self {
        match rows {
            RowsPerItem::Equal(length) => Self::Equal(length),
            RowsPerItem::Lengths(lengths) => Self::Lengths(lengths),
        }
    }
}

fn unreadable(side: &str, what: &str) -> PyErr {
    let hint = format!("write np.ascontiguousarray({side}, dtype=np.float32)");
    PyTypeError::new_err(format!("{side} is {what}; float16, float32 and float64 are read: {hint}"))
}

/// The set of the named columns, where `widths` are the neurons of x and of y.
pub(crate) fn neuron_set(
    widths: &(usize, usize),
    x: &PyReadonlyArray1<'_, i64>,
    y: &PyReadonlyArray1<'_, i64>,
) -> PyResult<NeuronSet> {
    let (x, y) = (columns(Side::X, widths.0, x)?, columns(Side::Y, widths.1, y)?);
    NeuronSet::new(x, y).map_err(|error| crate::errors::to_python(&error, &[]))
}

/// A neuron named as Python names it, `("x", 7)`.
pub(crate) fn neuron_of(widths: (usize, usize), neuron: (&str, i64)) -> PyResult<Neuron> {
    let (side, count) = match neuron.0 {
        "x" => (Side::X, widths.0),
        "y" => (Side::Y, widths.1),
        other => {
            let message = format!("the side of a neuron is \"x\" or \"y\", not {other:?}");
            return Err(PyValueError::new_err(message));
        }
    };
    let index = usize::try_from(neuron.1).ok().filter(|&index| index < count);
    index.map(|index| Neuron { side, index }).ok_or_else(|| {
        let message = format!("there is no neuron {} of {side}: it has {count}", neuron.1);
        PyValueError::new_err(message)
    })
}

fn columns(side: Side, count: usize, index: &PyReadonlyArray1<'_, i64>) -> PyResult<Vec<usize>> {
    let in_range = |&index: &i64| {
        let column = usize::try_from(index).ok().filter(|&column| column < count);
        column.ok_or_else(|| {
            let message = format!("{side}_index holds {index}, but {side} has {count} neurons");
            PyValueError::new_err(message)
        })
    };
    index.as_array().iter().map(in_range).collect()
}
