//! A reduction over a slice in eight independent lanes: the processor's vectors are used, and the order of
//! additions is fixed.

const LANES: usize = 8;

pub(crate) fn sum_of_squares(values: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value * value;
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane += value * value;
    }
    lanes.into_iter().fold(0.0, |total, lane| total + lane)
}
