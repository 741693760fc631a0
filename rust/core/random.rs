//! Pseudo-random order from an explicit seed: the same on every machine.

/// Shuffles (Fisher & Yates), with numbers from `SplitMix64` (Steele, Lea & Flood 2014).
pub(crate) fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..items.len()).rev() {
        // The remainder is biased by at most 2^-64 (last + 1): nothing here.
        let other = next(&mut state) % (last as u64 + 1);
        // At most `last`, which came from a usize.
        #[allow(clippy::cast_possible_truncation)]
        items.swap(last, other as usize);
    }
}

fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
