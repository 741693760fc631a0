//! The Gram of a Python object behind a lock: updates follow one another, and readers wait for them.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use spanmatch::Progress;

use crate::gram::Gram;
use crate::holders::{Held, Holders};
use crate::run::{run_asking, wait_for};

/// A Gram behind a lock that a forked child does not wait for in vain.
pub(crate) struct Locked {
    gram: RwLock<spanmatch::Gram>,
    holders: Holders,
}

/// A Gram while it is held. The lock is released before the record of its holder.
pub(crate) struct Guard<'a, G> {
    gram: G,
    _held: Held<'a>,
}

impl Locked {
    pub(crate) fn new(gram: spanmatch::Gram) -> Self {
        Self { gram: RwLock::new(gram), holders: Holders::default() }
    }

    fn read(&self, py: Python<'_>) -> PyResult<Guard<'_, RwLockReadGuard<'_, spanmatch::Gram>>> {
        self.wait(py, || free(self.gram.try_read()))
    }

    pub(crate) fn write(
        &self,
        py: Python<'_>,
    ) -> PyResult<Guard<'_, RwLockWriteGuard<'_, spanmatch::Gram>>> {
        self.wait(py, || free(self.gram.try_write()))
    }

    fn wait<'a, G>(
        &'a self,
        py: Python<'_>,
        attempt: impl Fn() -> Option<G>,
    ) -> PyResult<Guard<'a, G>> {
        wait_for(py, || {
            let Some(held) = self.holders.enter() else {
                return Some(Err(PyRuntimeError::new_err(
                    "another thread was using this pair when the process was forked, and its sums may be half \
                     changed here: copy the pair, or save it, before the fork",
                )));
            };
            attempt().map(|gram| Ok(Guard { gram, _held: held }))
        })?
    }
}

impl<G: Deref> Deref for Guard<'_, G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        &self.gram
    }
}

impl<G: DerefMut> DerefMut for Guard<'_, G> {
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.gram
    }
}

impl Gram {
    /// What has been accumulated; an empty Gram stays behind.
    pub(crate) fn take(&self, py: Python<'_>) -> PyResult<spanmatch::Gram> {
        let mut guard = self.inner.write(py)?;
        Ok(std::mem::take(&mut *guard))
    }

    /// Long work that reads.
    pub(crate) fn read<T: Send>(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
        work: impl FnOnce(&spanmatch::Gram, &Arc<Progress>) -> spanmatch::Result<T> + Send,
    ) -> PyResult<T> {
        let guard = self.inner.read(py)?;
        let gram = &*guard;
        run_asking(py, &self.sides, progress, |progress, _| work(gram, progress))
    }

    /// Long work that changes; it leaves the Gram as it was where it fails.
    pub(crate) fn write(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
        work: impl FnOnce(&mut spanmatch::Gram, &Arc<Progress>) -> spanmatch::Result<()> + Send,
    ) -> PyResult<()> {
        let mut guard = self.inner.write(py)?;
        let gram = &mut *guard;
        run_asking(py, &self.sides, progress, |progress, _| work(gram, progress))
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
        Ok(look(&*self.inner.read(py)?))
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
