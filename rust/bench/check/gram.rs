//! A Gram held against its samples.

use ndarray::{Array1, Array2, s};
use spanmatch::Gram;

use super::ensure;
use crate::case::Case;
use crate::error::Result;
use crate::stage::Stage;

/// Rows that are widened at once.
const ROWS: usize = 1024;
/// Roundings of float64, many times over.
const ROUNDING: f64 = 1e-11;

/// `G w = Zᵀ (Z w)` for one w: a wrong product shows, at the cost of reading the samples twice.
pub(super) fn check(case: &Case, gram: &Gram) -> Result<()> {
    let parts = gram.state()?;
    let shift = Array1::from(parts.shift);
    let weights = Array1::from_shape_fn(shift.len(), |j| (j % 7) as f64 + 1.0);
    let mut expected = Array1::<f64>::zeros(shift.len());
    let samples = case.x.samples().n_samples();
    for first in (0..samples).step_by(ROWS) {
        let rows = first..(first + ROWS).min(samples);
        let mut shifted = Array2::zeros((rows.len(), shift.len()));
        shifted.slice_mut(s![.., ..parts.widths[0]]).assign(&case.x.widened(rows.clone()));
        shifted.slice_mut(s![.., parts.widths[0]..]).assign(&case.y.widened(rows));
        shifted -= &shift;
        expected += &shifted.t().dot(&shifted.dot(&weights));
    }
    let apart =
        (parts.products.dot(&weights) - expected).fold(0.0_f64, |most, v| most.max(v.abs()));
    // No product exceeds the largest square.
    let largest = parts.products.diag().fold(0.0_f64, |most, &square| most.max(square));
    let bound = ROUNDING * largest * weights.sum();
    ensure(apart <= bound, Stage::Gram, || {
        format!("a checksum of its products is off by {apart:e}, where rounding explains {bound:e}")
    })?;
    ensure(parts.n_samples == samples as u64, Stage::Gram, || {
        format!("it has {} of {samples} samples", parts.n_samples)
    })
}
