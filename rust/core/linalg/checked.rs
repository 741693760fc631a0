//! What must hold of slices that go together, checked in every build: a pair that were cut short would be a wrong
//! answer without a word.

use std::iter::Zip;
use std::slice::{Iter, IterMut};

/// Both in step.
pub(crate) fn pairs<'s, A, B>(a: &'s [A], b: &'s [B]) -> Zip<Iter<'s, A>, Iter<'s, B>> {
    assert_eq!(a.len(), b.len(), "as many values of one as of the other");
    a.iter().zip(b)
}

/// Both in step, the first to be changed.
pub(crate) fn pairs_mut<'s, A, B>(a: &'s mut [A], b: &'s [B]) -> Zip<IterMut<'s, A>, Iter<'s, B>> {
    assert_eq!(a.len(), b.len(), "as many values of one as of the other");
    a.iter_mut().zip(b)
}
