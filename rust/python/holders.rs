//! Tells whether a thread of the parent process holds something. In a forked child, that thread never releases it.

use std::process::id;
use std::sync::atomic::{AtomicU64, Ordering};

/// The half of the state that counts.
const COUNT: u64 = u32::MAX as u64;

/// How many threads of one process hold something, or are about to. Changed with the GIL, which a fork has, too.
#[derive(Default)]
pub(crate) struct Holders(
    /// The process in the upper half, and in the lower half how many of its threads.
    AtomicU64,
);

/// One of the holders, until it is dropped.
pub(crate) struct Held<'a>(&'a Holders);

impl Holders {
    /// Adds a holder; `None` where some of the holders are threads that the fork left behind.
    pub(crate) fn enter(&self) -> Option<Held<'_>> {
        let own = u64::from(id()) << 32;
        let enter = |state: u64| match (state & !COUNT == own, state & COUNT) {
            (true, _) => Some(state + 1),
            (false, 0) => Some(own + 1),
            (false, _) => None,
        };
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, enter).ok()?;
        Some(Held(self))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}
