//! Two sides of many.

use std::sync::Arc;

use super::Gram;
use super::resampling::Resampled;
use super::row_norms::{NullNorms, RowNorms};
use crate::error::{Error, Result};
use crate::invariant::pairs;
use crate::linalg::{LowerTriangle, Matrix};
use crate::neuron::Side;
use crate::sides::Sides;

impl Gram {
    /// What a Gram would hold of two sides alone, counted from 0, the first as x: its sums, nulls and folds. Where the
    /// second comes first here, nulls are those of the mirrored shift: where row i of x met row i + k of y, row i of y
    /// meets row i - k of x.
    ///
    /// ```
    /// use ndarray::array;
    /// use spanmatch::Gram;
    ///
    /// let mut gram = Gram::default();
    /// let (x, y) = (array![[1.0, 2.0]], array![[3.0]]);
    /// gram.update(&x, &y)?;
    /// assert_eq!(gram.pair(1, 0)?.widths(), [1, 2]);
    /// # Ok::<(), spanmatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoSuchSide`], [`Error::SameSide`], [`Error::OutOfMemory`].
    pub fn pair(&self, a: usize, b: usize) -> Result<Self> {
        if a == b {
            return Err(Error::SameSide(Side::new(a)));
        }
        let count = self.sides.count();
        if self.n_samples > 0
            && let Some(&side) = [a, b].iter().find(|&&side| side >= count)
        {
            return Err(Error::NoSuchSide { side, count });
        }
        if self.n_samples == 0 {
            return self.try_clone();
        }
        let both = Sides::of_widths([a, b].map(|side| self.sides.width(side)));
        self.require_room(&both)?;
        let pair = || Ok(Self { resampled: self.pair_resampled(a, b)?, ..self.pair_sums(a, b)? });
        self.in_room_of(&both, pair)
    }

    fn pair_sums(&self, a: usize, b: usize) -> Result<Self> {
        let columns = || self.sides.range(a).chain(self.sides.range(b));
        let take = |values: &[f64]| columns().map(|j| values[j]).collect();
        let places: Vec<usize> = columns().collect();
        // Only the lower triangle of the joint Gram counts.
        let products = LowerTriangle::from_columns(places.len(), |column, values| {
            let j = places[column];
            for (value, &i) in pairs(values, &places[column..]) {
                *value = self.products[(i.max(j), i.min(j))];
            }
        })?;
        Ok(Self {
            sides: Sides::of_widths([a, b].map(|side| self.sides.width(side))),
            n_batches: self.n_batches,
            n_samples: self.n_samples,
            shift: take(&self.shift),
            sums: take(&self.sums),
            spread: take(&self.spread),
            products: Arc::new(products),
            norms: self.norms.as_ref().map(|norms| self.pair_norms(norms, a, b)).transpose()?,
            resampled: Resampled::default(),
        })
    }

    fn pair_norms(&self, norms: &RowNorms, a: usize, b: usize) -> Result<RowNorms> {
        let [of_a, of_b] = [a, b].map(|side| self.sides.range(side));
        let weighted = Matrix::from_columns(of_a.len() + of_b.len(), 2, |column, values| {
            let of_norm = norms.weighted.column([a, b][column]);
            values.extend_from_slice(&of_norm[of_a.clone()]);
            values.extend_from_slice(&of_norm[of_b.clone()]);
        })?;
        let square =
            |(a, b): (usize, usize)| norms.squares[self.sides.pair_place(a.min(b), a.max(b))];
        Ok(RowNorms { weighted, squares: [(a, a), (a, b), (b, b)].map(square).to_vec() })
    }

    fn pair_resampled(&self, a: usize, b: usize) -> Result<Resampled> {
        let Resampled { nulls, null_norms, folds, shift_hashes, .. } = &self.resampled;
        let null = |panels: &Vec<Matrix>| Ok(vec![self.pair_null(&panels[a.min(b)], a, b)?]);
        let norms =
            |norms: &Vec<NullNorms>| Ok(vec![self.pair_null_norms(&norms[a.min(b)], a, b)?]);
        Ok(Resampled {
            nulls: nulls.iter().map(null).collect::<Result<_>>()?,
            null_norms: null_norms.iter().map(norms).collect::<Result<_>>()?,
            folds: folds.iter().map(|fold| fold.pair_sums(a, b)).collect::<Result<_>>()?,
            shift_hashes: shift_hashes.clone(),
            ..self.resampled
        })
    }

    /// The products of b (rows) with a, of the panel of whichever comes first.
    fn pair_null(&self, panel: &Matrix, a: usize, b: usize) -> Result<Matrix> {
        let [width, height] = [a, b].map(|side| self.sides.width(side));
        let rows = self.sides.range_behind(a.min(b), a.max(b));
        Matrix::from_columns(height, width, |i, values| {
            if a < b {
                values.extend_from_slice(&panel.column(i)[rows.clone()]);
            } else {
                values.extend((0..height).map(|j| panel[(rows.start + i, j)]));
            }
        })
    }

    fn pair_null_norms(&self, norms: &NullNorms, a: usize, b: usize) -> Result<NullNorms> {
        let (first, second) = (a.min(b), a.max(b));
        let at = second - first - 1;
        let of_first = norms.of_side.column(at);
        let of_second = &norms.behind.column(0)[self.sides.range_behind(first, second)];
        let one = |values: &[f64]| {
            Matrix::from_columns(values.len(), 1, |_, column| column.extend_from_slice(values))
        };
        let (of_side, behind) = if a < b { (of_first, of_second) } else { (of_second, of_first) };
        Ok(NullNorms {
            of_side: one(of_side)?,
            behind: one(behind)?,
            squares: vec![norms.squares[at]],
        })
    }
}
