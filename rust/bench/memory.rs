//! What a stage takes of memory, counted where it is taken.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicUsize, Ordering};

use mimalloc::MiMalloc;
use serde::{Deserialize, Serialize};

/// What a piece of work took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The most bytes that were taken at once, beyond those taken before the work began.
    pub peak_bytes: usize,
    /// How often memory was asked for.
    pub allocations: usize,
}

/// Does a piece of work and counts what it takes, on all threads. One piece at a time: what others take
/// meanwhile is counted too.
///
/// ```
/// let (values, memory) = spanmatch_bench::count(|| vec![1_u8; 1000]);
/// assert_eq!(values.len(), 1000);
/// assert!(memory.peak_bytes >= 1000 && memory.allocations >= 1);
/// ```
pub fn count<T>(work: impl FnOnce() -> T) -> (T, Memory) {
    let (live, allocations) = (LIVE.load(Ordering::Relaxed), ALLOCATIONS.load(Ordering::Relaxed));
    PEAK.store(live, Ordering::Relaxed);
    let result = work();
    let memory = Memory {
        peak_bytes: PEAK.load(Ordering::Relaxed).saturating_sub(live),
        allocations: ALLOCATIONS.load(Ordering::Relaxed) - allocations,
    };
    (result, memory)
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

impl Counting {
    fn took(size: usize) {
        let live = LIVE.fetch_add(size, Ordering::Relaxed) + size;
        PEAK.fetch_max(live, Ordering::Relaxed);
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }

    fn gave_back(size: usize) {
        LIVE.fetch_sub(size, Ordering::Relaxed);
    }
}

// SAFETY: every call goes to mimalloc as it came, and its answer back; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::took(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::took(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // While values move, both places are taken.
        Self::took(size);
        Self::gave_back(layout.size());
        // SAFETY: the caller keeps the contract of `realloc`, and all memory comes from mimalloc.
        unsafe { MiMalloc.realloc(start, layout, size) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        Self::gave_back(layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`, and all memory comes from mimalloc.
        unsafe { MiMalloc.dealloc(start, layout) }
    }
}
