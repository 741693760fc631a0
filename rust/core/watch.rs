//! A long run seen from outside: how far it is, and the wish to stop it.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::error::{Error, Result};

/// Shared between a run and whoever waits for it. Runs look at it several times a second.
///
/// ```
/// use spanmatch::{Error, Watch};
/// let watch = Watch::default();
/// watch.stop();
/// assert_eq!(watch.check(), Err(Error::Interrupted));
/// ```
#[derive(Debug, Default)]
pub struct Watch {
    stage: AtomicU8,
    done: AtomicUsize,
    total: AtomicUsize,
}

const RUNNING: u8 = 0;
const STOPPED: u8 = 1;
const COMMITTED: u8 = 2;

impl Watch {
    /// Asks the run to end: it will return [`Error::Interrupted`] and leave everything as it was. A run
    /// that is already changing what it was called to change goes on.
    pub fn stop(&self) {
        // Too late for a committed run, and nothing new for a stopped one.
        let _ = self.move_on(STOPPED);
    }

    /// Whether the run has begun to change what it was called to change, and can no longer be stopped.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.stage.load(Ordering::Relaxed) == COMMITTED
    }

    /// How much is done, of how much; `(0, 0)` before the run has begun.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// What a run calls between two steps.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once somebody called [`Watch::stop`].
    pub fn check(&self) -> Result<()> {
        if self.stage.load(Ordering::Relaxed) == STOPPED { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// The last check, before the run changes anything: from here on it is not stopped.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once somebody called [`Watch::stop`].
    pub fn commit(&self) -> Result<()> {
        self.move_on(COMMITTED).map(|_| ()).map_err(|_| Error::Interrupted)
    }

    /// The change is made: the watch may follow another run.
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
