//! Each side of a set of neurons in terms of the other.

use ndarray::Array2;

use crate::error::{Error, Purpose, Result};
use crate::invariant::shaped;
use crate::memory;
use crate::neurons::{Neuron, NeuronSet, Side};
use crate::problem::Problem;
use crate::solved::Solved;
use crate::tableau::Tableau;

/// One side expressed by the other, in the input's own units: `targets = offset + predictors · coefficients`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Expression {
    /// A row for every predictor, a column for every target.
    pub coefficients: Array2<f64>,
    /// Of every target; zero unless centred.
    pub offset: Vec<f64>,
    /// Relative residual of every target.
    pub residuals: Vec<f64>,
}

/// Each side of a set of neurons in terms of the other.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LinearMap {
    /// The x of the set, by its y.
    pub x: Expression,
    /// The y of the set, by its x.
    pub y: Expression,
}

/// Expresses each side of a set by the other: regularised least squares on unit columns, as everywhere,
/// with the coefficients carried back to the units of the samples.
///
/// # Errors
/// [`Error::Dead`], [`Error::NoSuchNeuron`], [`Error::Interrupted`].
pub fn linear_map(problem: &Problem, set: &NeuronSet) -> Result<Solved<LinearMap>> {
    problem.check(set)?;
    let Some(places) = problem.places_of(set) else {
        return Err(Error::Dead(first_dead(problem, set)));
    };
    problem.solve(|problem| {
        let (x, y) = places.split_at(set.x().len());
        Ok(LinearMap { x: express(problem, y, x)?, y: express(problem, x, y)? })
    })
}

fn express(problem: &Problem, predictors: &[usize], targets: &[usize]) -> Result<Expression> {
    let progress = problem.progress();
    let tableau = Tableau::new(problem, predictors, targets, progress)?;
    let residuals = tableau.squares().map(|(_, square)| square.min(1.0).sqrt()).collect();
    let unit = tableau.into_coefficients(progress)?;
    let shape = (predictors.len(), targets.len());
    let mut coefficients = memory::reserved(shape.0.saturating_mul(shape.1), Purpose::Solver)?;
    for (i, &predictor) in predictors.iter().enumerate() {
        let norm = problem.norm(predictor);
        let row = targets.iter().enumerate();
        coefficients.extend(row.map(|(j, &target)| unit[(j, i)] * (problem.norm(target) / norm)));
    }
    let coefficients = shaped(shape, coefficients);
    let offset = targets.iter().enumerate().map(|(j, &target)| {
        let along = predictors.iter().zip(coefficients.column(j));
        problem.mean(target) - along.map(|(&p, c)| problem.mean(p) * c).sum::<f64>()
    });
    Ok(Expression { offset: offset.collect(), coefficients, residuals })
}

fn first_dead(problem: &Problem, set: &NeuronSet) -> Neuron {
    let dead = problem.dead();
    let among = |side: Side, chosen: &[usize], dead: &[usize]| {
        let index = chosen.iter().copied().find(|index| dead.binary_search(index).is_ok());
        index.map(|index| Neuron { side, index })
    };
    among(Side::X, set.x(), dead.x())
        .or_else(|| among(Side::Y, set.y(), dead.y()))
        .expect("a set with fewer places than neurons holds a dead one")
}
