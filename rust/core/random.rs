//! Pseudo-random order and values from an explicit seed: the same on every machine.

/// Shuffles (Fisher & Yates).
pub(crate) fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut numbers = Numbers::new(seed);
    for last in (1..items.len()).rev() {
        // The remainder is biased by at most 2^-64 (last + 1): nothing here.
        let other = numbers.next() % (last as u64 + 1);
        // At most `last`, which came from a usize.
        #[allow(clippy::cast_possible_truncation)]
        items.swap(last, other as usize);
    }
}

/// `SplitMix64` (Steele, Lea & Flood 2014).
#[derive(Debug)]
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform, of mean 0 and variance 1.
    pub(crate) fn unit(&mut self) -> f64 {
        // 53 bits: every value that a float64 in [0, 1) can be.
        let fraction = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        3.0_f64.sqrt() * (2.0 * fraction - 1.0)
    }
}
