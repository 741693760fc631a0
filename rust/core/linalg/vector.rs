//! Products with one vector, of matrices that are read where they lie.

use super::{LANES, Matrix};
use crate::invariant::pairs;

/// `aᵀ b`, in independent lanes: the processor's vectors are used.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "as many values of one as of the other");
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let rest: f64 = pairs(a_rest, b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f64>() + rest
}

/// `target += factor source`.
pub(crate) fn add_multiple(target: &mut [f64], factor: f64, source: &[f64]) {
    for (value, more) in pairs(target, source) {
        *value += factor * more;
    }
}

/// `a v` of a symmetric matrix whose upper triangle counts.
pub(crate) fn symmetric_times(a: &Matrix, v: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; v.len()];
    for (j, &factor) in v.iter().enumerate() {
        let column = &a.column(j)[..=j];
        add_multiple(&mut product[..=j], factor, column);
        // The diagonal has been added.
        product[j] += dot(&column[..j], &v[..j]);
    }
    product
}
