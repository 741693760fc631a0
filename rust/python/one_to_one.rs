//! What two sides share pair by pair.

use numpy::IntoPyArray;
use pyo3::prelude::*;
use spanmatch::Nearest;

use crate::gram::Gram;
use crate::solve::{Floats, Indices, With, solve};

/// Of each neuron its best single partner, -1 where there is none, and the residual on it.
type Partners<'py> = (Indices<'py>, Floats<'py>);
/// Pairs, x and y, and from which ε on.
type Changes<'py> = (Indices<'py>, Indices<'py>, Floats<'py>);
/// Critical ε of x and of y, partners of x and of y, changes.
type OneToOne<'py> = (Floats<'py>, Floats<'py>, Partners<'py>, Partners<'py>, Changes<'py>);

/// The critical ε of every neuron, its best single partner, and the pairs that are new at each ε.
#[pyfunction]
#[pyo3(signature = (gram, center, ridge, progress=None))]
pub(crate) fn one_to_one<'py>(
    gram: &Bound<'py, Gram>,
    center: bool,
    ridge: Option<f64>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<With<OneToOne<'py>>> {
    let py = gram.py();
    let found = solve(gram, (center, ridge), progress, spanmatch::one_to_one)?;
    let partners = |nearest: Nearest| {
        let index = nearest.index.iter().map(|index| index.map_or(-1, number));
        (index.collect::<Vec<i64>>().into_pyarray(py), nearest.residual.into_pyarray(py))
    };
    let column = |number: &dyn Fn(&spanmatch::Change) -> i64| {
        found.changes.iter().map(number).collect::<Vec<i64>>().into_pyarray(py)
    };
    let changes = (
        column(&|change| number(change.x)),
        column(&|change| number(change.y)),
        found.changes.iter().map(|change| change.eps).collect::<Vec<f64>>().into_pyarray(py),
    );
    let critical = (found.x.into_pyarray(py), found.y.into_pyarray(py));
    let (of_x, of_y) = (partners(found.nearest_x), partners(found.nearest_y));
    Ok(((critical.0, critical.1, of_x, of_y, changes), found.resolution))
}

/// A column's number, which is below 2^63.
#[allow(clippy::cast_possible_wrap)]
fn number(index: usize) -> i64 {
    index as i64
}
