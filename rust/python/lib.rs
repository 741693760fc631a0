//! The Python module `spanmatch._core`: arguments in, results out, nothing else.

// PyO3 hands over the arguments it has extracted.
#![allow(clippy::needless_pass_by_value)]

mod arguments;
mod errors;
mod gram;
mod holders;
mod inside;
mod locked;
mod one_to_one;
mod parts;
mod run;
mod solve;
mod sparse;

use std::sync::Arc;

use numpy::{IntoPyArray, PyReadonlyArray1};
use pyo3::prelude::*;
use spanmatch::{Progress, Solved};

use arguments::neuron_set;
use gram::Gram;
use solve::{Columns, Floats, With, indices, problem, solve};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Gives back to the machine what was freed: the allocator keeps it for a while, and the machine counts it as in use.
fn give_back() {
    // SAFETY: may be called at any time, from any thread.
    let collect = || unsafe { libmimalloc_sys::mi_collect(true) };
    // Each thread of the pool keeps its own.
    if rayon::current_thread_index().is_some() {
        rayon::broadcast(|_| collect());
    } else {
        collect();
    }
}

/// Critical ε of x and of y, chance levels, samples, resolution, refreshes.
type Spectrum<'py> = (Floats<'py>, Floats<'py>, (Floats<'py>, Floats<'py>), u64, f64, usize);

/// Critical ε of x and of y, the number of refreshes, and the resolution. Without `keep` the Gram is empty
/// afterwards, and its memory is free before the long part begins.
#[pyfunction]
#[pyo3(signature = (gram, center, ridge, keep, progress=None))]
fn spectrum<'py>(
    gram: &Bound<'py, Gram>,
    center: bool,
    ridge: Option<f64>,
    keep: bool,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Spectrum<'py>> {
    let py = gram.py();
    let begin = |gram: &spanmatch::Gram, progress: &Arc<Progress>| {
        let problem = problem(gram, (center, ridge), progress)?;
        let chance = spanmatch::chance(gram, center, ridge.unwrap_or(0.0))?;
        Ok((problem, gram.n_samples(), chance))
    };
    let (result, n_samples, chance) = if keep {
        // All from one state of the Gram, which others may be adding to.
        gram.get().read(py, progress, |gram, progress| {
            let (problem, n_samples, chance) = begin(gram, progress)?;
            Ok((spanmatch::spectrum(&problem)?, n_samples, chance))
        })?
    } else {
        let gram = gram.get().take(py)?;
        run::run(py, progress, |progress| {
            let (problem, n_samples, chance) = begin(&gram, progress)?;
            drop(gram);
            Ok((spanmatch::spectrum(&problem)?, n_samples, chance))
        })?
    };
    let (x, y) = (result.x.into_pyarray(py), result.y.into_pyarray(py));
    let chance = (chance.0.into_pyarray(py), chance.1.into_pyarray(py));
    Ok((x, y, chance, n_samples, result.resolution, result.refreshes))
}

/// The largest ε-match: columns of x and of y.
#[pyfunction]
fn maximum_match<'py>(
    gram: &Bound<'py, Gram>,
    eps: f64,
    center: bool,
    ridge: Option<f64>,
) -> PyResult<With<Columns<'py>>> {
    let Solved { answer: set, resolution } =
        solve(gram, (center, ridge), None, |problem| spanmatch::maximum_match(problem, eps))?;
    Ok((indices(gram.py(), &set), resolution))
}

/// Whether the named columns are an ε-match.
#[pyfunction]
fn is_match(
    gram: &Bound<'_, Gram>,
    eps: f64,
    x_index: PyReadonlyArray1<'_, i64>,
    y_index: PyReadonlyArray1<'_, i64>,
    center: bool,
    ridge: Option<f64>,
) -> PyResult<With<bool>> {
    let set = neuron_set(&gram.get().pair_widths(gram.py())?, &x_index, &y_index)?;
    let solved =
        solve(gram, (center, ridge), None, |problem| spanmatch::is_match(problem, eps, &set))?;
    Ok((solved.answer, solved.resolution))
}

/// Residuals of x on the named columns of y, and of y on those of x.
#[pyfunction]
fn residuals<'py>(
    gram: &Bound<'py, Gram>,
    x_index: PyReadonlyArray1<'py, i64>,
    y_index: PyReadonlyArray1<'py, i64>,
    center: bool,
    ridge: Option<f64>,
) -> PyResult<With<(Floats<'py>, Floats<'py>)>> {
    let py = gram.py();
    let set = neuron_set(&gram.get().pair_widths(py)?, &x_index, &y_index)?;
    let Solved { answer, resolution } =
        solve(gram, (center, ridge), None, |problem| spanmatch::residuals(problem, &set))?;
    Ok(((answer.x.into_pyarray(py), answer.y.into_pyarray(py)), resolution))
}

/// The residuals to expect of unrelated neurons.
#[pyfunction]
fn chance<'py>(
    gram: &Bound<'py, Gram>,
    center: bool,
    ridge: Option<f64>,
) -> PyResult<(Floats<'py>, Floats<'py>)> {
    let (py, ridge) = (gram.py(), ridge.unwrap_or(0.0));
    let (x, y) = gram.get().read(py, None, |gram, _| spanmatch::chance(gram, center, ridge))?;
    Ok((x.into_pyarray(py), y.into_pyarray(py)))
}

/// The number of threads that all later calls use.
#[pyfunction]
fn set_num_threads(count: i64) -> PyResult<()> {
    run::set_num_threads(count)
}

/// Bytes that this process may still take; None where nothing tells.
#[pyfunction]
fn available_memory() -> Option<u64> {
    spanmatch::available_memory()
}

/// Bytes of memory that the sums of sides of these widths take.
#[pyfunction]
// What is extracted from Python arguments is owned.
#[allow(clippy::needless_pass_by_value)]
fn gram_bytes(widths: Vec<usize>, nulls: usize, folds: usize) -> u64 {
    spanmatch::Gram::bytes(&widths, nulls, folds)
}

/// The Rust core of spanmatch.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    spanmatch::when_memory_is_short(give_back);
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("EXACT", spanmatch::EXACT)?;
    module.add("FIRST", spanmatch::FIRST)?;
    module.add("MARGIN", spanmatch::MARGIN)?;
    module.add("RESOLUTION", spanmatch::RESOLUTION)?;
    module.add("TOLERANCE", spanmatch::TOLERANCE)?;
    module.add_class::<Gram>()?;
    module.add_class::<sparse::SparseRows>()?;
    module.add_function(wrap_pyfunction!(spectrum, module)?)?;
    module.add_function(wrap_pyfunction!(one_to_one::one_to_one, module)?)?;
    module.add_function(wrap_pyfunction!(maximum_match, module)?)?;
    module.add_function(wrap_pyfunction!(is_match, module)?)?;
    module.add_function(wrap_pyfunction!(residuals, module)?)?;
    module.add_function(wrap_pyfunction!(chance, module)?)?;
    module.add_function(wrap_pyfunction!(set_num_threads, module)?)?;
    module.add_function(wrap_pyfunction!(available_memory, module)?)?;
    module.add_function(wrap_pyfunction!(gram_bytes, module)?)?;
    module.add_function(wrap_pyfunction!(inside::minimum_match, module)?)?;
    module.add_function(wrap_pyfunction!(inside::simple_cover, module)?)?;
    module.add_function(wrap_pyfunction!(inside::minimum_matches, module)?)?;
    module.add_function(wrap_pyfunction!(inside::minimum_for, module)?)?;
    module.add_function(wrap_pyfunction!(inside::is_simple, module)?)?;
    module.add_function(wrap_pyfunction!(inside::support, module)?)?;
    module.add_function(wrap_pyfunction!(inside::linear_map, module)?)?;
    Ok(())
}
