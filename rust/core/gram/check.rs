//! Checks that a batch, a block of it, or another Gram can be added.

use super::Gram;
use super::resampling::Batch;
use crate::error::{Counted, Error, Replicates, Result};
use crate::invariant::pairs;
use crate::neuron::Side;
use crate::samples::{Block, ColumnRecord, Samples};
use crate::sides::Sides;

/// With `|z| <= m` and `|shift| <= m`, every sum that leads to the Gram stays below so many times `n m²`.
pub const MARGIN: f64 = 16.0;
/// Counts up to here are exact in float64.
pub(super) const MOST: u64 = 1 << 53;

impl Gram {
    pub(super) fn check_batch(&self, sides: &[Samples<'_>]) -> Result<()> {
        let [first, others @ ..] = sides else {
            return Err(Error::SideCount { expected: 2, got: 0 });
        };
        let expected = first.n_samples();
        for (index, side) in others.iter().enumerate() {
            let (side, got) = (Side::new(index + 1), side.n_samples());
            if got != expected {
                return Err(Error::RowCounts { expected, side, got });
            }
        }
        if expected == 0 {
            return Err(Error::NoRows);
        }
        if self.n_samples > 0 {
            self.sides.require(&Sides::of_widths(sides.iter().map(Samples::n_neurons)))?;
        }
        // There are no more groups than rows.
        self.check_total(1, expected as u64)
    }

    /// Whether so many more batches and samples can be counted, and with the samples their groups.
    pub(super) fn check_total(&self, n_batches: u64, n_samples: u64) -> Result<()> {
        check_count(Counted::Batches, self.n_batches.saturating_add(n_batches))?;
        check_count(Counted::Samples, self.n_samples.saturating_add(n_samples))
    }

    /// Nulls and folds are added one to one; a Gram that has none, and no samples, adds nothing.
    pub(super) fn check_counts(&self, other: &Self) -> Result<()> {
        let plain = |gram: &Self| gram.n_samples == 0 && gram.resampled.is_empty();
        if plain(self) || plain(other) {
            return Ok(());
        }
        let counts = |gram: &Self| {
            let resampled = &gram.resampled;
            [(Replicates::Nulls, resampled.nulls.len()), (Replicates::Folds, resampled.folds.len())]
        };
        for ((what, expected), (_, got)) in pairs(counts(self), counts(other)) {
            if expected != got {
                return Err(Error::Resampled { what, expected, got });
            }
        }
        Ok(())
    }

    /// Checks a block each time it is read, because others may write to the samples meanwhile. The block's first
    /// column belongs to the neuron named first, and its rows to these rows of the batch.
    pub(super) fn check_block(
        &self,
        block: &Block,
        first: usize,
        rows: &[usize],
        batch: &Batch<'_>,
    ) -> Result<()> {
        if let Some(found) = block.first_not_finite() {
            let (neuron, row) = (self.neuron(first + found.column), rows[found.row]);
            let value = batch.sides[neuron.side.index()].value(row, neuron.index);
            // A difference of finite values can be infinite.
            return Err(if found.value.is_infinite() && value.is_finite() {
                Error::Overflow { neuron, largest: f64::INFINITY }
            } else {
                Error::NotFinite { neuron, value: found.value, row }
            });
        }
        let last = first + block.records().len();
        let spread = pairs(&self.spread[first..last], block.records());
        let spread = spread.map(|(spread, ColumnRecord { largest, .. })| spread.max(*largest));
        self.check_overflow(first, spread, self.n_samples + block.rows() as u64)
    }

    /// Whether sums of so many rows stay finite, with these bounds for the neurons from one on.
    pub(super) fn check_overflow(
        &self,
        first: usize,
        spread: impl ExactSizeIterator<Item = f64>,
        n_samples: u64,
    ) -> Result<()> {
        let limit = (f64::MAX / MARGIN / n_samples as f64).sqrt();
        let shift = &self.shift[first..first + spread.len()];
        for (j, (spread, shift)) in pairs(spread, shift).enumerate() {
            let largest = spread + shift.abs();
            if largest.is_nan() || largest > limit {
                return Err(Error::Overflow { neuron: self.neuron(first + j), largest });
            }
        }
        Ok(())
    }
}

pub(super) fn check_count(what: Counted, count: u64) -> Result<()> {
    if count > MOST { Err(Error::Count(what)) } else { Ok(()) }
}
