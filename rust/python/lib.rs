//! The Python module `spanmatch._core`: arguments in, results out, nothing else.

// PyO3 hands over the arguments it has extracted.
#![allow(clippy::needless_pass_by_value)]

mod arguments;
mod errors;
mod gram;
mod holders;
mod locked;
mod one_to_one;
mod parts;
mod run;
mod sparse;

use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use spanmatch::{NeuronSet, Problem, Progress, Solved};

use arguments::{neuron_of, neuron_set};
use gram::Gram;

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

type Floats<'py> = Bound<'py, PyArray1<f64>>;
type Indices<'py> = Bound<'py, PyArray1<i64>>;
/// Columns of x and of y.
type Columns<'py> = (Indices<'py>, Indices<'py>);
/// An answer, and the resolution it was found at.
type With<T> = (T, f64);
/// Critical ε of x and of y, chance levels, samples, resolution, refreshes.
type Spectrum<'py> = (Floats<'py>, Floats<'py>, (Floats<'py>, Floats<'py>), u64, f64, usize);
/// Columns of x and of y, and who supports whom.
type Support<'py> = (Indices<'py>, Indices<'py>, Bound<'py, PyArray2<bool>>);
/// Coefficients, offset, residuals.
type Expression<'py> = (Bound<'py, PyArray2<f64>>, Floats<'py>, Floats<'py>);

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
    let begin = |gram: &spanmatch::Gram| {
        let problem = problem(gram, (center, ridge))?;
        let chance = spanmatch::chance(gram, center, ridge.unwrap_or(0.0))?;
        Ok((problem, gram.n_samples(), chance))
    };
    let (result, n_samples, chance) = if keep {
        // All from one state of the Gram, which others may be adding to.
        gram.get().read(py, progress, |gram, progress| {
            let (problem, n_samples, chance) = begin(gram)?;
            Ok((spanmatch::spectrum(&problem, progress)?, n_samples, chance))
        })?
    } else {
        let gram = gram.get().take(py)?;
        run::run(py, progress, |progress| {
            let (problem, n_samples, chance) = begin(&gram)?;
            drop(gram);
            Ok((spanmatch::spectrum(&problem, progress)?, n_samples, chance))
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
        solve(gram, (center, ridge), None, |problem, progress| {
            spanmatch::maximum_match(problem, eps, progress)
        })?;
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
    let solved = solve(gram, (center, ridge), None, |problem, progress| {
        spanmatch::is_match(problem, eps, &set, progress)
    })?;
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
    let Solved { answer, resolution } = solve(gram, (center, ridge), None, |problem, progress| {
        spanmatch::residuals(problem, &set, progress)
    })?;
    Ok(((answer.x.into_pyarray(py), answer.y.into_pyarray(py)), resolution))
}

/// One v-minimum match; None where the neuron is outside the maximum match.
#[pyfunction]
fn minimum_match<'py>(
    gram: &Bound<'py, Gram>,
    eps: f64,
    neuron: (&str, i64),
    seed: u64,
    center: bool,
    ridge: Option<f64>,
) -> PyResult<With<Option<Columns<'py>>>> {
    let py = gram.py();
    let neuron = neuron_of(gram.get().pair_widths(py)?, neuron)?;
    let Solved { answer, resolution } = solve(gram, (center, ridge), None, |problem, progress| {
        spanmatch::minimum_match(problem, eps, neuron, seed, progress)
    })?;
    Ok((answer.map(|found| indices(py, &found.neurons)), resolution))
}

/// Simple matches whose union is the maximum match.
#[pyfunction]
#[pyo3(signature = (gram, eps, seed, center, ridge, progress=None))]
fn simple_cover<'py>(
    gram: &Bound<'py, Gram>,
    eps: f64,
    seed: u64,
    center: bool,
    ridge: Option<f64>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<With<Vec<Columns<'py>>>> {
    let Solved { answer, resolution } =
        solve(gram, (center, ridge), progress, |problem, progress| {
            spanmatch::simple_cover(problem, eps, seed, progress)
        })?;
    Ok((answer.iter().map(|set| indices(gram.py(), set)).collect(), resolution))
}

/// A minimum match for every neuron of the maximum match, x first.
#[pyfunction]
#[pyo3(signature = (gram, eps, seed, center, ridge, progress=None))]
fn minimum_matches<'py>(
    gram: &Bound<'py, Gram>,
    eps: f64,
    seed: u64,
    center: bool,
    ridge: Option<f64>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<With<Vec<Columns<'py>>>> {
    let Solved { answer, resolution } =
        solve(gram, (center, ridge), progress, |problem, progress| {
            spanmatch::minimum_matches(problem, eps, seed, progress)
        })?;
    Ok((answer.iter().map(|set| indices(gram.py(), set)).collect(), resolution))
}

/// The neurons that the named match is a minimum match for.
#[pyfunction]
fn minimum_for(
    gram: &Bound<'_, Gram>,
    eps: f64,
    x_index: PyReadonlyArray1<'_, i64>,
    y_index: PyReadonlyArray1<'_, i64>,
    center: bool,
    ridge: Option<f64>,
) -> PyResult<With<Vec<(String, usize)>>> {
    let set = neuron_set(&gram.get().pair_widths(gram.py())?, &x_index, &y_index)?;
    let Solved { answer, resolution } = solve(gram, (center, ridge), None, |problem, progress| {
        spanmatch::minimum_for(problem, eps, &set, progress)
    })?;
    let named = answer.iter().map(|neuron| (neuron.side.to_string(), neuron.index));
    Ok((named.collect(), resolution))
}

/// Whether the named columns are a simple match.
#[pyfunction]
fn is_simple(
    gram: &Bound<'_, Gram>,
    eps: f64,
    x_index: PyReadonlyArray1<'_, i64>,
    y_index: PyReadonlyArray1<'_, i64>,
    center: bool,
    ridge: Option<f64>,
) -> PyResult<With<bool>> {
    let set = neuron_set(&gram.get().pair_widths(gram.py())?, &x_index, &y_index)?;
    let solved = solve(gram, (center, ridge), None, |problem, progress| {
        spanmatch::is_simple(problem, eps, &set, progress)
    })?;
    Ok((solved.answer, solved.resolution))
}

/// The columns of the maximum match, and who supports whom among them, x first.
#[pyfunction]
#[pyo3(signature = (gram, eps, center, ridge, progress=None))]
fn support<'py>(
    gram: &Bound<'py, Gram>,
    eps: f64,
    center: bool,
    ridge: Option<f64>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<With<Support<'py>>> {
    let py = gram.py();
    let Solved { answer: support, resolution } =
        solve(gram, (center, ridge), progress, |problem, progress| {
            spanmatch::support(problem, eps, progress)
        })?;
    let (x, y) = indices(py, &support.neuron_set());
    let size = support.neurons().len();
    let matrix = support.into_matrix().into_pyarray(py).reshape([size, size])?;
    Ok(((x, y, matrix), resolution))
}

/// The named x by the named y, and conversely: coefficients, offset and residuals of each.
#[pyfunction]
fn linear_map<'py>(
    gram: &Bound<'py, Gram>,
    x_index: PyReadonlyArray1<'py, i64>,
    y_index: PyReadonlyArray1<'py, i64>,
    center: bool,
    ridge: Option<f64>,
) -> PyResult<With<(Expression<'py>, Expression<'py>)>> {
    let py = gram.py();
    let set = neuron_set(&gram.get().pair_widths(py)?, &x_index, &y_index)?;
    let Solved { answer: map, resolution } =
        solve(gram, (center, ridge), None, |problem, progress| {
            spanmatch::linear_map(problem, &set, progress)
        })?;
    let side = |side: spanmatch::Expression| {
        let (offset, residuals) = (side.offset.into_pyarray(py), side.residuals.into_pyarray(py));
        (side.coefficients.into_pyarray(py), offset, residuals)
    };
    Ok(((side(map.x), side(map.y)), resolution))
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

/// Whether to centre, and the ridge, if any.
type Regularised = (bool, Option<f64>);

fn problem(gram: &spanmatch::Gram, (center, ridge): Regularised) -> spanmatch::Result<Problem> {
    let problem = Problem::new(gram, center)?;
    match ridge {
        Some(ridge) => problem.with_ridge(ridge),
        None => Ok(problem),
    }
}

fn solve<T: Send>(
    gram: &Bound<'_, Gram>,
    how: Regularised,
    progress: Option<&Bound<'_, PyAny>>,
    solver: impl Fn(&Problem, &Progress) -> spanmatch::Result<Solved<T>> + Sync,
) -> PyResult<Solved<T>> {
    gram.get().read(gram.py(), progress, |gram, progress| solver(&problem(gram, how)?, progress))
}

fn indices<'py>(py: Python<'py>, set: &NeuronSet) -> Columns<'py> {
    let side = |index: &[usize]| -> Indices<'py> {
        // A column's number is below 2^63.
        #[allow(clippy::cast_possible_wrap)]
        let index: Vec<i64> = index.iter().map(|&i| i as i64).collect();
        index.into_pyarray(py)
    };
    (side(set.x()), side(set.y()))
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
    module.add_function(wrap_pyfunction!(minimum_match, module)?)?;
    module.add_function(wrap_pyfunction!(simple_cover, module)?)?;
    module.add_function(wrap_pyfunction!(minimum_matches, module)?)?;
    module.add_function(wrap_pyfunction!(minimum_for, module)?)?;
    module.add_function(wrap_pyfunction!(is_simple, module)?)?;
    module.add_function(wrap_pyfunction!(support, module)?)?;
    module.add_function(wrap_pyfunction!(linear_map, module)?)?;
    Ok(())
}
