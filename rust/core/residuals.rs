//! How far each neuron is from the span of the other side, and the test of a match.

use crate::doubt::limit_of;
use crate::error::Result;
use crate::neurons::{NeuronSet, Side};
use crate::problem::Problem;
use crate::solved::Solved;
use crate::tableau::Tableau;
use crate::tableau::TableauPair;

/// Relative residuals `r(v | B)` (Wang et al. 2018, definition 1).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Residuals {
    /// Of every neuron of x on the chosen neurons of y; NaN where dead.
    pub x: Vec<f64>,
    /// Of every neuron of y on the chosen neurons of x; NaN where dead.
    pub y: Vec<f64>,
}

/// The residual of every neuron of one side on the chosen neurons of the other.
///
/// # Errors
/// [`Error::NoSuchNeuron`](crate::Error::NoSuchNeuron), [`Error::Interrupted`](crate::Error::Interrupted).
pub fn residuals(problem: &Problem, chosen: &NeuronSet) -> Result<Solved<Residuals>> {
    problem.check(chosen)?;
    problem.solve(|problem| {
        let mut residuals = Residuals {
            x: vec![f64::NAN; problem.count(Side::X)],
            y: vec![f64::NAN; problem.count(Side::Y)],
        };
        let (x, y) = (chosen.x(), chosen.y());
        for (side, other, chosen) in [(Side::X, Side::Y, y), (Side::Y, Side::X, x)] {
            let predictors: Vec<usize> = problem.places_among(other, chosen).collect();
            let targets: Vec<usize> = problem.places(side).collect();
            let tableau = Tableau::new(problem, &predictors, &targets, problem.progress())?;
            let out = if side == Side::X { &mut residuals.x } else { &mut residuals.y };
            for (place, square) in tableau.squares() {
                out[problem.live()[place].index] = square.min(1.0).sqrt();
            }
        }
        Ok(residuals)
    })
}

/// Whether a set is an ε-approximate match (Wang et al. 2018, definition 2): each of its neurons within ε
/// of the span of its neurons on the other side, or beyond that by no more than rounding can move it, which is little
/// unless coefficients are in the thousands. The empty set is a match; a set with a dead neuron is not.
///
/// # Errors
/// [`Error::Eps`](crate::Error::Eps), [`Error::NoSuchNeuron`](crate::Error::NoSuchNeuron),
/// [`Error::Interrupted`](crate::Error::Interrupted).
pub fn is_match(problem: &Problem, eps: f64, set: &NeuronSet) -> Result<Solved<bool>> {
    problem.limit(eps)?;
    problem.check(set)?;
    let Some(places) = problem.places_of(set) else {
        return Ok(Solved { answer: false, resolution: problem.resolution() });
    };
    problem.solve(|problem| {
        let (limit, progress) = (problem.limit(eps)?.powi(2), problem.progress());
        let members = TableauPair::of(problem, &places, progress)?;
        Ok(limit_of(&members, limit, progress)?.is_some())
    })
}
