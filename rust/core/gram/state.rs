//! The state of a Gram: a Gram is taken apart to store or send it, and put together again.

use std::sync::Arc;

use ndarray::Array2;

use super::Gram;
use super::check::MOST;
use super::resampling::Resampled;
use crate::error::{Error, Purpose, Result, StateFault};
use crate::invariant::{pairs, shaped};
use crate::linalg::{LowerTriangle, Matrix};
use crate::memory;
use crate::sides::Sides;

/// The fraction by which sums may exceed the bound on their terms, apart from what underflow loses.
const ROUNDING: f64 = 1e-6;

/// All that a [`Gram`] holds. Every row of samples, side after side, is kept less the shift.
///
/// ```
/// use ndarray::array;
/// use spanmatch::Gram;
///
/// let x = array![[1.0, 0.0], [0.0, 2.0]];
/// let mut gram = Gram::default();
/// gram.update(&x, &x)?;
/// let state = gram.state()?;
/// assert_eq!(Gram::from_state(state.clone())?.state()?, state);
/// # Ok::<(), spanmatch::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GramState {
    /// Neurons of each side.
    pub widths: Vec<usize>,
    /// Batches accumulated.
    pub n_batches: u64,
    /// Samples accumulated.
    pub n_samples: u64,
    /// What is subtracted from every row.
    pub shift: Vec<f64>,
    /// Sum of the shifted rows.
    pub sums: Vec<f64>,
    /// A bound on each neuron's absolute shifted value; 0 only where all are 0.
    pub spread: Vec<f64>,
    /// Sum of the outer products of the shifted rows, symmetric.
    pub products: Array2<f64>,
}

/// All that a [`Gram`] accumulates beside its own sums.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResampledState {
    /// What the shifts and the folds follow from.
    pub seed: u64,
    /// Groups accumulated.
    pub n_groups: u64,
    /// For each null a number, the same where its shifts are.
    pub shift_hashes: Vec<u64>,
    /// For each null, of one side after the other but the last, the products of each of its neurons with all shifted
    /// neurons behind it, less the shift of the rows: of two sides those of x (rows) with y (columns).
    pub nulls: Array2<f64>,
    /// Of each fold, with the Gram's shift.
    pub folds: Vec<GramState>,
}

impl Gram {
    /// Takes a copy apart.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn state(&self) -> Result<GramState> {
        Ok(GramState {
            widths: self.widths(),
            n_batches: self.n_batches,
            n_samples: self.n_samples,
            shift: self.shift.clone(),
            sums: self.sums.clone(),
            spread: self.spread.clone(),
            products: self.symmetric(|j| move |i| self.products[(i, j)])?,
        })
    }

    /// Takes a copy of the nulls and folds apart; `None` where the Gram keeps none.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn resampled_state(&self) -> Result<Option<ResampledState>> {
        let Resampled { seed, n_groups, shift_hashes, nulls, folds, .. } = &self.resampled;
        if self.resampled.is_empty() {
            return Ok(None);
        }
        let shape = (nulls.len(), self.null_length());
        let mut values =
            memory::reserved(shape.0.saturating_mul(shape.1), self.purpose(&self.sides))?;
        for panel in nulls.iter().flatten() {
            (0..panel.columns()).for_each(|i| values.extend_from_slice(panel.column(i)));
        }
        Ok(Some(ResampledState {
            seed: *seed,
            n_groups: *n_groups,
            shift_hashes: shift_hashes.clone(),
            nulls: shaped(shape, values),
            folds: folds.iter().map(Self::state).collect::<Result<_>>()?,
        }))
    }

    /// Gives a Gram without nulls and folds those that were taken apart.
    ///
    /// # Errors
    /// [`Error::State`] and [`Error::Inconsistent`] where they cannot be those of this Gram, which stays as it was;
    /// [`Error::OutOfMemory`].
    pub fn set_resampled(&mut self, state: ResampledState) -> Result<()> {
        let ResampledState { seed, n_groups, shift_hashes, nulls, folds } = state;
        if nulls.dim() != (shift_hashes.len(), self.null_length()) {
            return Err(Error::State(StateFault::NullShape));
        }
        if n_groups > MOST {
            return Err(Error::State(StateFault::Count));
        }
        if nulls.iter().any(|value| !value.is_finite()) {
            return Err(Error::State(StateFault::NullNotFinite));
        }
        let nulls: Vec<Vec<Matrix>> =
            nulls.outer_iter().map(|null| self.null_from(&null.to_vec())).collect::<Result<_>>()?;
        self.check_nulls(&nulls, &self.reach()?)?;
        let folds: Vec<Self> =
            folds.into_iter().map(|state| self.fold_from(state)).collect::<Result<_>>()?;
        let of_folds = folds.iter().map(Self::n_samples).fold(0, u64::saturating_add);
        if !folds.is_empty() && of_folds != self.n_samples {
            return Err(Error::State(StateFault::FoldSamples));
        }
        if (n_groups == 0) != (self.n_samples == 0) || n_groups > self.n_samples {
            return Err(Error::State(StateFault::Groups));
        }
        // Sums of norms come after them, of all at once.
        self.norms = None;
        self.resampled =
            Resampled { seed, n_groups, shift_hashes, nulls, null_norms: Vec::new(), folds };
        Ok(())
    }

    /// How many numbers a null is.
    fn null_length(&self) -> usize {
        let of_side = |side| self.sides.width(side).saturating_mul(self.sides.behind(side).len());
        self.sides.leading().map(of_side).fold(0, usize::saturating_add)
    }

    fn null_from(&self, mut values: &[f64]) -> Result<Vec<Matrix>> {
        let panel = |side| {
            let (rows, columns) = (self.sides.behind(side).len(), self.sides.width(side));
            let (here, rest) = values.split_at(rows * columns);
            values = rest;
            Matrix::from_columns(rows, columns, |i, column| {
                column.extend_from_slice(&here[i * rows..][..rows]);
            })
        };
        self.sides.leading().map(panel).collect()
    }

    /// A fold, which may have no samples yet.
    fn fold_from(&self, state: GramState) -> Result<Self> {
        let has_sides = self.n_samples > 0;
        if (has_sides && state.widths != self.widths()) || state.shift.len() != self.n() {
            return Err(Error::State(StateFault::FoldShape));
        }
        if state.n_samples == 0 {
            return self.empty_like();
        }
        let fold = Self::from_state(state)?;
        if fold.shift != self.shift || fold.n_samples > self.n_samples {
            return Err(Error::State(StateFault::FoldSums));
        }
        Ok(fold)
    }

    /// Puts a Gram together; of the products, `products[[j, i]]` with `i >= j` count.
    ///
    /// # Errors
    /// [`Error::State`] and [`Error::Inconsistent`] where they cannot be those of a Gram, [`Error::Overflow`],
    /// [`Error::OutOfMemory`].
    pub fn from_state(state: GramState) -> Result<Self> {
        let GramState { widths, n_batches, n_samples, shift, sums, spread, products } = state;
        let (n, sides) = (shift.len(), Sides::of_widths(widths));
        if products.dim() != (n, n) || [sums.len(), spread.len(), sides.n()] != [n; 3] {
            return Err(Error::State(StateFault::Shapes));
        }
        if n_samples.max(n_batches) > MOST {
            return Err(Error::State(StateFault::Count));
        }
        if n_samples == 0 {
            let empty = Self { n_batches, ..Self::default() };
            return if n == 0 { Ok(empty) } else { Err(Error::State(StateFault::NoSamples)) };
        }
        // Transposed, so that the triangle that counts lies below the diagonal.
        let triangle = LowerTriangle::from_columns(n, |j, column| {
            for (value, given) in column.iter_mut().zip(products.row(j).iter().skip(j)) {
                *value = *given;
            }
        });
        let purpose = Purpose::Gram { widths: sides.widths(), nulls: 0, folds: 0 };
        let products =
            triangle.map_err(|error| error.wanted_for(purpose, LowerTriangle::bytes(n)))?;
        let gram = Self {
            sides,
            n_batches,
            n_samples,
            shift,
            sums,
            spread,
            products: Arc::new(products),
            norms: None,
            resampled: Resampled::default(),
        };
        gram.check_state()?;
        Ok(gram)
    }

    fn check_state(&self) -> Result<()> {
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        let triangle = (0..self.n()).all(|j| finite(self.products.column(j)));
        if !(finite(&self.shift) && finite(&self.sums) && finite(&self.spread) && triangle) {
            return Err(Error::State(StateFault::NotFinite));
        }
        self.check_overflow(0, self.spread.iter().copied(), self.n_samples)?;
        for (j, (sum, spread)) in pairs(&self.sums, &self.spread).enumerate() {
            let count = self.n_samples as f64;
            let (largest, square) = (count * spread, self.products[(j, j)]);
            let (bound, lost) = (largest * spread, count * f64::MIN_POSITIVE);
            if *spread < 0.0
                || sum.abs() > largest * (1.0 + ROUNDING) + lost
                || square > bound * (1.0 + ROUNDING) + lost
                || square < -bound * ROUNDING - lost
            {
                return Err(Error::State(StateFault::Spread));
            }
        }
        self.check_consistent()
    }

    /// The products of the centred columns, side after side, symmetric: what CKA and CCA are made of.
    ///
    /// # Errors
    /// [`Error::NoSamples`], [`Error::OutOfMemory`].
    pub fn centered(&self) -> Result<Array2<f64>> {
        if self.n_samples == 0 {
            return Err(Error::NoSamples);
        }
        self.symmetric(|j| self.products_with(j, true))
    }

    /// A symmetric array of the values given for `i >= j`.
    fn symmetric<F: Fn(usize) -> f64>(
        &self,
        lower: impl Fn(usize) -> F + Sync,
    ) -> Result<Array2<f64>> {
        let n = self.n();
        let purpose = Purpose::Gram { widths: self.widths(), nulls: 0, folds: 0 };
        let matrix = Matrix::symmetric(n, lower)
            .map_err(|error| error.wanted_for(purpose, Matrix::bytes(n, n)))?;
        Ok(shaped((n, n), matrix.into_values()))
    }
}
