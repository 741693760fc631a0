//! Reductions over a slice in eight independent lanes: the processor's vectors are used, and the order of
//! additions is fixed.

const LANES: usize = 8;

fn reduce(values: &[f64], step: impl Fn(f64, f64) -> f64, join: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = step(*lane, value);
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rest) {
        *lane = step(*lane, value);
    }
    lanes.into_iter().fold(0.0, join)
}

pub(crate) fn sum(values: &[f64]) -> f64 {
    reduce(values, |total, value| total + value, |total, lane| total + lane)
}

pub(crate) fn sum_of_squares(values: &[f64]) -> f64 {
    reduce(values, |total, value| total + value * value, |total, lane| total + lane)
}

/// NaN is passed over: look at the sum to find it.
pub(crate) fn largest_absolute(values: &[f64]) -> f64 {
    let larger = |a: f64, b: f64| if b > a { b } else { a };
    reduce(values, |most, value| larger(most, value.abs()), larger)
}
