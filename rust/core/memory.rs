//! Allocates memory so that a refusal is an error and does not end the process.
//!
//! Memory can run short in two ways. The allocator may refuse, for example where the process has a limit. Or the
//! machine may lack what the allocator promises: Linux promises more than there is, and ends the process that uses it.
//! So before a large allocation its size is compared with the memory that the machine reports as available.

mod available;

use std::sync::OnceLock;

use bytemuck::allocation::try_zeroed_vec;
use ndarray::{Array, ArrayView, Dimension};

use crate::error::{Error, Purpose, Result};
use crate::invariant::shaped;
use available::available;

/// The number of bytes from which on the machine is asked first. Asking takes some 50 microseconds, and writing this
/// many bytes a thousand times as long.
const LARGE: u64 = 1 << 28;

/// Zeros.
pub(crate) fn zeros(count: usize, purpose: Purpose) -> Result<Vec<f64>> {
    let bytes = bytes_of::<f64>(count);
    require(bytes, purpose.clone())?;
    try_zeroed_vec(count).map_err(|()| Error::OutOfMemory { purpose, bytes, available: None })
}

/// Room for so many values, and none yet.
pub(crate) fn reserved<T>(count: usize, purpose: Purpose) -> Result<Vec<T>> {
    let bytes = bytes_of::<T>(count);
    require(bytes, purpose.clone())?;
    let mut values = Vec::new();
    match values.try_reserve_exact(count) {
        Ok(()) => Ok(values),
        Err(_) => Err(Error::OutOfMemory { purpose, bytes, available: None }),
    }
}

/// As many copies of one value.
pub(crate) fn repeated<T: Clone>(value: T, count: usize, purpose: Purpose) -> Result<Vec<T>> {
    let mut values = reserved(count, purpose)?;
    values.resize(count, value);
    Ok(values)
}

/// A copy that owns its values.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub fn try_to_owned<D: Dimension>(
    array: &ArrayView<'_, f64, D>,
    purpose: Purpose,
) -> Result<Array<f64, D>> {
    let mut values = reserved(array.len(), purpose)?;
    values.extend(array.iter());
    Ok(shaped(array.raw_dim(), values))
}

/// Checks that the machine has this much memory, where the amount is large and the machine can tell. What is allocated
/// piece by piece is checked here as a whole, so that work that does not fit is not begun.
pub(crate) fn require(bytes: u64, purpose: Purpose) -> Result<()> {
    if bytes < LARGE {
        return Ok(());
    }
    let missing = || available().filter(|&available| bytes > available);
    if missing().is_some() {
        // The allocator may keep what has been freed, which the machine counts as in use.
        GIVE_BACK.get().inspect(|give_back| give_back());
    }
    match missing() {
        Some(available) => Err(Error::OutOfMemory { purpose, bytes, available: Some(available) }),
        None => Ok(()),
    }
}

/// Bytes that this process may still take, as far as the machine tells.
///
/// ```
/// // Where nothing tells, as beside Linux, it is `None`.
/// assert!(spanmatch::available_memory().is_none_or(|bytes| bytes > 1024));
/// ```
#[must_use]
pub fn available_memory() -> Option<u64> {
    available()
}

/// What makes the program's allocator give back to the machine what has been freed.
static GIVE_BACK: OnceLock<fn()> = OnceLock::new();

/// Names what makes the program's allocator give back to the machine what has been freed: it is called before
/// anything is refused for want of memory. Only the first that is named is.
pub fn when_memory_is_short(give_back: fn()) {
    let _ = GIVE_BACK.set(give_back);
}

/// Bytes of so many values; the largest number there is where it is beyond that.
pub(crate) fn bytes_of<T>(count: usize) -> u64 {
    (count as u64).saturating_mul(size_of::<T>() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_an_error() {
        for count in [usize::MAX, usize::MAX / 8, 1 << 50] {
            let wanted = bytes_of::<f64>(count);
            for refused in [zeros(count, Purpose::Solver), repeated(0.0, count, Purpose::Solver)] {
                let Err(Error::OutOfMemory { bytes, purpose, .. }) = refused else {
                    panic!("{count} values were taken")
                };
                assert_eq!((bytes, purpose), (wanted, Purpose::Solver));
            }
        }
    }

    #[test]
    fn what_there_is_is_zero_or_has_room() {
        assert_eq!(zeros(3, Purpose::Rows), Ok(vec![0.0; 3]));
        assert!(reserved::<u8>(100, Purpose::Rows).is_ok_and(|room| room.capacity() >= 100));
    }
}
