//! Invariants, stated once where they are used. A broken invariant ends the work and is never ignored.

use std::iter::Zip;

use ndarray::{Array, Dimension, StrideShape};

/// The members of two lists that are as long as each other, together.
#[inline]
pub(crate) fn pairs<A, B>(a: A, b: B) -> Zip<A::IntoIter, B::IntoIter>
where
    A: IntoIterator<IntoIter: ExactSizeIterator>,
    B: IntoIterator<IntoIter: ExactSizeIterator>,
{
    let (a, b) = (a.into_iter(), b.into_iter());
    assert_eq!(a.len(), b.len(), "lists that belong together have one length");
    a.zip(b)
}

/// An array of this shape, of as many values.
pub(crate) fn shaped<D: Dimension>(
    shape: impl Into<StrideShape<D>>,
    values: Vec<f64>,
) -> Array<f64, D> {
    Array::from_shape_vec(shape, values).expect("an array has a value for each place")
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn lists_of_one_length_are_paired() {
        assert!(pairs([1, 2], &[3, 4]).eq([(1, &3), (2, &4)]));
    }

    #[test]
    #[should_panic(expected = "lists that belong together")]
    fn what_has_no_partner_is_not_passed_over() {
        let _ = pairs([1, 2], [3]);
    }
}
