//! Sums over other rows, added: batches elsewhere, other machines.

use rayon::prelude::*;

use super::Gram;
use crate::error::{Error, Result};

impl Gram {
    /// Adds what another Gram has accumulated, as if its batches had come here.
    ///
    /// # Errors
    /// [`Error::Width`] where the sides differ in size, [`Error::Overflow`]; the Gram stays as it was.
    pub fn merge(&mut self, mut other: Self) -> Result<()> {
        if other.n_samples == 0 {
            return Ok(());
        }
        if self.n_samples == 0 {
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
        self.add(&other);
        self.n_batches += other.n_batches;
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
        let sums = &self.sums;
        let columns = self.products.values_mut().par_chunks_mut(d.len()).enumerate();
        columns.for_each(|(j, column)| {
            for i in j..d.len() {
                column[i] += d[i] * sums[j] + sums[i] * d[j] + count * d[i] * d[j];
            }
        });
        self.spread = self.spread_at(shift);
        for (sum, d) in self.sums.iter_mut().zip(&d) {
            *sum += count * d;
        }
        self.shift.copy_from_slice(shift);
    }

    /// Adds sums over rows shifted by the same shift.
    pub(super) fn add(&mut self, part: &Self) {
        self.n_samples += part.n_samples;
        for (sum, more) in self.sums.iter_mut().zip(&part.sums) {
            *sum += more;
        }
        for (spread, other) in self.spread.iter_mut().zip(&part.spread) {
            *spread = spread.max(*other);
        }
        let n = self.shift.len().max(1);
        let columns = self.products.values_mut().par_chunks_mut(n);
        columns.zip(part.products.values().par_chunks(n)).for_each(|(column, more)| {
            for (value, more) in column.iter_mut().zip(more) {
                *value += more;
            }
        });
    }
}
