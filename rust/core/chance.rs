//! What unrelated neurons would show.

use crate::error::Result;
use crate::gram::Gram;

/// The residual to expect of every neuron were it unrelated to the other side: for x, then for y.
///
/// `sqrt((1 - cos²(z, 1)) (1 - m / n))`, m the live neurons of the other side, n the samples: what is left
/// of a vector after projection on m random directions, besides the constant, which activations that
/// share a positive mean explain in each other. 0 when undersampled, NaN where dead; centred, the cosine
/// is 0. For samples that depend on each other (positions of a map, tokens of a text) it is an upper bound.
///
/// With a ridge λ (0: none) at least `1 - k / (n (1 + λ k / m))` is left, `k = min(m, n)`, in place of `1 - m / n`: the
/// trace of `Y (YᵀY + λI)⁻¹ Yᵀ` is largest where the eigenvalues that are not 0 are all alike.
///
/// # Errors
/// [`Error::NoSamples`](crate::Error::NoSamples), [`Error::SideCount`](crate::Error::SideCount) of other than two sides.
pub fn chance(gram: &Gram, center: bool, ridge: f64) -> Result<(Vec<f64>, Vec<f64>)> {
    gram.require_pair()?;
    let (n_x, n) = (gram.n_x(), gram.n_x() + gram.n_y());
    let samples = gram.n_samples() as f64;
    let levels = |own: std::ops::Range<usize>, other: std::ops::Range<usize>| {
        let others = other.filter(|&j| !gram.is_dead(j, center)).count() as f64;
        let directions = others.min(samples);
        let held_back = if others > 0.0 { 1.0 + ridge * directions / others } else { 1.0 };
        let unexplained = (1.0 - directions / held_back / samples).max(0.0);
        own.map(|j| {
            if gram.is_dead(j, center) {
                return f64::NAN;
            }
            let along = if center { 0.0 } else { gram.sum(j).powi(2) / gram.product(j, j, false) };
            ((1.0 - along / samples).max(0.0) * unexplained).sqrt()
        })
        .collect()
    };
    Ok((levels(0..n_x, n_x..n), levels(n_x..n, 0..n_x)))
}
