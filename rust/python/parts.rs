//! A Gram taken apart, as Python holds it.

use numpy::{
    IntoPyArray, PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3,
};
use pyo3::prelude::*;
use spanmatch::{GramParts, ReplicateParts};

use crate::Floats;

/// Neurons of x, batches, samples, shift, sums, spread, products.
pub(crate) type Parts<'py> =
    (usize, u64, u64, Floats<'py>, Floats<'py>, Floats<'py>, Bound<'py, PyArray2<f64>>);

/// Seed, items, what stands for the rolls, nulls, and of each fold what [`Parts`] are.
pub(crate) type Replicates<'py> = (u64, u64, Vec<u64>, Bound<'py, PyArray3<f64>>, Vec<Parts<'py>>);

/// As they are given.
pub(crate) type GivenParts<'py> = (
    usize,
    u64,
    u64,
    PyReadonlyArray1<'py, f64>,
    PyReadonlyArray1<'py, f64>,
    PyReadonlyArray1<'py, f64>,
    PyReadonlyArray2<'py, f64>,
);
pub(crate) type GivenReplicates<'py> =
    (u64, u64, Vec<u64>, PyReadonlyArray3<'py, f64>, Vec<GivenParts<'py>>);

pub(crate) fn parts_to_python(py: Python<'_>, parts: GramParts) -> Parts<'_> {
    (
        parts.n_x,
        parts.n_batches,
        parts.n_samples,
        parts.shift.into_pyarray(py),
        parts.sums.into_pyarray(py),
        parts.spread.into_pyarray(py),
        parts.products.into_pyarray(py),
    )
}

pub(crate) fn parts_from_python(parts: &GivenParts<'_>) -> GramParts {
    let (n_x, n_batches, n_samples, shift, sums, spread, products) = parts;
    let vector = |array: &PyReadonlyArray1<'_, f64>| array.as_array().to_vec();
    GramParts {
        n_x: *n_x,
        n_batches: *n_batches,
        n_samples: *n_samples,
        shift: vector(shift),
        sums: vector(sums),
        spread: vector(spread),
        products: products.as_array().to_owned(),
    }
}

pub(crate) fn replicates_to_python(py: Python<'_>, parts: ReplicateParts) -> Replicates<'_> {
    let folds = parts.folds.into_iter().map(|fold| parts_to_python(py, fold)).collect();
    (parts.seed, parts.n_items, parts.rolls, parts.nulls.into_pyarray(py), folds)
}

pub(crate) fn replicates_from_python(parts: &GivenReplicates<'_>) -> ReplicateParts {
    let (seed, n_items, rolls, nulls, folds) = parts;
    ReplicateParts {
        seed: *seed,
        n_items: *n_items,
        rolls: rolls.clone(),
        nulls: nulls.as_array().to_owned(),
        folds: folds.iter().map(parts_from_python).collect(),
    }
}
