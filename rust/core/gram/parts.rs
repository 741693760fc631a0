//! A Gram taken apart, to store it or send it, and put together again.

use ndarray::{Array2, Array3, ArrayView1};

use super::Gram;
use super::replicates::Replicates;
use crate::error::{Error, Result};
use crate::linalg::Matrix;
use crate::memory;

/// Counts up to here are exact in float64.
const MOST: u64 = 1 << 53;
/// By this part, and by what is lost below the smallest number, sums may exceed the bound on their terms.
const ROUNDING: f64 = 1e-6;

/// All that a [`Gram`] holds. Every row of samples, x then y, is kept less the shift.
///
/// ```
/// use ndarray::array;
/// use spanmatch::{Gram, Watch};
///
/// let x = array![[1.0, 0.0], [0.0, 2.0]];
/// let mut gram = Gram::default();
/// gram.update(x.view().into(), x.view().into(), &Watch::default())?;
/// let parts = gram.parts()?;
/// assert_eq!(Gram::from_parts(parts.clone())?.parts()?, parts);
/// # Ok::<(), spanmatch::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GramParts {
    /// Neurons of x; y has the others.
    pub n_x: usize,
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
pub struct ReplicateParts {
    /// What rolls and deals follow from.
    pub seed: u64,
    /// Items accumulated.
    pub n_items: u64,
    /// For each null a number, the same where its rolls are.
    pub rolls: Vec<u64>,
    /// For each null, the products of x (rows) and the rolled y (columns), less the shift.
    pub nulls: Array3<f64>,
    /// Of each fold, with the Gram's shift.
    pub folds: Vec<GramParts>,
}

impl Gram {
    /// Takes a copy apart.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn parts(&self) -> Result<GramParts> {
        Ok(GramParts {
            n_x: self.n_x,
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
    pub fn replicate_parts(&self) -> Result<Option<ReplicateParts>> {
        let Replicates { seed, n_items, rolls, nulls, folds } = &self.replicates;
        if self.replicates.is_empty() {
            return Ok(None);
        }
        let (shape, purpose) =
            ((nulls.len(), self.n_x, self.n_y), self.replicates.purpose(self.n_x, self.n_y));
        let size = shape.0.saturating_mul(shape.1).saturating_mul(shape.2);
        let array = Array3::from_shape_vec(shape, memory::zeros(size, purpose)?);
        let mut array = array.expect("a value for each place");
        for (mut array, null) in array.outer_iter_mut().zip(nulls) {
            for (mut row, column) in array.outer_iter_mut().zip(0..null.columns()) {
                row.assign(&ArrayView1::from(null.column(column)));
            }
        }
        let folds = folds.iter().map(Self::parts).collect::<Result<_>>()?;
        let rolls = rolls.clone();
        Ok(Some(ReplicateParts { seed: *seed, n_items: *n_items, rolls, nulls: array, folds }))
    }

    /// Gives a Gram without replicates those that were taken apart.
    ///
    /// # Errors
    /// [`Error::Parts`] where they cannot be those of this Gram; it stays as it was.
    pub fn set_replicate_parts(&mut self, parts: ReplicateParts) -> Result<()> {
        let ReplicateParts { seed, n_items, rolls, nulls, folds } = parts;
        if nulls.dim() != (rolls.len(), self.n_x, self.n_y) {
            return Err(Error::Parts("the nulls have another shape"));
        }
        if n_items > MOST || nulls.iter().any(|value| !value.is_finite()) {
            return Err(Error::Parts("a null or a count is not finite"));
        }
        let nulls = nulls
            .outer_iter()
            .map(|null| {
                Matrix::from_columns(self.n_y, self.n_x, |i, values| values.extend(null.row(i)))
            })
            .collect::<Result<_>>()?;
        let folds: Vec<Self> =
            folds.into_iter().map(|parts| self.fold_from(parts)).collect::<Result<_>>()?;
        if !folds.is_empty() && folds.iter().map(Self::n_samples).sum::<u64>() != self.n_samples {
            return Err(Error::Parts("the folds have not all samples"));
        }
        if (n_items == 0) != (self.n_samples == 0) || n_items > self.n_samples {
            return Err(Error::Parts("there cannot be so many items"));
        }
        self.replicates = Replicates { seed, n_items, rolls, nulls, folds };
        Ok(())
    }

    /// A fold, which may have no samples yet.
    fn fold_from(&self, parts: GramParts) -> Result<Self> {
        if (parts.n_x, parts.shift.len()) != (self.n_x, self.shift.len()) {
            return Err(Error::Parts("a fold has another shape"));
        }
        if parts.n_samples == 0 {
            return self.empty_like();
        }
        let fold = Self::from_parts(parts)?;
        if fold.shift != self.shift || fold.n_samples > self.n_samples {
            return Err(Error::Parts("a fold has another shift, or more samples than there are"));
        }
        Ok(fold)
    }

    /// Puts a Gram together; of the products, `products[[j, i]]` with `i >= j` count.
    ///
    /// # Errors
    /// [`Error::Parts`] where they cannot be those of a Gram, [`Error::Overflow`].
    pub fn from_parts(parts: GramParts) -> Result<Self> {
        let GramParts { n_x, n_batches, n_samples, shift, sums, spread, products } = parts;
        let n = shift.len();
        if products.dim() != (n, n) || [sums.len(), spread.len()] != [n, n] || n_x > n {
            return Err(Error::Parts("their shapes differ"));
        }
        if n_samples.max(n_batches) > MOST {
            return Err(Error::Parts("a count is above 2^53"));
        }
        if n_samples == 0 {
            let empty = Self { n_batches, ..Self::default() };
            return if n == 0 { Ok(empty) } else { Err(Error::Parts("neurons without samples")) };
        }
        // Rows become columns, so that what counts is below the diagonal.
        let products = Matrix::from_columns(n, n, |j, values| values.extend(products.row(j)))?;
        let gram = Self {
            n_x,
            n_y: n - n_x,
            n_batches,
            n_samples,
            shift,
            sums,
            spread,
            products,
            replicates: Replicates::default(),
        };
        gram.check_parts()?;
        Ok(gram)
    }

    fn check_parts(&self) -> Result<()> {
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        let triangle = (0..self.shift.len()).all(|j| finite(&self.products.column(j)[j..]));
        if !(finite(&self.shift) && finite(&self.sums) && finite(&self.spread) && triangle) {
            return Err(Error::Parts("a value is not finite"));
        }
        self.check_overflow(&self.spread, self.n_samples)?;
        for (j, (sum, spread)) in self.sums.iter().zip(&self.spread).enumerate() {
            let count = self.n_samples as f64;
            let (largest, square) = (count * spread, self.products[(j, j)]);
            let (bound, lost) = (largest * spread, count * f64::MIN_POSITIVE);
            if *spread < 0.0
                || sum.abs() > largest * (1.0 + ROUNDING) + lost
                || square > bound * (1.0 + ROUNDING) + lost
                || square < -bound * ROUNDING - lost
            {
                return Err(Error::Parts("sums or products exceed the spread"));
            }
        }
        Ok(())
    }

    /// The products of the centred columns, x then y, symmetric: what CKA and CCA are made of.
    ///
    /// # Errors
    /// [`Error::NoSamples`], [`Error::OutOfMemory`].
    pub fn centered(&self) -> Result<Array2<f64>> {
        if self.n_samples == 0 {
            return Err(Error::NoSamples);
        }
        self.symmetric(|j| self.products_with(j, true))
    }

    /// An array of what is given for `i >= j`.
    fn symmetric<F: Fn(usize) -> f64>(
        &self,
        lower: impl Fn(usize) -> F + Sync,
    ) -> Result<Array2<f64>> {
        let n = self.shift.len();
        let purpose = Replicates::default().purpose(self.n_x, self.n_y);
        let matrix = Matrix::symmetric(n, lower).map_err(|error| error.wanted_for(purpose))?;
        Ok(Array2::from_shape_vec((n, n), matrix.into_values()).expect("there are n² values"))
    }
}
