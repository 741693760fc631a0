//! What all questions to a pair have in common.

use std::sync::Arc;

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use spanmatch::{NeuronSet, Problem, Progress};

use crate::gram::Gram;

pub(crate) type Floats<'py> = Bound<'py, PyArray1<f64>>;
pub(crate) type Indices<'py> = Bound<'py, PyArray1<i64>>;
/// Columns of x and of y.
pub(crate) type Columns<'py> = (Indices<'py>, Indices<'py>);
/// An answer, and the resolution it was found at.
pub(crate) type With<T> = (T, f64);
/// Whether to centre, and the ridge, if any.
pub(crate) type Regularised = (bool, Option<f64>);

/// What is solved, watched and cancelled by `progress`.
pub(crate) fn problem(
    gram: &spanmatch::Gram,
    (center, ridge): Regularised,
    progress: &Arc<Progress>,
) -> spanmatch::Result<Problem> {
    let problem = Problem::new(gram, center)?.with_progress(progress.clone());
    match ridge {
        Some(ridge) => problem.with_ridge(ridge),
        None => Ok(problem),
    }
}

/// Long work that reads a pair as it is asked to.
pub(crate) fn solve<T: Send>(
    gram: &Bound<'_, Gram>,
    how: Regularised,
    progress: Option<&Bound<'_, PyAny>>,
    solver: impl Fn(&Problem) -> spanmatch::Result<T> + Sync,
) -> PyResult<T> {
    gram.get().read(gram.py(), progress, |gram, progress| solver(&problem(gram, how, progress)?))
}

pub(crate) fn indices<'py>(py: Python<'py>, set: &NeuronSet) -> Columns<'py> {
    let side = |index: &[usize]| -> Indices<'py> {
        // A column's number is below 2^63.
        #[allow(clippy::cast_possible_wrap)]
        let index: Vec<i64> = index.iter().map(|&i| i as i64).collect();
        index.into_pyarray(py)
    };
    (side(set.x()), side(set.y()))
}
