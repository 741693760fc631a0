//! Memory, asked for so that a refusal is an error and not the end of the process.
//!
//! A refusal comes from two sides. The allocator may have none, as where a limit is set for the process. And the
//! machine may not have what the allocator promises: Linux promises more than there is and ends the process that
//! uses it. So what is large is compared, before it is taken, with what the machine says it has.

mod available;

use std::sync::OnceLock;

use bytemuck::allocation::try_zeroed_vec;
use ndarray::{Array, ArrayView, Dimension};

use crate::error::{Error, Purpose, Result};
use crate::invariant::shaped;
use available::available;

/// From so many bytes on the machine is asked first: to ask takes some 50 microseconds, to write as much as this
/// takes a thousand times as long.
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

/// Whether the machine has as much, where that is much and can be known. What is to be taken piece by piece is
/// asked for here as a whole: what does not fit is not begun.
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
