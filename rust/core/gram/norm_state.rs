//! The sums of norms of a Gram taken apart, to store or send them beside its state, and put back.

use std::ops::Range;

use ndarray::{Array2, Array3, ArrayView2};

use super::Gram;
use super::consistency::{RELATIVE, SHIFTING};
use super::row_norms::{NullNorms, RowNorms};
use crate::error::{Error, Result, StateFault};
use crate::invariant::{pairs, shaped};
use crate::linalg::Matrix;
use crate::memory;
use crate::sides::Sides;

/// Sums in which each row, less the shift, counts by its squared norm of each side, such as a of x and b of y.
///
/// ```
/// use ndarray::array;
/// use spanmatch::Gram;
///
/// let x = array![[1.0, 0.0], [0.0, 2.0]];
/// let mut gram = Gram::default();
/// gram.update(&x, &x)?;
/// let mut other = Gram::from_state(gram.state()?)?;
/// assert!(other.centered_norms().is_none());
/// other.set_norms(gram.norm_state()?.expect("samples have norms"))?;
/// assert_eq!(other.centered_norms(), gram.centered_norms());
/// # Ok::<(), spanmatch::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NormState {
    /// Of each neuron, side after side, and then of the norm of each side, its products with the norm of each.
    pub own: Array2<f64>,
    /// For each null, of one side after the other but the last: of each side behind, the products of its norm with the
    /// neurons of the side; the products of the norm of the side with all neurons behind; and those of the norms.
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
        let (nulls, folds) = (&self.resampled.null_norms, &self.resampled.folds);
        let (own, of_null) = (self.norm_shape(), self.null_norms_length());
        let size = (nulls.len() * of_null).saturating_add((folds.len() + 1) * own.0 * own.1);
        memory::require(memory::bytes_of::<f64>(size), self.purpose(&self.sides))?;
        let to_rows = |norms: &RowNorms| norms.to_rows(&self.sides);
        let of_folds = folds.iter().map(|fold| fold.norms.as_ref().map(to_rows));
        let of_folds: Option<Vec<Vec<f64>>> = of_folds.collect();
        let of_nulls = nulls.iter().flatten().flat_map(NullNorms::to_row).collect();
        Ok(of_folds.map(|of_folds| NormState {
            own: shaped(own, to_rows(norms)),
            nulls: shaped((nulls.len(), of_null), of_nulls),
            folds: shaped((folds.len(), own.0, own.1), of_folds.concat()),
        }))
    }

    /// Gives a Gram the sums of norms that were taken apart, its nulls and folds too.
    ///
    /// # Errors
    /// [`Error::State`] where they cannot be those of this Gram, which stays as it was; [`Error::OutOfMemory`].
    pub fn set_norms(&mut self, state: NormState) -> Result<()> {
        let NormState { own, nulls, folds } = state;
        let resampled = &self.resampled;
        let (n_nulls, n_folds) = (resampled.nulls.len(), resampled.folds.len());
        let (shape, of_null) = (self.norm_shape(), self.null_norms_length());
        let is_wanted = own.dim() == shape
            && nulls.nrows() == n_nulls
            && (n_nulls == 0 || nulls.ncols() == of_null)
            && folds.dim() == (n_folds, shape.0, shape.1);
        if !is_wanted {
            return Err(Error::State(StateFault::NormShape));
        }
        let made = || -> Result<_> {
            let norms = RowNorms::from_rows(&self.sides, &own.view())?;
            let nulls = nulls
                .outer_iter()
                .map(|row| self.null_norms_from(&row.to_vec()))
                .collect::<Result<Vec<_>>>()?;
            let folds = folds
                .outer_iter()
                .map(|rows| RowNorms::from_rows(&self.sides, &rows))
                .collect::<Result<Vec<_>>>()?;
            Ok((norms, nulls, folds))
        };
        let (norms, nulls, folds) = self.in_room(made)?;
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

    /// Rows and columns of its own sums.
    fn norm_shape(&self) -> (usize, usize) {
        let count = self.sides.count();
        (self.n() + count, count)
    }

    /// How many numbers the sums of a null are.
    fn null_norms_length(&self) -> usize {
        let of_side = |side| {
            let behind = self.sides.count() - side - 1;
            (self.sides.width(side) + 1) * behind + self.sides.behind(side).len()
        };
        self.sides.leading().map(of_side).sum()
    }

    fn null_norms_from(&self, mut row: &[f64]) -> Result<Vec<NullNorms>> {
        let mut take = |rows: usize, columns: usize| {
            let (values, rest) = row.split_at(rows * columns);
            row = rest;
            Matrix::from_columns(rows, columns, |j, column| {
                column.extend_from_slice(&values[j * rows..][..rows]);
            })
        };
        let of_side = |side| {
            let others = self.sides.count() - side - 1;
            Ok(NullNorms {
                of_side: take(self.sides.width(side), others)?,
                behind: take(self.sides.behind(side).len(), 1)?,
                squares: take(others, 1)?.into_values(),
            })
        };
        self.sides.leading().map(of_side).collect()
    }

    /// Cauchy and Schwarz, as for the products: `(Σ a z)² <= Σ a² Σ z²`, and `(Σ a)² <= n Σ a²`.
    fn check_norms(&self, norms: &RowNorms) -> Result<()> {
        let reach = self.reach_of_norms(norms);
        let squares = pairs(&norms.squares, self.sides.pairs_with_self());
        let mut within = squares
            .filter(|(_, (a, b))| a != b)
            .all(|(square, (a, b))| square.abs() <= reach[a] * reach[b]);
        for (k, side) in self.sides.ranges().enumerate() {
            let total: f64 = side.map(|j| self.products[(j, j)]).sum();
            within &= total.abs() <= reach[k] * (self.n_samples as f64).sqrt();
            let products = norms.weighted.column(k).iter().enumerate();
            within &= products
                .map(|(j, value)| (j, value.abs()))
                .all(|(j, value)| value <= reach[k] * self.reach_of_neuron(j));
        }
        self.accept(within, norms)
    }

    fn check_null_norms(&self, norms: &RowNorms, nulls: &[Vec<NullNorms>]) -> Result<()> {
        let (sides, reach) = (&self.sides, self.reach_of_norms(norms));
        let within = nulls.iter().flat_map(|null| null.iter().enumerate()).all(|(side, null)| {
            let is_within =
                |value: &f64, j: usize, k: usize| value.abs() <= reach[k] * self.reach_of_neuron(j);
            let behind = pairs(null.behind.column(0), sides.behind(side));
            let others =
                null.squares.iter().enumerate().map(|(at, square)| (at, side + 1 + at, square));
            behind.into_iter().all(|(value, j)| is_within(value, j, side))
                && others.into_iter().all(|(at, other, square)| {
                    square.abs() <= reach[side] * reach[other]
                        && pairs(null.of_side.column(at), sides.range(side))
                            .all(|(value, j)| is_within(value, j, other))
                })
        });
        self.accept(within, norms)
    }

    /// Norms of rows may leave float64 where their sums of squares do not: measures then say so.
    fn accept(&self, within: bool, norms: &RowNorms) -> Result<()> {
        if within || !norms.own_squares(&self.sides).iter().all(|square| square.is_finite()) {
            Ok(())
        } else {
            Err(Error::State(StateFault::NormBounds))
        }
    }

    /// The root of a neuron's square, with what rounding may have added.
    fn reach_of_neuron(&self, j: usize) -> f64 {
        let (square, spread) = (self.products[(j, j)].max(0.0), self.spread[j]);
        let count = self.n_samples as f64;
        let lost = SHIFTING * (count * spread * spread) + count * f64::MIN_POSITIVE;
        (square * (1.0 + RELATIVE) + lost).sqrt()
    }

    /// The same of the squared norms of each side's rows.
    fn reach_of_norms(&self, norms: &RowNorms) -> Vec<f64> {
        let count = self.n_samples as f64;
        let reach = |(range, square): (Range<usize>, f64)| {
            let largest: f64 = self.spread[range].iter().map(|spread| spread * spread).sum();
            let lost = SHIFTING * (count * largest * largest) + count * f64::MIN_POSITIVE;
            (square.max(0.0) * (1.0 + RELATIVE) + lost).sqrt()
        };
        self.sides.ranges().zip(norms.own_squares(&self.sides)).map(reach).collect()
    }
}

impl RowNorms {
    /// Of each side, the product of its norm with itself.
    fn own_squares(&self, sides: &Sides) -> Vec<f64> {
        (0..sides.count()).map(|side| self.squares[sides.pair_place(side, side)]).collect()
    }

    /// A row for each neuron, and for the norm of each side.
    fn to_rows(&self, sides: &Sides) -> Vec<f64> {
        let all = || 0..sides.count();
        let square = |a: usize, b: usize| self.squares[sides.pair_place(a.min(b), a.max(b))];
        let neurons = (0..sides.n()).flat_map(|j| all().map(move |side| self.weighted[(j, side)]));
        neurons.chain(all().flat_map(|a| all().map(move |b| square(a, b)))).collect()
    }

    fn from_rows(sides: &Sides, rows: &ArrayView2<'_, f64>) -> Result<Self> {
        let (n, mut squares) = (sides.n(), Vec::new());
        for (a, b) in sides.pairs_with_self() {
            // The same number, but for the order in which it was added up; or neither is one.
            let (ab, ba) = (rows[[n + a, b]], rows[[n + b, a]]);
            let is_same = (ab - ba).abs() <= RELATIVE * ab.abs();
            if !is_same && (ab.is_finite() || ba.is_finite()) {
                return Err(Error::State(StateFault::NormSymmetry));
            }
            squares.push(ab);
        }
        let weighted = Matrix::from_columns(n, sides.count(), |k, values| {
            values.extend(rows.column(k).iter().take(n));
        })?;
        Ok(Self { weighted, squares })
    }
}

impl NullNorms {
    fn to_row(&self) -> Vec<f64> {
        let of_side = (0..self.of_side.columns()).map(|at| self.of_side.column(at));
        let parts: Vec<&[f64]> =
            of_side.chain([self.behind.column(0), &self.squares[..]]).collect();
        parts.concat()
    }
}
