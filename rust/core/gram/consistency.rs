//! Checks that no sum of products is larger than the Cauchy-Schwarz bound, `|z_iᵀ z_j| <= |z_i| |z_j|`.
//!
//! A Gram from a file or from another machine may be damaged. With products that are too large, neurons would explain
//! more than there is, and every neuron would match. The centred products are checked: where they keep the bound, the
//! products of the columns less any shift keep it too.

use std::ops::Range;

use rayon::prelude::*;

use super::Gram;
use crate::error::{Error, Result};
use crate::invariant::pairs;
use crate::linalg::Matrix;

/// The fraction by which products may exceed the bound. Equal columns reach the bound, up to the rounding of sums over
/// very many batches.
pub(super) const RELATIVE: f64 = 1e-6;
/// Of a square before centring, the part that may be rounding.
const CENTRING: f64 = 1e-10;
/// Of the largest square that the spread allows, the part that may be rounding: what a shift far away left.
pub(super) const SHIFTING: f64 = 1e-12;

impl Gram {
    /// Checks all sums: its own, the nulls', and the folds'.
    pub(super) fn check_consistent(&self) -> Result<()> {
        let reach = self.reach()?;
        self.check_products(|j| self.products.column(j), 0..self.n(), 0, &reach)?;
        self.check_nulls(&self.resampled.nulls, &reach)?;
        self.resampled.folds.iter().try_for_each(Self::check_consistent)
    }

    /// The products between sides that take the place of this Gram's: shifting changes which rows meet, and no row.
    pub(super) fn check_nulls(&self, nulls: &[Vec<Matrix>], reach: &[f64]) -> Result<()> {
        for (side, panel) in nulls.iter().flat_map(|panels| panels.iter().enumerate()) {
            let (columns, behind) = (self.sides.range(side), self.sides.behind(side));
            let column = |j| panel.column(j - columns.start);
            self.check_products(column, columns.clone(), behind.start, reach)?;
        }
        Ok(())
    }

    /// The root of each neuron's centred square, plus what rounding may have added. No product of two neurons exceeds
    /// the product of their roots.
    pub(super) fn reach(&self) -> Result<Vec<f64>> {
        let count = self.n_samples as f64;
        let of_neurons = pairs(&self.sums, &self.spread).enumerate();
        let reach = of_neurons.map(|(j, (sum, spread))| {
            let square = self.products[(j, j)];
            let centred = if count > 0.0 { square - sum * (sum / count) } else { square };
            let lost = count * f64::MIN_POSITIVE;
            let rounding = CENTRING * square.abs() + SHIFTING * (count * spread * spread) + lost;
            // NaN fails this comparison.
            if centred >= -rounding {
                Ok((centred.max(0.0) * (1.0 + RELATIVE) + rounding).sqrt())
            } else {
                let neuron = self.neuron(j);
                Err(Error::Inconsistent { first: neuron, second: neuron })
            }
        });
        reach.collect()
    }

    /// Products of each of some neurons with those from itself on, or from the one named where that comes later.
    fn check_products<'a>(
        &self,
        products: impl Fn(usize) -> &'a [f64] + Sync,
        neurons: Range<usize>,
        behind: usize,
        reach: &[f64],
    ) -> Result<()> {
        let count = self.n_samples as f64;
        let wrong = neurons.into_par_iter().find_map_first(|j| {
            let mean = if count > 0.0 { self.sums[j] / count } else { 0.0 };
            let from = j.max(behind);
            let others = pairs(&self.sums[from..], &reach[from..]);
            let mut others = pairs(products(j), others);
            let wrong = others.position(|(product, (sum, other))| {
                let largest = reach[j] * other;
                // NaN fails this comparison.
                let is_within = (product - sum * mean).abs() <= largest;
                !is_within
            });
            wrong.map(|at| (j, from + at))
        });
        match wrong {
            Some((j, i)) => {
                Err(Error::Inconsistent { first: self.neuron(j), second: self.neuron(i) })
            }
            None => Ok(()),
        }
    }
}
