//! All pairs in order of their residuals.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::residuals::PairResiduals;
use crate::error::{Purpose, Result};
use crate::memory;
use crate::progress::Progress;

/// The number of parts into which a range of residuals is cut when it holds too many pairs to sort at once.
const PARTS: usize = 4096;
/// How many pairs for each neuron are sorted first: these may be enough to match all neurons.
const FIRST: usize = 8;
/// The factor by which the number of pairs sorted grows from one portion to the next.
const GROWTH: usize = 4;
/// As many pairs are sorted at once, however few there are in all: some tenths of a second.
const MOST: usize = 1 << 22;
/// How many pairs are visited between two checks for cancellation.
const GLANCE: usize = 1 << 16;

/// Residuals from the smallest to the largest of so many pairs.
#[derive(Clone, Copy)]
struct Span {
    low: f64,
    high: f64,
    count: usize,
    /// Up to how many are sorted at once.
    room: usize,
}

/// The bits of a residual, which is never negative, are ordered as it is; then x, then y.
type Entry = (u64, u32, u32);

impl PairResiduals<'_> {
    /// Visits all pairs in order of residual, then of x, then of y, until it is told to stop.
    ///
    /// Pairs are sorted in portions, each of all residuals in a range, so that few are in memory at once. What is one
    /// residual many times over is in order as it lies.
    pub(super) fn in_order(
        &self,
        progress: &Progress,
        mut visit: impl FnMut(f64, usize, usize) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let pairs = self.x.len() * self.y.len();
        let first = FIRST * (self.x.len() + self.y.len());
        let most = (pairs / 2).min(MOST.max(pairs / 16)).max(first);
        let mut spans = vec![Span { low: 0.0, high: 1.0, count: pairs, room: first }];
        while let Some(span) = spans.pop() {
            let done = if span.low.to_bits() == span.high.to_bits() {
                self.visit_alike(span.low, progress, &mut visit)?
            } else if span.count <= span.room {
                self.visit_sorted(span, progress, &mut visit)?
            } else {
                let mut parts = self.split(span, most, progress)?;
                parts.reverse();
                spans.append(&mut parts);
                ControlFlow::Continue(())
            };
            if done.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Cuts a range into ranges of at most as many pairs as are sorted at once, more from one to the next. A range of
    /// more is so small that it is to be cut again.
    fn split(&self, span: Span, most: usize, progress: &Progress) -> Result<Vec<Span>> {
        let none = Span { low: f64::INFINITY, high: 0.0, count: 0, room: span.room };
        let mut parts = vec![none; PARTS];
        let scale = (PARTS - 1) as f64 / (span.high - span.low);
        self.every_x(progress, |_, residuals| {
            for &residual in residuals {
                if residual >= span.low && residual <= span.high {
                    // From 0 to PARTS - 1, but for rounding.
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    let place = ((residual - span.low) * scale) as usize;
                    let part = &mut parts[place.min(PARTS - 1)];
                    part.low = part.low.min(residual);
                    part.high = part.high.max(residual);
                    part.count += 1;
                }
            }
            Ok(())
        })?;
        let mut together: Vec<Span> = Vec::new();
        for part in parts.into_iter().filter(|part| part.count > 0) {
            match together.last_mut() {
                Some(last) if last.count + part.count <= last.room => {
                    last.high = part.high;
                    last.count += part.count;
                }
                Some(&mut Span { room, .. }) => {
                    let room = room.saturating_mul(GROWTH).min(most);
                    together.push(Span { room, ..part });
                }
                None => together.push(part),
            }
        }
        Ok(together)
    }

    fn visit_alike(
        &self,
        residual: f64,
        progress: &Progress,
        visit: &mut impl FnMut(f64, usize, usize) -> Result<ControlFlow<()>>,
    ) -> Result<ControlFlow<()>> {
        self.each_x(progress, |x, residuals| {
            for (y, other) in residuals.iter().enumerate() {
                if other.to_bits() == residual.to_bits() && visit(residual, x, y)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    fn visit_sorted(
        &self,
        span: Span,
        progress: &Progress,
        visit: &mut impl FnMut(f64, usize, usize) -> Result<ControlFlow<()>>,
    ) -> Result<ControlFlow<()>> {
        let mut entries: Vec<Entry> = memory::reserved(span.count, Purpose::Solver)?;
        self.every_x(progress, |x, residuals| {
            for (y, &residual) in residuals.iter().enumerate() {
                if residual >= span.low && residual <= span.high {
                    // A side of 2^32 neurons has no Gram.
                    #[allow(clippy::cast_possible_truncation)]
                    entries.push((residual.to_bits(), x as u32, y as u32));
                }
            }
            Ok(())
        })?;
        entries.par_sort_unstable();
        for some in entries.chunks(GLANCE) {
            progress.check()?;
            for &(bits, x, y) in some {
                if visit(f64::from_bits(bits), x as usize, y as usize)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::linalg::LowerTriangle;
    use crate::problem::Problem;

    /// A problem whose cosines between the sides are these.
    fn problem(n_x: usize, n_y: usize, cosine: impl Fn(usize, usize) -> f64 + Sync) -> Problem {
        let unit = LowerTriangle::from_columns(n_x + n_y, |j, column| {
            for (i, value) in (j..).zip(column).filter(|(i, _)| j < n_x && *i >= n_x) {
                *value = cosine(j, i - n_x);
            }
        });
        Problem::of_unit_gram(unit.unwrap(), n_x)
    }

    fn in_order(problem: &Problem) -> Vec<(u64, usize, usize)> {
        let mut visited = Vec::new();
        let visit = |residual: f64, x: usize, y: usize| {
            visited.push((residual.to_bits(), x, y));
            Ok(ControlFlow::Continue(()))
        };
        PairResiduals::of(problem).in_order(&Progress::default(), visit).unwrap();
        visited
    }

    #[test]
    fn every_pair_is_visited_once_in_order() {
        // Of sizes that are sorted at once and not; all values apart, few values, one, and very near ones.
        for (n_x, n_y) in [(1, 1), (0, 3), (7, 9), (120, 90)] {
            for kind in 0..5 {
                let problem = problem(n_x, n_y, |x, y| {
                    let mixed = (x * 7919 + y * 104_729) % 10_007;
                    match kind {
                        0 => mixed as f64 / 10_007.0,
                        1 => (mixed % 3) as f64 / 3.0,
                        2 => 0.5,
                        3 => 0.5 + 1e-9 * mixed as f64 / 10_007.0,
                        _ => f64::from(u8::from(mixed == 0)),
                    }
                });
                let visited = in_order(&problem);
                assert_eq!(visited.len(), n_x * n_y, "{n_x}, {n_y}, {kind}");
                assert!(visited.windows(2).all(|two| two[0] < two[1]), "{n_x}, {n_y}, {kind}");
            }
        }
    }

    #[test]
    fn what_is_told_to_stop_stops() {
        for value in [0.5, 0.0] {
            let problem = problem(100, 100, |x, y| value * (1.0 + (x + y) as f64 / 1e3));
            let mut left = 2_000;
            let visit = |_: f64, _: usize, _: usize| {
                left -= 1;
                Ok(if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            };
            PairResiduals::of(&problem).in_order(&Progress::default(), visit).unwrap();
            assert_eq!(left, 0);
        }
    }
}
