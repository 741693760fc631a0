//! What two sides share neuron by neuron: at every ε a largest set of disjoint pairs within it.

mod matching;
mod ordered;
mod residuals;
mod search;
mod side;

use std::ops::ControlFlow;

use crate::error::Result;
use crate::neurons::Side;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::solved::Solved;
use matching::Matching;
use residuals::{NearestPartners, PairResiduals};

/// Of every ε how many disjoint pairs, an x and a y each, are within it, and which neurons they cover.
///
/// Two neurons are within ε of each other when `sqrt(1 - cos²) <= ε`, regularised as every residual is. The
/// largest number of disjoint such pairs is that of a maximum matching of a bipartite graph. Pairs are let in in
/// order of residual, and after each the matching is made maximum again by an augmenting path, which covers
/// two neurons more and uncovers none: so one pass gives every ε, and covered neurons are nested.
#[derive(Clone, Debug, PartialEq)]
pub struct OneToOne {
    /// Critical ε of every neuron of x, the smallest at which it is covered: 0 exact, infinite where dead or never
    /// covered, at most 1 otherwise.
    pub x: Vec<f64>,
    /// Critical ε of every neuron of y.
    pub y: Vec<f64>,
    /// Of every neuron of x the single y of smallest residual.
    pub nearest_x: Nearest,
    /// Of every neuron of y the single x of smallest residual.
    pub nearest_y: Nearest,
    /// The pairs that are new at each ε at which the set of pairs changes, ε rising, then x. The last pair of an x up
    /// to some ε is its pair there: no x that has one is ever without.
    pub changes: Vec<Change>,
}

/// Of every neuron of a side its best single partner, of those alike the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    /// The partner; `None` where dead, or where the other side is.
    pub index: Vec<Option<usize>>,
    /// The residual on it; infinite where there is none.
    pub residual: Vec<f64>,
}

/// A pair that is new.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// From which ε on.
    pub eps: f64,
    /// The neuron of x.
    pub x: usize,
    /// The neuron of y.
    pub y: usize,
}

impl OneToOne {
    /// As many disjoint pairs as there are with residuals of up to `limit`, x rising.
    #[must_use]
    pub fn pairs(&self, limit: f64) -> Vec<(usize, usize)> {
        let mut partner = vec![None; self.x.len()];
        for change in self.changes.iter().take_while(|change| change.eps <= limit) {
            partner[change.x] = Some(change.y);
        }
        let paired = partner.into_iter().enumerate();
        paired.filter_map(|(x, y)| y.map(|y| (x, y))).collect()
    }
}

/// Lets in the pairs in order of residual, then of x, then of y. Which neurons an augmenting path covers is a choice:
/// of all free ones in reach, on each side, that of smallest nearest residual, then of lowest index. Which can
/// be reached depends on the covered neurons alone and not on how they are paired, so critical ε do not either.
///
/// Maximum matchings by augmenting paths: Hopcroft and Karp 1973. The smallest ε that covers all is the bottleneck
/// assignment (Gross 1959).
///
/// ```
/// use ndarray::array;
/// use spanmatch::{Gram, Problem, Progress, one_to_one};
///
/// // Both x are the first y over again: as spans they share all of it, pair by pair one of them.
/// let x = array![[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]];
/// let y = array![[1.0, 0.6], [0.0, 0.8], [0.0, 0.0]];
/// let (mut gram, progress) = (Gram::default(), Progress::default());
/// gram.update(x.view().into(), y.view().into(), &progress)?;
/// let found = one_to_one(&Problem::new(&gram, false)?, &progress)?.answer;
/// assert_eq!(found.pairs(0.5), [(0, 0)]);
/// assert_eq!(found.pairs(0.9).len(), 2);
/// assert_eq!(found.nearest_x.index, [Some(0), Some(0)]);
/// # Ok::<(), spanmatch::Error>(())
/// ```
///
/// # Errors
/// [`Error::NoResidual`](crate::Error::NoResidual), [`Error::OutOfMemory`](crate::Error::OutOfMemory),
/// [`Error::Interrupted`](crate::Error::Interrupted).
pub fn one_to_one(problem: &Problem, progress: &Progress) -> Result<Solved<OneToOne>> {
    problem.solve(|problem| {
        let residuals = PairResiduals::of(problem);
        progress.begin(residuals.smaller_side());
        let [nearest_x, nearest_y] = residuals.nearest(progress)?;
        let mut answer = OneToOne {
            x: vec![f64::INFINITY; problem.count(Side::X)],
            y: vec![f64::INFINITY; problem.count(Side::Y)],
            nearest_x: name(problem, [Side::X, Side::Y], &nearest_x),
            nearest_y: name(problem, [Side::Y, Side::X], &nearest_y),
            changes: Vec::new(),
        };
        let matching = Matching::new(&nearest_x.residual, &nearest_y.residual)?;
        cover(problem, &residuals, matching, &mut answer, progress)?;
        progress.finish();
        Ok(answer)
    })
}

/// Finds the critical ε and the pairs.
fn cover(
    problem: &Problem,
    residuals: &PairResiduals<'_>,
    mut matching: Matching,
    answer: &mut OneToOne,
    progress: &Progress,
) -> Result<()> {
    let index = |side: Side, place: usize| problem.live()[problem.places(side).start + place].index;
    let mut level = 0.0;
    let mut add_changes = |matching: &mut Matching, eps: f64| {
        answer.changes.extend(matching.take_changes().map(|(x, y)| Change {
            eps,
            x: index(Side::X, x),
            y: index(Side::Y, y),
        }));
    };
    residuals.in_order(progress, |residual, x, y| {
        if residual > level {
            add_changes(&mut matching, level);
            level = residual;
        }
        if let Some((x, y)) = matching.insert(x, y) {
            answer.x[index(Side::X, x)] = residual;
            answer.y[index(Side::Y, y)] = residual;
            progress.advance(1);
            progress.check()?;
            if matching.len() == residuals.smaller_side() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    add_changes(&mut matching, level);
    Ok(())
}

/// The partners of the live neurons of a side, by the numbers that neurons have.
fn name(problem: &Problem, [side, other]: [Side; 2], nearest: &NearestPartners) -> Nearest {
    let count = problem.count(side);
    let (own, other) = (problem.places(side), problem.places(other));
    let mut named = Nearest { index: vec![None; count], residual: vec![f64::INFINITY; count] };
    if other.is_empty() {
        return named;
    }
    for (place, neuron) in problem.live()[own].iter().enumerate() {
        let partner = problem.live()[other.start + nearest.partner[place]];
        named.index[neuron.index] = Some(partner.index);
        named.residual[neuron.index] = nearest.residual[place];
    }
    named
}
