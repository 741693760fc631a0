//! The joint Gram as a Python object.

use numpy::{IntoPyArray, PyArray2, PyReadonlyArray1};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use spanmatch::{Samples, Side};

use crate::arguments::{Array, RowsPerItem};
use crate::errors::to_python;
use crate::locked::Locked;
use crate::parts::{
    CenteredNorms, GivenNorms, GivenParts, GivenReplicates, Norms, Parts, Plan, Replicates,
    norms_to_owned, norms_to_python, parts_to_python, parts_views, replicate_views,
    replicates_to_python,
};
use crate::run::run_asking;

/// The joint Gram matrix of two sides, or of more. Locked: updates from several threads follow one another, and
/// readers wait for them.
#[pyclass(frozen, module = "spanmatch._core")]
pub(crate) struct Gram {
    pub(crate) inner: Locked,
    /// What errors call the sides; none: x and y.
    pub(crate) sides: Vec<String>,
}

#[pymethods]
impl Gram {
    #[new]
    #[pyo3(signature = (nulls=0, folds=0, seed=0, sides=vec![]))]
    fn new(nulls: usize, folds: usize, seed: u64, sides: Vec<String>) -> PyResult<Self> {
        let gram = spanmatch::Gram::with_resampling(nulls, folds, seed);
        let inner = Locked::new(gram.map_err(|error| to_python(&error, &sides))?);
        Ok(Self { inner, sides })
    }

    #[getter]
    fn n_batches(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, spanmatch::Gram::n_batches)
    }

    #[getter]
    fn n_samples(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, spanmatch::Gram::n_samples)
    }

    #[getter]
    fn n_x(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, spanmatch::Gram::n_x)
    }

    #[getter]
    fn n_y(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, spanmatch::Gram::n_y)
    }

    /// What errors call the sides; none: x and y.
    #[getter]
    fn sides(&self) -> Vec<String> {
        self.sides.clone()
    }

    /// Neurons of each side.
    #[getter]
    fn widths(&self, py: Python<'_>) -> PyResult<Vec<usize>> {
        self.with(py, spanmatch::Gram::widths)
    }

    /// Of each side, how many neurons have a shift.
    #[getter]
    fn n_shifted(&self, py: Python<'_>) -> PyResult<Vec<usize>> {
        self.with(py, spanmatch::Gram::n_shifted)
    }

    #[getter]
    fn n_items(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, spanmatch::Gram::n_groups)
    }

    #[getter]
    fn n_nulls(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, spanmatch::Gram::n_nulls)
    }

    #[getter]
    fn seed(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, spanmatch::Gram::seed)
    }

    /// A number for each null, the same where all its shifts are.
    #[getter]
    fn null_rolls(&self, py: Python<'_>) -> PyResult<Vec<u64>> {
        self.with(py, |gram| gram.null_hashes().to_vec())
    }

    #[getter]
    fn fold_samples(&self, py: Python<'_>) -> PyResult<Vec<u64>> {
        self.with(py, spanmatch::Gram::fold_samples)
    }

    #[pyo3(signature = (samples, rows_per_item=RowsPerItem::Equal(1), progress=None))]
    fn update(
        &self,
        py: Python<'_>,
        samples: Vec<Bound<'_, PyAny>>,
        rows_per_item: RowsPerItem,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let mut arrays = Vec::with_capacity(samples.len());
        for (at, samples) in samples.iter().enumerate() {
            let side = self.sides.get(at).cloned().unwrap_or_else(|| Side::new(at).to_string());
            arrays.push(Array::new(&side, samples)?);
        }
        let samples: Vec<Samples<'_>> = arrays.iter().map(Array::samples).collect();
        let groups = rows_per_item.into();
        let mut guard = self.inner.write(py)?;
        let gram = &mut *guard;
        run_asking(py, &self.sides, progress, |progress, may_change| {
            gram.update_if(&samples, &groups, progress, may_change)
        })
    }

    fn merge(&self, other: &Bound<'_, Self>) -> PyResult<()> {
        let py = other.py();
        // Copied before this one is locked, so that a pair can be merged with itself.
        let other = other.get().read(py, None, |gram, _| gram.try_clone())?;
        self.change(py, |gram| gram.merge(other))
    }

    fn copy(&self, py: Python<'_>) -> PyResult<Self> {
        Ok(self.like(self.read(py, None, |gram, _| gram.try_clone())?))
    }

    /// What a Gram would hold of two sides alone, by their numbers.
    fn pair(&self, py: Python<'_>, x: usize, y: usize) -> PyResult<Self> {
        Ok(Self::holding(self.read(py, None, |gram, _| gram.pair(x, y))?))
    }

    /// Neurons of each side, batches, samples; then shift, sums, spread and products.
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<Parts<'py>> {
        let parts = self.read(py, None, |gram, _| gram.state())?;
        Ok(parts_to_python(py, parts))
    }

    /// Seed, items, what stands for the shifts, nulls and the parts of each fold; None where there are neither nulls
    /// nor folds.
    fn replicates<'py>(&self, py: Python<'py>) -> PyResult<Option<Replicates<'py>>> {
        let parts = self.read(py, None, |gram, _| gram.resampled_state())?;
        Ok(parts.map(|parts| replicates_to_python(py, parts)))
    }

    /// By how many rows y is shifted for each null, the fold of each row, how many items there are, and by how many
    /// of them y is shifted, in a batch that follows others.
    fn plan<'py>(
        &self,
        py: Python<'py>,
        rows: usize,
        rows_per_item: RowsPerItem,
        n_batches: u64,
        n_items: u64,
    ) -> PyResult<Plan<'py>> {
        let plan =
            self.with(py, |gram| gram.resampling(rows, &rows_per_item.into(), n_batches, n_items))?;
        let plan = plan.map_err(|error| to_python(&error, &self.sides))?;
        let mut folds = vec![0; rows];
        for (fold, ranges) in (0..).zip(plan.folds) {
            for range in ranges {
                folds[range].fill(fold);
            }
        }
        Ok((plan.shifts, folds.into_pyarray(py), plan.n_groups, plan.group_shifts))
    }

    /// The Gram of x and of the y that one null shifts.
    fn null(&self, py: Python<'_>, index: usize) -> PyResult<Self> {
        let gram = self.read(py, None, |gram, _| gram.null(index))?;
        let count = self.n_nulls(py)?;
        gram.map(|gram| self.like(gram))
            .ok_or_else(|| PyIndexError::new_err(format!("there are {count} nulls")))
    }

    /// The sum of the folds, each as many times as said.
    fn of_folds(&self, py: Python<'_>, times: Vec<u64>, center: bool) -> PyResult<Self> {
        let gram = self.read(py, None, |gram, _| gram.of_folds(&times, center))?;
        Ok(self.like(gram))
    }

    /// Whether there are sums by the squared norms of rows.
    #[getter]
    fn has_norms(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, spanmatch::Gram::has_norms)
    }

    /// Sums by the squared norms of rows: its own, the nulls' and the folds'; None where there are none.
    fn norms<'py>(&self, py: Python<'py>) -> PyResult<Option<Norms<'py>>> {
        let norms = self.read(py, None, |gram, _| gram.norm_state())?;
        Ok(norms.map(|norms| norms_to_python(py, norms)))
    }

    /// A Gram of what `parts` gives. Of the products, the triangle right of the diagonal counts.
    #[staticmethod]
    #[pyo3(signature = (parts, replicates=None, norms=None, sides=vec![]))]
    // What is extracted from Python arguments is owned.
    #[allow(clippy::needless_pass_by_value)]
    fn from_parts(
        py: Python<'_>,
        parts: GivenParts<'_>,
        replicates: Option<GivenReplicates<'_>>,
        norms: Option<GivenNorms<'_>>,
        sides: Vec<String>,
    ) -> PyResult<Self> {
        let replicates = replicates.as_ref().map(|given| replicate_views(given, &parts.0));
        let parts = parts_views(&parts);
        let norms = norms.as_ref().map(norms_to_owned);
        let gram = run_asking(py, &sides, None, |_, _| {
            let mut gram = spanmatch::Gram::from_state(parts.try_to_owned()?)?;
            if let Some(replicates) = replicates {
                gram.set_resampled(replicates.try_to_owned()?)?;
            }
            if let Some(norms) = norms {
                gram.set_norms(norms)?;
            }
            Ok(gram)
        })?;
        Ok(Self { inner: Locked::new(gram), sides })
    }

    fn set_shift(&self, py: Python<'_>, shift: PyReadonlyArray1<'_, f64>) -> PyResult<()> {
        let shift = shift.as_array().to_vec();
        self.change(py, |gram| gram.set_shift(&shift))
    }

    /// Σ a², Σ a b and Σ b², a and b the squared norms of centred rows of x and y, with bounds on their rounding,
    /// and on that of the centred products within x, between the sides, and within y; None where it is not known.
    fn centered_norms(&self, py: Python<'_>) -> PyResult<Option<CenteredNorms>> {
        let norms = self.read(py, None, |gram, _| Ok(gram.centered_norms()))?;
        Ok(norms.map(|norms| (norms.squares, norms.rounding, norms.products)))
    }

    /// Of one null Σ a b, and a bound on its rounding.
    fn centered_null_norms(&self, py: Python<'_>, index: usize) -> PyResult<Option<(f64, f64)>> {
        self.read(py, None, |gram, _| Ok(gram.centered_null_norms(index)))
    }

    /// Products of the centred columns of x with those of the y that one null shifts.
    fn centered_null<'py>(
        &self,
        py: Python<'py>,
        index: usize,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let products = self.read(py, None, |gram, _| gram.centered_null(index))?;
        let count = self.n_nulls(py)?;
        products
            .map(|products| products.into_pyarray(py))
            .ok_or_else(|| PyIndexError::new_err(format!("there are {count} nulls")))
    }

    /// Products of the centred columns, symmetric.
    fn centered<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        Ok(self.read(py, None, |gram, _| gram.centered())?.into_pyarray(py))
    }
}

impl Gram {
    fn holding(gram: spanmatch::Gram) -> Self {
        Self { inner: Locked::new(gram), sides: Vec::new() }
    }

    /// Of the same sides.
    fn like(&self, gram: spanmatch::Gram) -> Self {
        Self { inner: Locked::new(gram), sides: self.sides.clone() }
    }

    /// Neurons of x and of y.
    pub(crate) fn pair_widths(&self, py: Python<'_>) -> PyResult<(usize, usize)> {
        self.with(py, |gram| (gram.n_x(), gram.n_y()))
    }
}
