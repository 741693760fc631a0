//! What is inside a match: minimum matches, covers, support, and each side in terms of the other.

use numpy::{IntoPyArray, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use spanmatch::Solved;

use crate::arguments::{neuron_of, neuron_set};
use crate::gram::Gram;
use crate::solve::{Columns, Floats, Indices, With, indices, solve};

/// Columns of x and of y, and who supports whom.
type Support<'py> = (Indices<'py>, Indices<'py>, Bound<'py, PyArray2<bool>>);
/// Coefficients, offset, residuals.
type Expression<'py> = (Bound<'py, PyArray2<f64>>, Floats<'py>, Floats<'py>);

/// One v-minimum match; None where the neuron is outside the maximum match.
#[pyfunction]
pub(crate) fn minimum_match<'py>(
    gram: &Bound<'py, Gram>,
    eps: f64,
    neuron: (&str, i64),
    seed: u64,
    center: bool,
    ridge: Option<f64>,
) -> PyResult<With<Option<Columns<'py>>>> {
    let py = gram.py();
    let neuron = neuron_of(gram.get().pair_widths(py)?, neuron)?;
    let Solved { answer, resolution } =
        solve(gram, (center, ridge), None, |problem| problem.at(eps)?.minimum_match(neuron, seed))?;
    Ok((answer.map(|found| indices(py, &found.neurons)), resolution))
}

/// Simple matches whose union is the maximum match.
#[pyfunction]
#[pyo3(signature = (gram, eps, seed, center, ridge, progress=None))]
pub(crate) fn simple_cover<'py>(
    gram: &Bound<'py, Gram>,
    eps: f64,
    seed: u64,
    center: bool,
    ridge: Option<f64>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<With<Vec<Columns<'py>>>> {
    let Solved { answer, resolution } =
        solve(gram, (center, ridge), progress, |problem| problem.at(eps)?.simple_cover(seed))?;
    Ok((answer.iter().map(|set| indices(gram.py(), set)).collect(), resolution))
}

/// A minimum match for every neuron of the maximum match, x first.
#[pyfunction]
#[pyo3(signature = (gram, eps, seed, center, ridge, progress=None))]
pub(crate) fn minimum_matches<'py>(
    gram: &Bound<'py, Gram>,
    eps: f64,
    seed: u64,
    center: bool,
    ridge: Option<f64>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<With<Vec<Columns<'py>>>> {
    let Solved { answer, resolution } =
        solve(gram, (center, ridge), progress, |problem| problem.at(eps)?.minimum_matches(seed))?;
    Ok((answer.iter().map(|set| indices(gram.py(), set)).collect(), resolution))
}

/// The neurons that the named match is a minimum match for.
#[pyfunction]
pub(crate) fn minimum_for(
    gram: &Bound<'_, Gram>,
    eps: f64,
    x_index: PyReadonlyArray1<'_, i64>,
    y_index: PyReadonlyArray1<'_, i64>,
    center: bool,
    ridge: Option<f64>,
) -> PyResult<With<Vec<(String, usize)>>> {
    let set = neuron_set(&gram.get().pair_widths(gram.py())?, &x_index, &y_index)?;
    let Solved { answer, resolution } =
        solve(gram, (center, ridge), None, |problem| spanmatch::minimum_for(problem, eps, &set))?;
    let named = answer.iter().map(|neuron| (neuron.side.to_string(), neuron.index));
    Ok((named.collect(), resolution))
}

/// Whether the named columns are a simple match.
#[pyfunction]
pub(crate) fn is_simple(
    gram: &Bound<'_, Gram>,
    eps: f64,
    x_index: PyReadonlyArray1<'_, i64>,
    y_index: PyReadonlyArray1<'_, i64>,
    center: bool,
    ridge: Option<f64>,
) -> PyResult<With<bool>> {
    let set = neuron_set(&gram.get().pair_widths(gram.py())?, &x_index, &y_index)?;
    let solved =
        solve(gram, (center, ridge), None, |problem| spanmatch::is_simple(problem, eps, &set))?;
    Ok((solved.answer, solved.resolution))
}

/// The columns of the maximum match, and who supports whom among them, x first.
#[pyfunction]
#[pyo3(signature = (gram, eps, center, ridge, progress=None))]
pub(crate) fn support<'py>(
    gram: &Bound<'py, Gram>,
    eps: f64,
    center: bool,
    ridge: Option<f64>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<With<Support<'py>>> {
    let py = gram.py();
    let Solved { answer: support, resolution } =
        solve(gram, (center, ridge), progress, |problem| problem.at(eps)?.support())?;
    let (x, y) = indices(py, &support.neuron_set());
    let size = support.neurons().len();
    let matrix = support.into_matrix().into_pyarray(py).reshape([size, size])?;
    Ok(((x, y, matrix), resolution))
}

/// The named x by the named y, and conversely: coefficients, offset and residuals of each.
#[pyfunction]
pub(crate) fn linear_map<'py>(
    gram: &Bound<'py, Gram>,
    x_index: PyReadonlyArray1<'py, i64>,
    y_index: PyReadonlyArray1<'py, i64>,
    center: bool,
    ridge: Option<f64>,
) -> PyResult<With<(Expression<'py>, Expression<'py>)>> {
    let py = gram.py();
    let set = neuron_set(&gram.get().pair_widths(py)?, &x_index, &y_index)?;
    let Solved { answer: map, resolution } =
        solve(gram, (center, ridge), None, |problem| spanmatch::linear_map(problem, &set))?;
    let side = |side: spanmatch::Expression| {
        let (offset, residuals) = (side.offset.into_pyarray(py), side.residuals.into_pyarray(py));
        (side.coefficients.into_pyarray(py), offset, residuals)
    };
    Ok(((side(map.x), side(map.y)), resolution))
}
