//! The core's errors as Python's, in terms of the arguments that Python was given.

use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyValueError};
use pyo3::prelude::*;
use spanmatch::{Error, Neuron, Side};

/// `sides` are the names of the sides; none: x and y.
pub(crate) fn to_python(error: &Error, sides: &[String]) -> PyErr {
    match error {
        Error::Interrupted => PyKeyboardInterrupt::new_err(()),
        Error::OutOfMemory { .. } => PyMemoryError::new_err(error.to_string()),
        other => PyValueError::new_err(message(other, sides)),
    }
}

fn message(error: &Error, sides: &[String]) -> String {
    let name = |side: Side| sides.get(side.index()).cloned().unwrap_or_else(|| side.to_string());
    let neuron = |neuron: Neuron| format!("neuron {} of {}", neuron.index, name(neuron.side));
    match *error {
        Error::RowCounts { expected, side, got } => format!(
            "{} has {expected} rows and {} has {got}: row i of both must be the same sample, so the counts must agree",
            name(Side::X),
            name(side)
        ),
        Error::NoRows if sides.is_empty() => {
            "x and y have no rows: give at least one sample".into()
        }
        Error::NotFinite { neuron: at, value, row } => format!(
            "{} is {value} in row {row} (rows are counted from 0): activations must be finite",
            neuron(at)
        ),
        Error::Overflow { neuron: at, largest } => format!(
            "{} reaches {largest:e}: sums of its squares overflow float64, so rescale the neuron (a match does not \
             depend on scale)",
            neuron(at)
        ),
        Error::Inconsistent { first, second } => format!(
            "these are the sums of no activations: the product of {} and {} is larger than their own squares allow \
             (Cauchy and Schwarz), so they are damaged: sum the samples again",
            neuron(first),
            neuron(second)
        ),
        Error::NoSamples => "the pair holds no samples: update it before solving".into(),
        Error::Width { side, expected, got } => {
            let whole = if sides.is_empty() { "pair" } else { "set" };
            format!("{} has {got} neurons, but the {whole} was begun with {expected}", name(side))
        }
        Error::IndexRepeated { side, index } => {
            format!("{side}_index holds {index} twice: name each neuron once")
        }
        Error::NoMatch { eps } => format!(
            "x_index and y_index are no match at eps = {eps}: is_match tells, residuals shows by how much"
        ),
        Error::EmptyGroup(None) => "rows_per_item is 0: an item has a row at least".into(),
        Error::EmptyGroup(Some(place)) => {
            format!("rows_per_item[{place}] is 0: leave out items without rows")
        }
        Error::GroupLength { length, rows } => format!(
            "rows_per_item is {length}, but the batch has {rows} rows, no multiple of that: pass the length of \
             each item"
        ),
        Error::GroupSum { sum, rows } => {
            format!("rows_per_item adds up to {sum} rows, but the batch has {rows}")
        }
        Error::OneGroup { rows } => format!(
            "the batch is one item of {rows} rows, and nulls roll y against x by whole items: give batches of two \
             items (images, texts) at least, and where a pair is updated rows_per_item, which says where they begin"
        ),
        Error::Ridge { ridge, least } => format!(
            "ridge is {ridge}, but must be None, \"auto\" or a finite number of at least δ² = {least:e}, which it is \
             where it is None"
        ),
        ref other => other.to_string(),
    }
}
