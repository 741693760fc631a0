//! From residuals of neurons to the part of all neurons that is within an ε.

use crate::error::{Error, Result};
use crate::problem::{EXACT, TOLERANCE};

/// The largest residual that counts as at most ε.
pub(crate) fn limit(eps: f64, resolution: f64) -> Result<f64> {
    if (0.0..1.0).contains(&eps) {
        Ok(eps.max(EXACT * resolution) + TOLERANCE)
    } else {
        Err(Error::Eps(eps))
    }
}

/// The part of the residuals of two sides that is at most the limit; 0 where there are none.
pub(crate) fn share(sides: [&[f64]; 2], limit: f64) -> f64 {
    let all = sides[0].len() + sides[1].len();
    let within = sides.into_iter().flatten().filter(|&&residual| residual <= limit).count();
    within as f64 / all.max(1) as f64
}

/// The area under the share over all ε: the mean of `max(0, 1 - residual)`; 0 where there are none.
pub(crate) fn area(sides: [&[f64]; 2]) -> f64 {
    let all = sides[0].len() + sides[1].len();
    let parts = sides.into_iter().flatten().map(|residual| (1.0 - residual).max(0.0));
    parts.sum::<f64>() / all.max(1) as f64
}
