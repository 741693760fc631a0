//! The Gram of a Python object, one after the other: updates follow each other, and readers wait for them.

use std::sync::{RwLockWriteGuard, TryLockError};

use pyo3::prelude::*;
use spanmatch::Progress;

use crate::gram::Gram;
use crate::run::{run_asking, wait_for};

impl Gram {
    /// What has been accumulated; an empty Gram stays behind.
    pub(crate) fn take(&self, py: Python<'_>) -> PyResult<spanmatch::Gram> {
        let mut guard = self.lock(py)?;
        Ok(std::mem::take(&mut *guard))
    }

    /// Long work that reads.
    pub(crate) fn read<T: Send>(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
        work: impl FnOnce(&spanmatch::Gram, &Progress) -> spanmatch::Result<T> + Send,
    ) -> PyResult<T> {
        let guard = wait_for(py, || free(self.inner.try_read()))?;
        let gram = &*guard;
        run_asking(py, &self.sides, progress, |progress, _| work(gram, progress))
    }

    /// Long work that changes; it leaves the Gram as it was where it fails.
    pub(crate) fn write(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
        work: impl FnOnce(&mut spanmatch::Gram, &Progress) -> spanmatch::Result<()> + Send,
    ) -> PyResult<()> {
        let mut guard = self.lock(py)?;
        let gram = &mut *guard;
        run_asking(py, &self.sides, progress, |progress, _| work(gram, progress))
    }

    pub(crate) fn lock(&self, py: Python<'_>) -> PyResult<RwLockWriteGuard<'_, spanmatch::Gram>> {
        wait_for(py, || free(self.inner.try_write()))
    }

    /// Short work that changes: once begun it is not interrupted, or an interruption would be reported of
    /// what is done.
    pub(crate) fn change(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut spanmatch::Gram) -> spanmatch::Result<()> + Send,
    ) -> PyResult<()> {
        self.write(py, None, |gram, progress| {
            progress.commit()?;
            work(gram)
        })
    }

    /// A short look.
    pub(crate) fn with<T>(
        &self,
        py: Python<'_>,
        look: impl FnOnce(&spanmatch::Gram) -> T,
    ) -> PyResult<T> {
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
