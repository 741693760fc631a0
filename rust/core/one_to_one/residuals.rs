//! The residuals of all pairs, and of every neuron the nearest partner.

use std::ops::{ControlFlow, Range};

use crate::error::{Error, Result};
use crate::neurons::Side;
use crate::problem::Problem;
use crate::progress::Progress;

/// Added and subtracted again it rounds a residual, which is at most 1, to a multiple of 2^-40: those that only
/// rounding tells apart, as of copies, are alike then, and the first counts.
const GRAIN: f64 = 4096.0;

/// An x with each y: neurons are counted by their place among the live ones of their side.
pub(super) struct PairResiduals<'p> {
    problem: &'p Problem,
    pub(super) x: Range<usize>,
    pub(super) y: Range<usize>,
}

/// Of every live neuron of a side the partner of smallest residual.
pub(super) struct NearestPartners {
    pub(super) partner: Vec<usize>,
    pub(super) residual: Vec<f64>,
}

impl<'p> PairResiduals<'p> {
    pub(super) fn of(problem: &'p Problem) -> Self {
        Self { problem, x: problem.places(Side::X), y: problem.places(Side::Y) }
    }

    /// How many live neurons the side of fewer has: more pairs are never disjoint.
    pub(super) fn smaller_side(&self) -> usize {
        self.x.len().min(self.y.len())
    }

    /// Both sides' best partners; of partners alike the first.
    pub(super) fn nearest(&self, progress: &Progress) -> Result<[NearestPartners; 2]> {
        let alone =
            |n: usize| NearestPartners { partner: vec![0; n], residual: vec![f64::INFINITY; n] };
        let (mut of_x, mut of_y) = (alone(self.x.len()), alone(self.y.len()));
        self.every_x(progress, |x, residuals| {
            let nearest = residuals.iter().copied().fold(f64::INFINITY, f64::min);
            of_x.residual[x] = nearest;
            of_x.partner[x] = residuals.iter().position(|&r| r <= nearest).unwrap_or(0);
            let best = of_y.residual.iter_mut().zip(&mut of_y.partner);
            for (&residual, (best, partner)) in residuals.iter().zip(best) {
                let is_nearer = residual < *best;
                *best = if is_nearer { residual } else { *best };
                *partner = if is_nearer { x } else { *partner };
            }
            Ok(())
        })?;
        Ok([of_x, of_y])
    }

    /// Gives for every x in turn its residuals on each y alone. An error where a pair has more in common than each has
    /// in all, or what is no number.
    pub(super) fn every_x(
        &self,
        progress: &Progress,
        mut look: impl FnMut(usize, &[f64]) -> Result<()>,
    ) -> Result<()> {
        let on = |()| ControlFlow::Continue(());
        self.each_x(progress, |x, residuals| look(x, residuals).map(on)).map(|_| ())
    }

    /// The same, until it is told to stop.
    pub(super) fn each_x(
        &self,
        progress: &Progress,
        mut look: impl FnMut(usize, &[f64]) -> Result<ControlFlow<()>>,
    ) -> Result<ControlFlow<()>> {
        let whole = 1.0 + self.problem.ridge();
        let exact = self.problem.exact();
        let cosines = self.problem.cosines();
        let (mut of_x, mut residuals) = (vec![0.0; self.y.len()], vec![0.0; self.y.len()]);
        for x in 0..self.x.len() {
            progress.check()?;
            cosines.write(self.x.start + x, cosines, self.y.clone(), &mut of_x);
            self.check(x, &of_x)?;
            for (residual, cosine) in residuals.iter_mut().zip(&of_x) {
                let root = (1.0 - cosine * cosine / whole).max(0.0).sqrt();
                *residual = if root <= exact { 0.0 } else { (root + GRAIN) - GRAIN };
            }
            if look(x, &residuals)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Checks that no y explains more of an x than there is, up to rounding.
    fn check(&self, x: usize, cosines: &[f64]) -> Result<()> {
        let whole = 1.0 + self.problem.ridge();
        let largest = 1.0 + self.problem.exact().powi(2);
        let explained = |cosine: &f64| cosine * cosine / whole;
        // NaN fails this comparison too.
        let is_possible = |cosine: &&f64| explained(cosine) <= largest;
        match cosines.iter().find(|cosine| !is_possible(cosine)) {
            None => Ok(()),
            Some(cosine) => Err(Error::NoResidual {
                neuron: self.problem.live()[self.x.start + x],
                explained: explained(cosine),
            }),
        }
    }
}
