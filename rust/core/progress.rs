//! The progress of a long run, and a way to cancel it.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::error::{Error, Result};

/// Shared between a run and whoever waits for it. Runs look at it several times a second.
///
/// ```
/// use spanmatch::{Error, Progress};
/// let progress = Progress::default();
/// progress.cancel();
/// assert_eq!(progress.check(), Err(Error::Interrupted));
/// ```
#[derive(Debug, Default)]
pub struct Progress {
    stage: AtomicU8,
    done: AtomicUsize,
    total: AtomicUsize,
}

const RUNNING: u8 = 0;
const CANCELLED: u8 = 1;
const COMMITTED: u8 = 2;

impl Progress {
    /// Asks the run to end: it will return [`Error::Interrupted`] and leave everything as it was. A run
    /// that is already changing what it was called to change goes on.
    pub fn cancel(&self) {
        // This has no effect on a run that is committed or already cancelled.
        let _ = self.move_on(CANCELLED);
    }

    /// Whether the run has begun to change what it was called to change, and can no longer be cancelled.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.stage.load(Ordering::Relaxed) == COMMITTED
    }

    /// How many steps are done, of how many; `(0, 0)` before the run has begun.
    #[must_use]
    pub fn steps(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// What a run calls between two steps.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once somebody called [`Progress::cancel`].
    pub fn check(&self) -> Result<()> {
        let is_cancelled = self.stage.load(Ordering::Relaxed) == CANCELLED;
        if is_cancelled { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// The last check, before the run changes anything: from here on it is not cancelled.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once somebody called [`Progress::cancel`].
    pub fn commit(&self) -> Result<()> {
        self.move_on(COMMITTED).map(|_| ()).map_err(|_| Error::Interrupted)
    }

    /// The change is made: this may follow another run.
    pub(crate) fn release(&self) {
        self.stage.store(RUNNING, Ordering::Relaxed);
    }

    pub(crate) fn begin(&self, total: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    pub(crate) fn advance(&self, steps: usize) {
        self.done.fetch_add(steps, Ordering::Relaxed);
    }

    pub(crate) fn finish(&self) {
        self.done.store(self.total.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    fn move_on(&self, stage: u8) -> std::result::Result<u8, u8> {
        self.stage.compare_exchange(RUNNING, stage, Ordering::Relaxed, Ordering::Relaxed)
    }
}
