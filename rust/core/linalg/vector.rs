//! Products with one vector, of matrices that are read where they lie.

use std::ops::Range;

use rayon::prelude::*;

use super::{LANES, Matrix};
use crate::invariant::pairs;

/// Fewer columns than this are not worth a thread of their own.
const STRIP: usize = 256;

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

/// `a v` of a symmetric matrix, of column j of which the first j + 1 values are read. What is not wanted of it is
/// left out: there v is 0.
pub(crate) fn symmetric_times<'a>(
    column: impl Fn(usize) -> &'a [f64] + Sync,
    v: &[f64],
    is_wanted: impl Fn(usize) -> bool + Sync,
) -> Vec<f64> {
    // Strips of so many columns each have a sum of their own, so that threads do not change the bits.
    let strip = |first: usize| {
        let end = v.len().min(first + STRIP);
        let mut product = vec![0.0; end];
        for j in (first..end).filter(|&j| is_wanted(j)) {
            let column = &column(j)[..=j];
            add_multiple(&mut product[..=j], v[j], column);
            // The diagonal has been added.
            product[j] += dot(&column[..j], &v[..j]);
        }
        product
    };
    let strips: Vec<Vec<f64>> = (0..v.len()).into_par_iter().step_by(STRIP).map(strip).collect();
    let mut product = vec![0.0; v.len()];
    for strip in strips {
        add_multiple(&mut product[..strip.len()], 1.0, &strip);
    }
    product
}

/// `a v` of a symmetric matrix, of which the lower triangle is read, and of a vector that is 0 but for some places.
pub(crate) fn lower_times(a: &Matrix, places: Range<usize>, v: &[f64]) -> Vec<f64> {
    let (start, end) = (places.start, places.end);
    let strip = |first: usize| {
        let mut product = vec![0.0; a.columns() - first];
        for j in (first..end.min(first + STRIP)).filter(|&j| v[j - start] != 0.0) {
            add_multiple(&mut product[j - first..], v[j - start], &a.column(j)[j..]);
        }
        product
    };
    let strips: Vec<Vec<f64>> = places.clone().into_par_iter().step_by(STRIP).map(strip).collect();
    let below = |j: usize| {
        let from = (j + 1).clamp(start, end);
        dot(&a.column(j)[from..end], &v[from - start..])
    };
    let mut product: Vec<f64> = (0..end).into_par_iter().map(below).collect();
    product.resize(a.columns(), 0.0);
    for (first, strip) in places.step_by(STRIP).zip(strips) {
        add_multiple(&mut product[first..], 1.0, &strip);
    }
    product
}
