//! Sums over other rows, added: batches elsewhere, other machines.

use rayon::prelude::*;

use super::Gram;
use super::replicates::then;
use crate::error::{Error, Result};
use crate::linalg::Matrix;

impl Gram {
    /// Adds what another Gram has accumulated, as if its batches had come here.
    ///
    /// # Errors
    /// [`Error::Width`] where the sides differ in size, [`Error::Replicates`] where the nulls or folds differ
    /// in number, [`Error::Overflow`]; the Gram stays as it was.
    pub fn merge(&mut self, mut other: Self) -> Result<()> {
        self.check_replicates(&other)?;
        if other.n_samples == 0 {
            return Ok(());
        }
        if self.n_samples == 0 {
            if !self.replicates.is_empty() {
                other.replicates.seed = self.replicates.seed;
            }
            *self = other;
            return Ok(());
        }
        self.check_widths(other.n_x, other.n_y)?;
        let count = self.n_samples + other.n_samples;
        other.check_overflow(&other.spread, count)?;
        let moved = other.spread_at(&self.shift);
        let spread: Vec<f64> = self.spread.iter().zip(moved).map(|(a, b)| a.max(b)).collect();
        self.check_overflow(&spread, count)?;
        other.move_shift(&self.shift);
        self.add(&other, 1);
        self.n_batches += other.n_batches;
        self.replicates.n_items += other.replicates.n_items;
        for (rolls, others) in self.replicates.rolls.iter_mut().zip(&other.replicates.rolls) {
            *rolls = then(*rolls, *others);
        }
        Ok(())
    }

    /// Keeps the rows less another shift, as Grams must share to be added part by part. The answers stay the
    /// same, but for rounding.
    ///
    /// # Errors
    /// [`Error::Parts`] where the shift has another length or is not finite, [`Error::Overflow`]; the Gram stays
    /// as it was.
    pub fn set_shift(&mut self, shift: &[f64]) -> Result<()> {
        if shift.len() != self.shift.len() || shift.iter().any(|value| !value.is_finite()) {
            return Err(Error::Parts("the shift has another length or is not finite"));
        }
        // As far as the values are from the new shift, and that from zero.
        let reach: Vec<f64> = self
            .spread_at(shift)
            .iter()
            .zip(shift)
            .map(|(spread, new)| spread + new.abs())
            .collect();
        self.check_overflow(&reach, self.n_samples)?;
        self.move_shift(shift);
        Ok(())
    }

    /// A bound on each neuron's absolute value less another shift.
    fn spread_at(&self, shift: &[f64]) -> Vec<f64> {
        let moves = self.shift.iter().zip(shift).map(|(old, new)| (old - new).abs());
        self.spread.iter().zip(moves).map(|(spread, by)| spread + by).collect()
    }

    /// With d = old shift - new shift, each row is (z - old shift) + d.
    fn move_shift(&mut self, shift: &[f64]) {
        if self.shift == shift {
            return;
        }
        let count = self.n_samples as f64;
        let d: Vec<f64> = self.shift.iter().zip(shift).map(|(old, new)| old - new).collect();
        let (sums, n_x) = (&self.sums, self.n_x);
        let moved = |i: usize, j: usize| d[i] * sums[j] + sums[i] * d[j] + count * d[i] * d[j];
        self.products.columns_mut().enumerate().for_each(|(j, column)| {
            for (i, value) in column.iter_mut().enumerate().skip(j) {
                *value += moved(i, j);
            }
        });
        for null in &mut self.replicates.nulls {
            null.columns_mut().enumerate().for_each(|(j, column)| {
                for (i, value) in column.iter_mut().enumerate() {
                    *value += moved(n_x + i, j);
                }
            });
        }
        for fold in &mut self.replicates.folds {
            fold.move_shift(shift);
        }
        self.spread = self.spread_at(shift);
        for (sum, d) in self.sums.iter_mut().zip(&d) {
            *sum += count * d;
        }
        self.shift.copy_from_slice(shift);
    }

    /// Adds sums over rows shifted by the same shift, as many times as said.
    pub(super) fn add(&mut self, part: &Self, times: u64) {
        self.n_samples += times * part.n_samples;
        for (sum, more) in self.sums.iter_mut().zip(&part.sums) {
            *sum += times as f64 * more;
        }
        for (spread, other) in self.spread.iter_mut().zip(&part.spread) {
            *spread = spread.max(*other);
        }
        add_values(&mut self.products, &part.products, times);
        for (null, more) in self.replicates.nulls.iter_mut().zip(&part.replicates.nulls) {
            add_values(null, more, times);
        }
        for (fold, more) in self.replicates.folds.iter_mut().zip(&part.replicates.folds) {
            fold.add(more, times);
        }
    }
}

fn add_values(sum: &mut Matrix, part: &Matrix, times: u64) {
    sum.columns_mut().enumerate().for_each(|(j, column)| {
        for (value, more) in column.iter_mut().zip(part.column(j)) {
            *value += times as f64 * more;
        }
    });
}
