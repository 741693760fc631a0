//! The joint Gram as a Python object.

use std::sync::{RwLock, TryLockError};

use pyo3::prelude::*;
use spanmatch::{Side, Watch};

use crate::arguments::Array;
use crate::run::{run, wait_for};

/// The joint Gram matrix of two sides. Locked: updates from several threads follow one another, and
/// readers wait for them.
#[pyclass(frozen, module = "spanmatch._core")]
pub(crate) struct Gram {
    inner: RwLock<spanmatch::Gram>,
}

#[pymethods]
impl Gram {
    #[new]
    fn new() -> Self {
        Self { inner: RwLock::default() }
    }

    #[getter]
    fn n_samples(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, spanmatch::Gram::n_samples)
    }

    #[getter]
    fn n_x(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.widths(py)?.0)
    }

    #[getter]
    fn n_y(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.widths(py)?.1)
    }

    #[pyo3(signature = (x, y, progress=None))]
    fn update(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let (x, y) = (Array::new(Side::X, x)?, Array::new(Side::Y, y)?);
        let (x_samples, y_samples) = (x.samples(), y.samples());
        self.write(py, progress, |gram, watch| gram.update(x_samples, y_samples, watch))
    }

    fn merge(&self, other: &Bound<'_, Self>) -> PyResult<()> {
        let py = other.py();
        // Copied before this one is locked, so that a pair can be merged with itself.
        let other = other.get().with(py, Clone::clone)?;
        self.write(py, None, |gram, _| gram.merge(other))
    }

    fn copy(&self, py: Python<'_>) -> PyResult<Self> {
        Ok(Self { inner: RwLock::new(self.with(py, Clone::clone)?) })
    }
}

impl Gram {
    /// Neurons of x and of y.
    pub(crate) fn widths(&self, py: Python<'_>) -> PyResult<(usize, usize)> {
        self.with(py, |gram| (gram.n_x(), gram.n_y()))
    }

    /// What has been accumulated; an empty Gram stays behind.
    pub(crate) fn take(&self, py: Python<'_>) -> PyResult<spanmatch::Gram> {
        let mut guard = wait_for(py, || free(self.inner.try_write()))?;
        Ok(std::mem::take(&mut *guard))
    }

    /// Long work that reads.
    pub(crate) fn read<T: Send>(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
        work: impl FnOnce(&spanmatch::Gram, &Watch) -> spanmatch::Result<T> + Send,
    ) -> PyResult<T> {
        let guard = wait_for(py, || free(self.inner.try_read()))?;
        let gram = &*guard;
        run(py, progress, |watch| work(gram, watch))
    }

    /// Long work that changes; it leaves the Gram as it was where it fails.
    fn write(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
        work: impl FnOnce(&mut spanmatch::Gram, &Watch) -> spanmatch::Result<()> + Send,
    ) -> PyResult<()> {
        let mut guard = wait_for(py, || free(self.inner.try_write()))?;
        let gram = &mut *guard;
        run(py, progress, |watch| work(gram, watch))
    }

    /// A short look.
    fn with<T>(&self, py: Python<'_>, look: impl FnOnce(&spanmatch::Gram) -> T) -> PyResult<T> {
        let guard = wait_for(py, || free(self.inner.try_read()))?;
        Ok(look(&guard))
    }
}

/// The guard of a lock, `None` while somebody else holds it. A panic does not spoil what it guards:
/// an update panics, if ever, before it changes a sum.
fn free<G>(attempt: Result<G, TryLockError<G>>) -> Option<G> {
    match attempt {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
