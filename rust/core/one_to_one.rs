//! What two sides share neuron by neuron: at every ε a largest set of disjoint pairs within it.

mod matching;
mod ordered;
mod residuals;
mod search;
mod side;

use std::ops::ControlFlow;

use crate::curve::{area, limit, share};
use crate::error::Result;
use crate::neurons::{NeuronSet, Side};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::spectrum::up_to;
use matching::Matching;
use residuals::{NearestPartners, PairResiduals};

/// Of every ε how many disjoint pairs, an x and a y each, are within it, and which neurons they cover.
///
/// Two neurons are within ε of each other when `sqrt(1 - cos²) <= ε`, regularised as every residual is. The
/// largest number of disjoint such pairs is that of a maximum matching of a bipartite graph. Pairs are let in in
/// order of residual, and after each the matching is made maximum again by an augmenting path, which covers
/// two neurons more and uncovers none: so one pass gives every ε, and covered neurons are nested.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
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
    /// δ of the regularised residuals.
    pub resolution: f64,
}

/// Of every neuron of a side its best single partner, of those alike the first.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Nearest {
    /// The partner; `None` where dead, or where the other side is.
    pub index: Vec<Option<usize>>,
    /// The residual on it; infinite where there is none.
    pub residual: Vec<f64>,
}

/// A pair that is new.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// From which ε on.
    pub eps: f64,
    /// The neuron of x.
    pub x: usize,
    /// The neuron of y.
    pub y: usize,
}

impl OneToOne {
    /// One largest set of disjoint pairs within ε, an x and a y each, x rising. Pairs of a smaller ε need not be among
    /// those of a larger one; the neurons are.
    ///
    /// # Errors
    /// [`Error::Eps`](crate::Error::Eps) unless ε is in [0, 1).
    pub fn pairs(&self, eps: f64) -> Result<Vec<(usize, usize)>> {
        let limit = limit(eps, self.resolution)?;
        let mut partner = vec![None; self.x.len()];
        for change in self.changes.iter().take_while(|change| change.eps <= limit) {
            partner[change.x] = Some(change.y);
        }
        let paired = partner.into_iter().enumerate();
        Ok(paired.filter_map(|(x, y)| y.map(|y| (x, y))).collect())
    }

    /// The covered neurons, as a match: pairs are one.
    ///
    /// # Errors
    /// [`Error::Eps`](crate::Error::Eps) unless ε is in [0, 1).
    pub fn match_at(&self, eps: f64) -> Result<NeuronSet> {
        let limit = limit(eps, self.resolution)?;
        Ok(NeuronSet::from_sorted(up_to(&self.x, limit), up_to(&self.y, limit)))
    }

    /// s1(ε), the part of all neurons, dead ones too, that disjoint pairs cover; 0 where there are none. It depends on no
    /// choice, and is never above [`near`](Self::near).
    ///
    /// # Errors
    /// [`Error::Eps`](crate::Error::Eps) unless ε is in [0, 1).
    pub fn similarity(&self, eps: f64) -> Result<f64> {
        Ok(share([&self.x, &self.y], limit(eps, self.resolution)?))
    }

    /// The part of all neurons, dead ones too, that have a single partner within ε, which may be that of others as well.
    ///
    /// # Errors
    /// [`Error::Eps`](crate::Error::Eps) unless ε is in [0, 1).
    pub fn near(&self, eps: f64) -> Result<f64> {
        let nearest = [&self.nearest_x.residual[..], &self.nearest_y.residual];
        Ok(share(nearest, limit(eps, self.resolution)?))
    }

    /// The area under s1(ε): a similarity in [0, 1] with no ε to choose.
    #[must_use]
    pub fn area(&self) -> f64 {
        area([&self.x, &self.y])
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
/// use spanmatch::{Gram, Problem, one_to_one};
///
/// // Both x are the first y over again: as spans they share all of it, pair by pair one of them.
/// let x = array![[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]];
/// let y = array![[1.0, 0.6], [0.0, 0.8], [0.0, 0.0]];
/// let mut gram = Gram::default();
/// gram.update(&x, &y)?;
/// let found = one_to_one(&Problem::new(&gram, false)?)?;
/// assert_eq!(found.pairs(0.5)?, [(0, 0)]);
/// assert_eq!(found.pairs(0.9)?.len(), 2);
/// assert_eq!((found.similarity(0.5)?, found.near(0.5)?), (0.5, 0.75));
/// assert_eq!(found.nearest_x.index, [Some(0), Some(0)]);
/// # Ok::<(), spanmatch::Error>(())
/// ```
///
/// # Errors
/// [`Error::NoResidual`](crate::Error::NoResidual), [`Error::OutOfMemory`](crate::Error::OutOfMemory),
/// [`Error::Interrupted`](crate::Error::Interrupted).
pub fn one_to_one(problem: &Problem) -> Result<OneToOne> {
    let solved = problem.solve(|problem| {
        let (residuals, progress) = (PairResiduals::of(problem), problem.progress());
        progress.begin(residuals.smaller_side());
        let [nearest_x, nearest_y] = residuals.nearest(progress)?;
        let mut answer = OneToOne {
            x: vec![f64::INFINITY; problem.count(Side::X)],
            y: vec![f64::INFINITY; problem.count(Side::Y)],
            nearest_x: name(problem, [Side::X, Side::Y], &nearest_x),
            nearest_y: name(problem, [Side::Y, Side::X], &nearest_y),
            changes: Vec::new(),
            resolution: problem.resolution(),
        };
        let matching = Matching::new(&nearest_x.residual, &nearest_y.residual)?;
        cover(problem, &residuals, matching, &mut answer, progress)?;
        progress.finish();
        Ok(answer)
    })?;
    Ok(solved.answer)
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
