//! A Gram taken apart, as Python holds it.

use numpy::ndarray::{ArrayView1, ArrayView2};
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3,
};
use pyo3::prelude::*;
use spanmatch::{GramState, NormState, Purpose, ResampledState, Result, try_to_owned};

use crate::Floats;

/// Neurons of each side, batches, samples, shift, sums, spread, products.
pub(crate) type Parts<'py> =
    (Vec<usize>, u64, u64, Floats<'py>, Floats<'py>, Floats<'py>, Bound<'py, PyArray2<f64>>);

/// Seed, items, what stands for the shifts, nulls, and of each fold what [`Parts`] are.
pub(crate) type Replicates<'py> = (u64, u64, Vec<u64>, Bound<'py, PyArray2<f64>>, Vec<Parts<'py>>);

/// [`Parts`] in the form in which Python gives them.
pub(crate) type GivenParts<'py> = (
    Vec<usize>,
    u64,
    u64,
    PyReadonlyArray1<'py, f64>,
    PyReadonlyArray1<'py, f64>,
    PyReadonlyArray1<'py, f64>,
    PyReadonlyArray2<'py, f64>,
);
pub(crate) type GivenReplicates<'py> =
    (u64, u64, Vec<u64>, PyReadonlyArray2<'py, f64>, Vec<GivenParts<'py>>);

/// Sums by the squared norms of rows: of all, of each null, and of each fold.
pub(crate) type Norms<'py> =
    (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<f64>>, Bound<'py, PyArray3<f64>>);
pub(crate) type GivenNorms<'py> =
    (PyReadonlyArray2<'py, f64>, PyReadonlyArray2<'py, f64>, PyReadonlyArray3<'py, f64>);

/// Sums over rows of what their norms multiply to, bounds on their rounding, and on that of the products.
pub(crate) type CenteredNorms = ([f64; 3], [f64; 3], [f64; 3]);

/// Rows shifted for each null, the fold of each row, items, and items shifted for each null.
pub(crate) type Plan<'py> = (Vec<usize>, Bound<'py, PyArray1<i64>>, u64, Vec<usize>);

pub(crate) fn norms_to_python(py: Python<'_>, state: NormState) -> Norms<'_> {
    (state.own.into_pyarray(py), state.nulls.into_pyarray(py), state.folds.into_pyarray(py))
}

pub(crate) fn norms_to_owned(norms: &GivenNorms<'_>) -> NormState {
    let (own, nulls, folds) = norms;
    NormState {
        own: own.as_array().to_owned(),
        nulls: nulls.as_array().to_owned(),
        folds: folds.as_array().to_owned(),
    }
}

pub(crate) fn parts_to_python(py: Python<'_>, state: GramState) -> Parts<'_> {
    (
        state.widths,
        state.n_batches,
        state.n_samples,
        state.shift.into_pyarray(py),
        state.sums.into_pyarray(py),
        state.spread.into_pyarray(py),
        state.products.into_pyarray(py),
    )
}

/// Parts as they lie in Python's arrays, to be copied without the GIL.
pub(crate) struct PartsViews<'a> {
    widths: &'a [usize],
    n_batches: u64,
    n_samples: u64,
    shift: ArrayView1<'a, f64>,
    sums: ArrayView1<'a, f64>,
    spread: ArrayView1<'a, f64>,
    products: ArrayView2<'a, f64>,
}

pub(crate) fn parts_views<'a>(parts: &'a GivenParts<'_>) -> PartsViews<'a> {
    let (widths, n_batches, n_samples, shift, sums, spread, products) = parts;
    PartsViews {
        widths,
        n_batches: *n_batches,
        n_samples: *n_samples,
        shift: shift.as_array(),
        sums: sums.as_array(),
        spread: spread.as_array(),
        products: products.as_array(),
    }
}

impl PartsViews<'_> {
    pub(crate) fn try_to_owned(&self) -> Result<GramState> {
        let widths = self.widths.to_vec();
        let purpose = Purpose::Gram { widths: widths.clone(), nulls: 0, folds: 0 };
        Ok(GramState {
            widths,
            n_batches: self.n_batches,
            n_samples: self.n_samples,
            shift: self.shift.to_vec(),
            sums: self.sums.to_vec(),
            spread: self.spread.to_vec(),
            products: try_to_owned(&self.products, purpose)?,
        })
    }
}

pub(crate) fn replicates_to_python(py: Python<'_>, state: ResampledState) -> Replicates<'_> {
    let folds = state.folds.into_iter().map(|fold| parts_to_python(py, fold)).collect();
    (state.seed, state.n_groups, state.shift_hashes, state.nulls.into_pyarray(py), folds)
}

/// Nulls and folds as they lie in Python's arrays.
pub(crate) struct ReplicateViews<'a> {
    seed: u64,
    n_items: u64,
    rolls: &'a [u64],
    nulls: ArrayView2<'a, f64>,
    widths: &'a [usize],
    folds: Vec<PartsViews<'a>>,
}

pub(crate) fn replicate_views<'a>(
    parts: &'a GivenReplicates<'_>,
    widths: &'a [usize],
) -> ReplicateViews<'a> {
    let (seed, n_items, rolls, nulls, folds) = parts;
    ReplicateViews {
        seed: *seed,
        n_items: *n_items,
        rolls,
        nulls: nulls.as_array(),
        widths,
        folds: folds.iter().map(parts_views).collect(),
    }
}

impl ReplicateViews<'_> {
    pub(crate) fn try_to_owned(&self) -> Result<ResampledState> {
        let (nulls, folds) = (self.nulls.nrows(), self.folds.len());
        let purpose = Purpose::Gram { widths: self.widths.to_vec(), nulls, folds };
        Ok(ResampledState {
            seed: self.seed,
            n_groups: self.n_items,
            shift_hashes: self.rolls.to_vec(),
            nulls: try_to_owned(&self.nulls, purpose)?,
            folds: self.folds.iter().map(PartsViews::try_to_owned).collect::<Result<_>>()?,
        })
    }
}
