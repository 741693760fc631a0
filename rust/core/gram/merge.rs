//! Adds sums over other rows, such as batches that another machine accumulated.

use std::sync::Arc;

use rayon::prelude::*;

use super::Gram;
use super::resampling::hash_combine;
use crate::error::{Error, Result, StateFault};
use crate::invariant::pairs;
use crate::linalg::{LowerTriangle, Matrix, add_multiple};

impl Gram {
    /// Adds what another Gram has accumulated, as if its batches had come here.
    ///
    /// # Errors
    /// [`Error::Width`] where the sides differ in size, [`Error::Resampled`] where the nulls or folds differ
    /// in number, [`Error::Count`], [`Error::Overflow`], [`Error::Inconsistent`]; the Gram stays as it was.
    pub fn merge(&mut self, mut other: Self) -> Result<()> {
        self.check_counts(&other)?;
        if other.n_samples == 0 {
            return Ok(());
        }
        if self.n_samples == 0 {
            other.check_consistent()?;
            if !self.resampled.is_empty() {
                other.resampled.seed = self.resampled.seed;
            }
            *self = other;
            return Ok(());
        }
        self.sides.require(&other.sides)?;
        self.check_total(other.n_batches, other.n_samples)?;
        let count = self.n_samples + other.n_samples;
        other.check_overflow(0, other.spread.iter().copied(), count)?;
        let spread = pairs(&self.spread, other.spread_at(&self.shift)).map(|(a, b)| a.max(b));
        self.check_overflow(0, spread, count)?;
        self.unshare_products()?;
        other.unshare_products()?;
        other.move_shift(&self.shift);
        other.check_consistent()?;
        self.add(&other, 1);
        self.n_batches += other.n_batches;
        self.resampled.n_groups += other.resampled.n_groups;
        let hashes = pairs(&mut self.resampled.shift_hashes, &other.resampled.shift_hashes);
        for (hash, others) in hashes {
            *hash = hash_combine(*hash, *others);
        }
        Ok(())
    }

    /// Keeps the rows less another shift, as Grams must share to be added part by part. The answers stay the
    /// same, but for rounding.
    ///
    /// # Errors
    /// [`Error::State`] where the shift has another length or is not finite, [`Error::Overflow`]; the Gram stays
    /// as it was.
    pub fn set_shift(&mut self, shift: &[f64]) -> Result<()> {
        if shift.len() != self.shift.len() || shift.iter().any(|value| !value.is_finite()) {
            return Err(Error::State(StateFault::Shift));
        }
        // The distance of the values from the new shift, plus the distance of that shift from zero.
        let reach = pairs(self.spread_at(shift), shift).map(|(spread, new)| spread + new.abs());
        self.check_overflow(0, reach, self.n_samples)?;
        self.unshare_products()?;
        self.move_shift(shift);
        Ok(())
    }

    /// A bound on each neuron's absolute value less another shift.
    fn spread_at(&self, shift: &[f64]) -> Vec<f64> {
        let moves = pairs(&self.shift, shift).map(|(old, new)| (old - new).abs());
        pairs(&self.spread, moves).map(|(spread, by)| spread + by).collect()
    }

    /// With d = old shift - new shift, each row is (z - old shift) + d.
    fn move_shift(&mut self, shift: &[f64]) {
        if self.shift == shift {
            return;
        }
        let count = self.n_samples as f64;
        let d: Vec<f64> = pairs(&self.shift, shift).map(|(old, new)| old - new).collect();
        self.move_norms(&d);
        let (sums, sides) = (&self.sums[..], &self.sides);
        let moved = |i: usize, j: usize| d[i] * sums[j] + sums[i] * d[j] + count * d[i] * d[j];
        // As `products_mut`, beside the sums.
        let products = Arc::get_mut(&mut self.products).expect("products of its own");
        products.columns_mut().for_each(|(j, column)| {
            for (i, value) in (j..).zip(column) {
                *value += moved(i, j);
            }
        });
        let panels =
            self.resampled.nulls.iter_mut().flat_map(|panels| panels.iter_mut().enumerate());
        for (side, panel) in panels {
            panel.columns_mut().zip(sides.range(side)).for_each(|(column, j)| {
                for (value, i) in pairs(column, sides.behind(side)) {
                    *value += moved(i, j);
                }
            });
        }
        for fold in &mut self.resampled.folds {
            fold.move_shift(shift);
        }
        self.spread = self.spread_at(shift);
        for (sum, d) in pairs(&mut self.sums, &d) {
            *sum += count * d;
        }
        self.shift.copy_from_slice(shift);
    }

    /// Adds sums over rows with the same shift, `times` times.
    pub(super) fn add(&mut self, part: &Self, times: u64) {
        self.n_samples += times * part.n_samples;
        for (sum, more) in pairs(&mut self.sums, &part.sums) {
            *sum += times as f64 * more;
        }
        for (spread, other) in pairs(&mut self.spread, &part.spread) {
            *spread = spread.max(*other);
        }
        add_products(self.products_mut(), &part.products, times);
        match (&mut self.norms, &part.norms) {
            (Some(norms), Some(more)) => norms.add(more, times),
            // If either Gram lacks the sums of norms, the sum lacks them too.
            _ => self.forget_norms(),
        }
        let (norms, more) = (&mut self.resampled.null_norms, &part.resampled.null_norms);
        for (norms, more) in norms.iter_mut().flatten().zip(more.iter().flatten()) {
            norms.add(more, times);
        }
        for (panels, more) in pairs(&mut self.resampled.nulls, &part.resampled.nulls) {
            pairs(panels, more).for_each(|(panel, more)| add_values(panel, more, times));
        }
        for (fold, more) in pairs(&mut self.resampled.folds, &part.resampled.folds) {
            fold.add(more, times);
        }
    }
}

fn add_products(sum: &mut LowerTriangle, part: &LowerTriangle, times: u64) {
    sum.columns_mut().for_each(|(j, column)| add_multiple(column, times as f64, part.column(j)));
}

fn add_values(sum: &mut Matrix, part: &Matrix, times: u64) {
    sum.columns_mut().enumerate().for_each(|(j, column)| {
        add_multiple(column, times as f64, part.column(j));
    });
}
