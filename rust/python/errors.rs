//! The core's errors as Python's, in terms of the arguments that Python was given.

use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyValueError};
use pyo3::prelude::*;
use spanmatch::Error;

pub(crate) fn to_python(error: &Error) -> PyErr {
    match error {
        Error::Interrupted => PyKeyboardInterrupt::new_err(()),
        Error::OutOfMemory { .. } => PyMemoryError::new_err(error.to_string()),
        other => PyValueError::new_err(message(other)),
    }
}

fn message(error: &Error) -> String {
    match error {
        Error::NoSamples => "the pair holds no samples: update it before solving".into(),
        Error::Width { side, expected, got } => {
            format!("{side} has {got} neurons, but the pair was begun with {expected}")
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
        other => other.to_string(),
    }
}
