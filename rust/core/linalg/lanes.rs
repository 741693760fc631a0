//! The largest of a slice, in eight independent lanes: the processor's vectors are used.

/// Values in a cache line, and in the widest vector.
pub(crate) const LANES: usize = 8;

/// The largest of the values, ignoring NaN; -inf where there are no values.
pub(crate) fn largest(values: &[f64]) -> f64 {
    let mut lanes = [f64::NEG_INFINITY; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, value);
        }
    }
    lanes.iter().chain(rest).copied().fold(f64::NEG_INFINITY, larger)
}

/// The larger value, by the comparison of the processor's vector instructions; `a` where `b` is NaN.
#[inline(always)]
pub(crate) fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::largest;

    #[test]
    fn the_largest_is_found_in_every_place() {
        let check =
            |values: &[f64], wanted: f64| assert!(largest(values).total_cmp(&wanted).is_eq());
        check(&[], f64::NEG_INFINITY);
        check(&[f64::NAN; 19], f64::NEG_INFINITY);
        for length in 1..40_usize {
            for place in 0..length {
                let mut values: Vec<f64> = (0..length).map(|i| -1.0 - i as f64).collect();
                values[(place + 1) % length] = f64::NAN;
                values[place] = 2.0;
                check(&values, 2.0);
            }
        }
    }
}
