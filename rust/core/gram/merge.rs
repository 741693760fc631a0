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
        for gram in [&*self, &other] {
            gram.check_overflow(&gram.spread, count)?;
        }
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
        let spread: Vec<f64> = self
            .spread
            .iter()
            .zip(self.shift.iter().zip(shift))
            .map(|(spread, (old, new))| spread + (old - new).abs() + new.abs())
            .collect();
        self.check_overflow(&spread, self.n_samples)?;
        self.move_shift(shift);
        Ok(())
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
        for ((sum, spread), d) in self.sums.iter_mut().zip(&mut self.spread).zip(&d) {
            *sum += count * d;
            *spread += d.abs();
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
