//! Answers, each with the resolution it was found at.

/// An answer, and δ of the regularised span that it was found with: that of the
/// [`Problem`](crate::Problem::resolution), unless the Gram matrix was so far from positive semidefinite that it had to
/// be raised. Then columns that differ by less than this cannot be told apart, and residuals of up to 100 times as
/// much count as exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Solved<T> {
    /// What was asked for.
    pub answer: T,
    /// δ of the regularised span.
    pub resolution: f64,
}

impl<T> Solved<T> {
    /// The same resolution, of another answer.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Solved<U> {
        Solved { answer: change(self.answer), resolution: self.resolution }
    }
}
