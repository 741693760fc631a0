//! The sums of norms of a Gram taken apart, to store or send them beside its state, and put back.

use ndarray::{Array2, Array3, ArrayView2, Axis};

use super::Gram;
use super::consistency::{RELATIVE, SHIFTING};
use super::row_norms::{NullNorms, RowNorms};
use crate::error::{Error, Purpose, Result};
use crate::invariant::{pairs, shaped};
use crate::linalg::Matrix;
use crate::memory;

/// Sums in which each row, less the shift, counts by its squared norms, a of x and b of y.
///
/// ```
/// use ndarray::array;
/// use spanmatch::{Gram, Progress};
///
/// let x = array![[1.0, 0.0], [0.0, 2.0]];
/// let mut gram = Gram::default();
/// gram.update(x.view().into(), x.view().into(), &Progress::default())?;
/// let mut other = Gram::from_state(gram.state()?)?;
/// assert!(other.centered_norms().is_none());
/// other.set_norms(gram.norm_state()?.expect("samples have norms"))?;
/// assert_eq!(other.centered_norms(), gram.centered_norms());
/// # Ok::<(), spanmatch::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NormState {
    /// Of each neuron, x then y, and then of a and of b themselves, its products with a and with b.
    pub own: Array2<f64>,
    /// For each null, of every neuron its products with the norms of the other side; then Σ a b.
    pub nulls: Array2<f64>,
    /// For each fold what `own` is.
    pub folds: Array3<f64>,
}

impl Gram {
    /// Takes a copy of the sums of norms apart; `None` where there are none.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn norm_state(&self) -> Result<Option<NormState>> {
        let (Some(norms), false) = (&self.norms, self.n_samples == 0) else { return Ok(None) };
        let n = self.shift.len();
        let (nulls, folds) = (&self.resampled.null_norms, &self.resampled.folds);
        let size = (nulls.len() * (n + 1)).saturating_add(2 * folds.len() * (n + 2));
        memory::require(memory::bytes_of::<f64>(size), self.purpose(self.n_x, self.n_y))?;
        let null =
            |null: &NullNorms| [null.of_x.column(0), null.of_y.column(0), &[null.square]].concat();
        let fold = |fold: &Self| fold.norms.as_ref().map(RowNorms::to_rows);
        let of_folds: Option<Vec<Vec<f64>>> = folds.iter().map(fold).collect();
        Ok(of_folds.map(|of_folds| NormState {
            own: shaped((n + 2, 2), norms.to_rows()),
            nulls: shaped((nulls.len(), n + 1), nulls.iter().flat_map(null).collect()),
            folds: shaped((folds.len(), n + 2, 2), of_folds.concat()),
        }))
    }

    /// Gives a Gram the sums of norms that were taken apart, its nulls and folds too.
    ///
    /// # Errors
    /// [`Error::State`] where they cannot be those of this Gram, which stays as it was; [`Error::OutOfMemory`].
    pub fn set_norms(&mut self, state: NormState) -> Result<()> {
        let NormState { own, nulls, folds } = state;
        let (n, resampled) = (self.shift.len(), &self.resampled);
        let (n_nulls, n_folds) = (resampled.nulls.len(), resampled.folds.len());
        if (own.dim(), nulls.dim(), folds.dim())
            != ((n + 2, 2), (n_nulls, n + 1), (n_folds, n + 2, 2))
        {
            return Err(Error::State("the sums of norms have another shape"));
        }
        let purpose =
            Purpose::Gram { n_x: self.n_x, n_y: self.n_y, nulls: n_nulls, folds: n_folds };
        let made = || -> Result<_> {
            let norms = RowNorms::from_rows(&own.view())?;
            let null = |row: &[f64]| self.null_norms_from(row);
            let nulls =
                nulls.outer_iter().map(|row| null(&row.to_vec())).collect::<Result<Vec<_>>>()?;
            let folds = folds
                .outer_iter()
                .map(|rows| RowNorms::from_rows(&rows))
                .collect::<Result<Vec<_>>>()?;
            Ok((norms, nulls, folds))
        };
        let (norms, nulls, folds) = made().map_err(|error| error.wanted_for(purpose))?;
        self.check_norms(&norms)?;
        self.check_null_norms(&norms, &nulls)?;
        for (fold, norms) in pairs(&resampled.folds, &folds) {
            fold.check_norms(norms)?;
        }
        self.norms = Some(norms);
        self.resampled.null_norms = nulls;
        for (fold, norms) in pairs(&mut self.resampled.folds, folds) {
            fold.norms = Some(norms);
        }
        Ok(())
    }

    fn null_norms_from(&self, row: &[f64]) -> Result<NullNorms> {
        let (x, rest) = row.split_at(self.n_x);
        let (y, square) = rest.split_at(self.n_y);
        Ok(NullNorms {
            of_x: Matrix::from_columns(x.len(), 1, |_, values| values.extend_from_slice(x))?,
            of_y: Matrix::from_columns(y.len(), 1, |_, values| values.extend_from_slice(y))?,
            square: square[0],
        })
    }

    /// Cauchy and Schwarz, as for the products: `(Σ a z)² <= Σ a² Σ z²`, and `(Σ a)² <= n Σ a²`.
    fn check_norms(&self, norms: &RowNorms) -> Result<()> {
        let [aa, ab, bb] = norms.squares;
        let reach = [self.reach_of_norms(0, aa), self.reach_of_norms(1, bb)];
        let mut within = ab.abs() <= reach[0] * reach[1];
        for (k, side) in [0..self.n_x, self.n_x..self.shift.len()].into_iter().enumerate() {
            let total: f64 = side.map(|j| self.products[(j, j)]).sum();
            within &= total.abs() <= reach[k] * (self.n_samples as f64).sqrt();
            let products = norms.weighted.column(k).iter().enumerate();
            within &= products
                .map(|(j, value)| (j, value.abs()))
                .all(|(j, value)| value <= reach[k] * self.reach_of_neuron(j));
        }
        accept(within, norms)
    }

    fn check_null_norms(&self, norms: &RowNorms, nulls: &[NullNorms]) -> Result<()> {
        let [aa, _, bb] = norms.squares;
        let [a, b] = [self.reach_of_norms(0, aa), self.reach_of_norms(1, bb)];
        let within = nulls.iter().all(|null| {
            let of_x = null.of_x.column(0).iter().enumerate().map(|(i, value)| (i, value, b));
            let of_y = null.of_y.column(0).iter().enumerate();
            let of_y = of_y.map(|(j, value)| (self.n_x + j, value, a));
            null.square.abs() <= a * b
                && of_x
                    .chain(of_y)
                    .all(|(j, value, other)| value.abs() <= other * self.reach_of_neuron(j))
        });
        accept(within, norms)
    }

    /// The root of a neuron's square, with what rounding may have added.
    fn reach_of_neuron(&self, j: usize) -> f64 {
        let (square, spread) = (self.products[(j, j)].max(0.0), self.spread[j]);
        let count = self.n_samples as f64;
        let lost = SHIFTING * (count * spread * spread) + count * f64::MIN_POSITIVE;
        (square * (1.0 + RELATIVE) + lost).sqrt()
    }

    /// The same of the squared norms of a side's rows.
    fn reach_of_norms(&self, k: usize, square: f64) -> f64 {
        let spread = if k == 0 { &self.spread[..self.n_x] } else { &self.spread[self.n_x..] };
        let largest: f64 = spread.iter().map(|spread| spread * spread).sum();
        let count = self.n_samples as f64;
        let lost = SHIFTING * (count * largest * largest) + count * f64::MIN_POSITIVE;
        (square.max(0.0) * (1.0 + RELATIVE) + lost).sqrt()
    }
}

/// Norms of rows may leave float64 where their sums of squares do not: measures then say so.
fn accept(within: bool, norms: &RowNorms) -> Result<()> {
    let [aa, _, bb] = norms.squares;
    if within || !(aa.is_finite() && bb.is_finite()) {
        Ok(())
    } else {
        Err(Error::State("sums of norms exceed their bounds"))
    }
}

impl RowNorms {
    /// A row for each neuron, and for a and b.
    fn to_rows(&self) -> Vec<f64> {
        let [aa, ab, bb] = self.squares;
        let weighted = pairs(self.weighted.column(0), self.weighted.column(1));
        weighted.flat_map(|(a, b)| [*a, *b]).chain([aa, ab, ab, bb]).collect()
    }

    fn from_rows(rows: &ArrayView2<'_, f64>) -> Result<Self> {
        let n = rows.len_of(Axis(0)) - 2;
        // The same number, but for the order in which it was added up; or neither is one.
        let (ab, ba) = (rows[[n, 1]], rows[[n + 1, 0]]);
        let is_same = (ab - ba).abs() <= RELATIVE * ab.abs();
        if !is_same && (ab.is_finite() || ba.is_finite()) {
            return Err(Error::State("the sums of norms are not symmetric"));
        }
        let weighted = Matrix::from_columns(n, 2, |k, values| {
            values.extend(rows.column(k).iter().take(n));
        })?;
        Ok(Self { weighted, squares: [rows[[n, 0]], rows[[n, 1]], rows[[n + 1, 1]]] })
    }
}
