//! The same problem with a larger δ, for a Gram matrix that is not positive semidefinite as it is.

use std::sync::OnceLock;

use super::Problem;
use crate::error::{Error, Result};
use crate::solved::Solved;

/// The δ from which on it is not raised any further.
const LARGEST: f64 = 1e-3;

/// The problem with δ ten times as large, made when it is first needed. A copy of a problem makes its own, because the
/// copy may be changed in other ways.
#[derive(Debug, Default)]
pub(super) struct Raised(OnceLock<Box<Problem>>);

impl Clone for Raised {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Problem {
    /// Solves. While a Cholesky factorisation fails, or more of a neuron is explained than there is, it solves again
    /// with δ ten times as large.
    pub(crate) fn solve<T>(&self, solver: impl Fn(&Self) -> Result<T>) -> Result<Solved<T>> {
        match solver(self) {
            Err(error) if self.asks_for_more(&error) => self.raised().solve(solver),
            result => Ok(Solved { answer: result?, resolution: self.resolution }),
        }
    }

    /// Whether a solver that failed with this error is to be run again on the [`raised`](Self::raised) problem.
    pub(crate) fn asks_for_more(&self, error: &Error) -> bool {
        let is_damaged = matches!(error, Error::Indefinite(_) | Error::NoResidual { .. });
        is_damaged && self.resolution < LARGEST
    }

    /// The same with δ ten times as large.
    pub(crate) fn raised(&self) -> &Self {
        let raise = || Box::new(Self { resolution: 10.0 * self.resolution, ..self.clone() });
        self.raised.0.get_or_init(raise)
    }
}
