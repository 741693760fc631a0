//! Sparse rows as a Python object: made once, and read by updates.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use crate::errors::to_python;

/// Samples of which most values are zero. They do not change.
#[pyclass(frozen, module = "spanmatch._core")]
pub(crate) struct SparseRows {
    pub(crate) inner: spanmatch::SparseRows,
}

#[pymethods]
impl SparseRows {
    #[new]
    fn new(
        py: Python<'_>,
        n_neurons: usize,
        starts: PyReadonlyArray1<'_, i64>,
        columns: PyReadonlyArray1<'_, i64>,
        values: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<Self> {
        let (starts, columns, values) =
            (starts.as_slice()?, columns.as_slice()?, values.as_slice()?);
        let rows = py.detach(|| spanmatch::SparseRows::new(n_neurons, starts, columns, values));
        Ok(Self { inner: rows.map_err(|error| to_python(&error, &[]))? })
    }

    /// Samples, and neurons.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.inner.n_samples(), self.inner.n_neurons())
    }

    /// How many values are not left out.
    #[getter]
    fn n_values(&self) -> usize {
        self.inner.n_values()
    }

    fn __len__(&self) -> usize {
        self.inner.n_samples()
    }

    fn __repr__(&self) -> String {
        let rows = &self.inner;
        format!(
            "SparseRows({} samples of {} neurons, {} values)",
            rows.n_samples(),
            rows.n_neurons(),
            rows.n_values()
        )
    }
}
