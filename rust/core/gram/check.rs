//! What a batch, and another Gram, must be to be added.

use std::ops::Range;

use super::Gram;
use crate::error::{Error, Result};
use crate::neurons::Side;
use crate::samples::{ColumnRecord, Samples};

impl Gram {
    pub(super) fn check_batch(&self, x: Samples<'_>, y: Samples<'_>) -> Result<()> {
        if x.n_samples() != y.n_samples() {
            return Err(Error::RowCounts { x: x.n_samples(), y: y.n_samples() });
        }
        if x.n_samples() == 0 {
            return Err(Error::NoRows);
        }
        if self.n_samples > 0 {
            self.check_widths(x.n_neurons(), y.n_neurons())?;
        }
        Ok(())
    }

    pub(super) fn check_widths(&self, n_x: usize, n_y: usize) -> Result<()> {
        for (side, expected, got) in [(Side::X, self.n_x, n_x), (Side::Y, self.n_y, n_y)] {
            if expected != got {
                return Err(Error::Width { side, expected, got });
            }
        }
        Ok(())
    }

    /// Nulls and folds are added one to one; a Gram that has none, and no samples, adds nothing.
    pub(super) fn check_replicates(&self, other: &Self) -> Result<()> {
        let plain = |gram: &Self| gram.n_samples == 0 && gram.replicates.is_empty();
        if plain(self) || plain(other) {
            return Ok(());
        }
        let counts = |gram: &Self| {
            let replicates = &gram.replicates;
            [("nulls", replicates.nulls.len()), ("folds", replicates.folds.len())]
        };
        for ((what, expected), (_, got)) in counts(self).into_iter().zip(counts(other)) {
            if expected != got {
                return Err(Error::Replicates { what, expected, got });
            }
        }
        Ok(())
    }

    pub(super) fn check_block(
        &self,
        x: Samples<'_>,
        y: Samples<'_>,
        rows: Range<usize>,
        records: &[ColumnRecord],
    ) -> Result<()> {
        for (j, record) in records.iter().enumerate() {
            if record.sum.is_finite() {
                continue;
            }
            let neuron = self.neuron(j);
            for row in rows.clone() {
                let value = match neuron.side {
                    Side::X => x.value(row, neuron.index),
                    Side::Y => y.value(row, neuron.index),
                };
                if !value.is_finite() {
                    return Err(Error::NotFinite { neuron, value, row });
                }
            }
        }
        let spread: Vec<f64> = records
            .iter()
            .zip(&self.spread)
            .map(|(record, spread)| spread.max(record.largest))
            .collect();
        self.check_overflow(&spread, self.n_samples + rows.len() as u64)
    }

    /// With |z| <= m and |shift| <= m, every sum that leads to the Gram stays below 16 n m².
    pub(super) fn check_overflow(&self, spread: &[f64], n_samples: u64) -> Result<()> {
        let limit = (f64::MAX / 16.0 / n_samples as f64).sqrt();
        for (j, (spread, shift)) in spread.iter().zip(&self.shift).enumerate() {
            let largest = spread + shift.abs();
            if largest.is_nan() || largest > limit {
                return Err(Error::Overflow { neuron: self.neuron(j), largest });
            }
        }
        Ok(())
    }
}
