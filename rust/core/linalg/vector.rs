//! Products with one vector, of matrices that are read where they lie.

use std::ops::Range;

use rayon::prelude::*;

use super::{LANES, LowerTriangle};
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

/// The sum of what columns add to a vector of so many values: `add` adds a column to it, with room for as many values.
pub(crate) fn sum_columns(
    columns: usize,
    size: usize,
    add: impl Fn(usize, &mut [f64], &mut [f64]) + Sync,
) -> Vec<f64> {
    // Each strip of columns has a sum of its own, so that the number of threads does not change the bits.
    let strip = |room: &mut Vec<f64>, first: usize| {
        room.resize(size, 0.0);
        let mut sum = vec![0.0; size];
        for j in first..columns.min(first + STRIP) {
            add(j, &mut sum, room);
        }
        sum
    };
    let strips = (0..columns).into_par_iter().step_by(STRIP);
    let strips: Vec<Vec<f64>> = strips.map_init(Vec::new, strip).collect();
    let mut total = vec![0.0; size];
    for strip in &strips {
        add_multiple(&mut total, 1.0, strip);
    }
    total
}

/// Adds to `a v` what column j of a symmetric matrix does, of which the rows from the first named on are given: down to the
/// diagonal, or from it on.
pub(crate) fn add_symmetric(
    product: &mut [f64],
    v: &[f64],
    j: usize,
    first: usize,
    column: &[f64],
) {
    let rows = first..first + column.len();
    add_multiple(&mut product[rows.clone()], v[j], column);
    // The diagonal has been added.
    let (above, below) = (&column[..j - first], &column[j - first + 1..]);
    product[j] += dot(above, &v[first..j]) + dot(below, &v[j + 1..rows.end]);
}

/// `a v` of a symmetric matrix, of which the lower triangle is read, and of a vector that is 0 but for some places.
pub(crate) fn lower_times(a: &LowerTriangle, places: Range<usize>, v: &[f64]) -> Vec<f64> {
    let (start, end) = (places.start, places.end);
    let strip = |first: usize| {
        let mut product = vec![0.0; a.size() - first];
        for j in (first..end.min(first + STRIP)).filter(|&j| v[j - start] != 0.0) {
            add_multiple(&mut product[j - first..], v[j - start], a.column(j));
        }
        product
    };
    let strips: Vec<Vec<f64>> = places.clone().into_par_iter().step_by(STRIP).map(strip).collect();
    let below = |j: usize| {
        let from = (j + 1).clamp(start, end);
        dot(&a.column(j)[from - j..end - j], &v[from - start..])
    };
    let mut product: Vec<f64> = (0..end).into_par_iter().map(below).collect();
    product.resize(a.size(), 0.0);
    for (first, strip) in places.step_by(STRIP).zip(strips) {
        add_multiple(&mut product[first..], 1.0, &strip);
    }
    product
}
