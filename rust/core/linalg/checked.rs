//! What must hold of slices and views, checked in every build: a pair that were cut short, or a column that were
//! skipped, would be a wrong answer without a word.

use std::iter::Zip;
use std::slice::{Iter, IterMut};

use faer::{ColMut, ColRef};

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

/// A column of a matrix, whose values follow one another.
pub(super) fn contiguous(column: ColRef<'_, f64>) -> &[f64] {
    column.try_as_col_major().map(ColRef::as_slice).expect("columns of a matrix are contiguous")
}

/// The same, to be changed.
pub(super) fn contiguous_mut(column: ColMut<'_, f64>) -> &mut [f64] {
    column
        .try_as_col_major_mut()
        .map(ColMut::as_slice_mut)
        .expect("columns of a matrix are contiguous")
}
