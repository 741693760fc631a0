//! Sums of batches with sparse rows: without their zeros, where that is less work.
//!
//! Subtracting a shift turns zeros into other values. So the shift of a sparse side is 0 except for neurons that are
//! always on: without a shift, centring would cost these the digits that a large mean takes. Where most neurons of a
//! Gram have a shift, sparse rows are added like dense ones, with their zeros.

use super::Gram;
use super::resampling::Batch;
use super::update::FIRST;
use crate::error::{Error, Result};
use crate::groups::shifted;
use crate::invariant::pairs;
use crate::linalg::dot;
use crate::progress::Progress;
use crate::samples::{
    ColumnRecord, MixedBlock, Samples, add_products, add_products_below, count_shifted,
};

/// How many multiplications of a matrix product take as long as one of two sparse rows, whose sums lie apart (measured:
/// 50 to 60, 3.3 to 4.4 ns each).
const APART: f64 = 64.0;
/// The same for a sparse row with a dense one, whose sums are adjacent in memory.
const TOGETHER: f64 = 8.0;

/// A batch that has been read and checked, with room for its rows in another order.
pub(super) struct MixedBatch {
    block: MixedBlock,
    records: Vec<ColumnRecord>,
    other: Option<MixedBlock>,
}

/// The shift of a Gram that begins with these samples: of a sparse side that of the neurons that are always on, as long as
/// that is less work; else the middle of the first rows.
pub(super) fn find_shift(samples: &[Samples<'_>]) -> Vec<f64> {
    let of_side = |side: &Samples<'_>| match side {
        Samples::Sparse(rows) => rows.middle_where_always(FIRST),
        dense => dense.middle(FIRST),
    };
    if samples.iter().any(is_sparse) {
        let shifts: Vec<Vec<f64>> = samples.iter().map(of_side).collect();
        let shifted: Vec<usize> = shifts.iter().map(|shift| count_shifted(shift)).collect();
        if is_less_work(samples, &shifted) {
            return shifts.concat();
        }
    }
    samples.iter().flat_map(|side| side.middle(FIRST)).collect()
}

/// Whether the sums of these samples are less work without the zeros of those that are sparse, where so many neurons of
/// each side have a shift: counted, so that it is the same on every machine.
fn is_less_work(samples: &[Samples<'_>], shifted: &[usize]) -> bool {
    let n: f64 = samples.iter().map(|side| side.n_neurons() as f64).sum();
    samples.iter().any(is_sparse) && row_work(samples, shifted) <= n * n
}

fn is_sparse(side: &Samples<'_>) -> bool {
    matches!(side, Samples::Sparse(_))
}

/// What the sums of a row take on average, in multiplications of a matrix product.
fn row_work(samples: &[Samples<'_>], shifted: &[usize]) -> f64 {
    let rows = samples.first().map_or(1, Samples::n_samples).max(1) as f64;
    // Values of a row, and whether zeros are left out.
    let of_side = |(side, shifted): (&Samples<'_>, &usize)| match side {
        Samples::Sparse(sparse) => (sparse.n_values() as f64 / rows + *shifted as f64, true),
        dense => (dense.n_neurons() as f64, false),
    };
    let sides: Vec<(f64, bool)> = pairs(samples, shifted).map(of_side).collect();
    let mut work = 0.0;
    for &(a, is_sparse) in &sides {
        for &(b, is_other_sparse) in &sides {
            let factor = match (is_sparse, is_other_sparse) {
                (true, true) => APART,
                (false, false) => 1.0,
                _ => TOGETHER,
            };
            work += factor * a * b;
        }
    }
    work
}

impl Gram {
    /// Of each side, how many neurons have a shift: rows of a side with few may be summed without their zeros.
    ///
    /// ```
    /// use ndarray::array;
    /// use spanmatch::Gram;
    ///
    /// let mut gram = Gram::default();
    /// gram.update(&array![[1.0, 0.0]], &array![[2.0]])?;
    /// assert_eq!(gram.n_shifted(), [1, 1]);
    /// # Ok::<(), spanmatch::Error>(())
    /// ```
    #[must_use]
    pub fn n_shifted(&self) -> Vec<usize> {
        self.sides.ranges().map(|side| count_shifted(&self.shift[side])).collect()
    }

    /// Whether a batch that follows others is summed without zeros.
    pub(super) fn sums_sparsely(&self, samples: &[Samples<'_>]) -> bool {
        is_less_work(samples, &self.n_shifted()) && u32::try_from(samples[0].n_samples()).is_ok()
    }

    /// What the sums of a batch and its nulls take, in multiplications of a matrix product.
    pub(super) fn mixed_work(&self, samples: &[Samples<'_>]) -> f64 {
        let rows = samples.first().map_or(0, Samples::n_samples) as f64;
        row_work(samples, &self.n_shifted()) * rows * (1.0 + self.n_nulls() as f64 / 2.0)
    }

    /// Reads a batch, and checks it: to add it then cannot fail.
    pub(super) fn read_mixed(&self, batch: &Batch<'_>) -> Result<MixedBatch> {
        let mut block = MixedBlock::room_for(batch.sides, &self.shift)?;
        block.load(batch.sides, &self.shift);
        let records = block.records();
        let count = self.n_samples + block.rows() as u64;
        if let Some(j) = records.iter().position(|record| !record.sum.is_finite()) {
            let neuron = self.neuron(j);
            if let Some(row) = block.find_not_finite(neuron.side.index(), neuron.index) {
                let value = batch.sides[neuron.side.index()].value(row, neuron.index);
                return Err(if value.is_finite() {
                    Error::Overflow { neuron, largest: f64::INFINITY }
                } else {
                    Error::NotFinite { neuron, value, row }
                });
            }
        }
        let spread = pairs(&self.spread, &records);
        let spread = spread.map(|(spread, record)| spread.max(record.largest));
        self.check_overflow(0, spread, count)?;
        let needs_room = !self.resampled.is_empty();
        let other =
            needs_room.then(|| MixedBlock::room_for(batch.sides, &self.shift)).transpose()?;
        Ok(MixedBatch { block, records, other })
    }

    /// Adds a batch to the sums, the nulls and the folds.
    pub(super) fn add_mixed(
        &mut self,
        mixed: MixedBatch,
        batch: &Batch<'_>,
        progress: &Progress,
    ) -> Result<()> {
        let MixedBatch { mut block, records, other } = mixed;
        self.absorb_mixed(&mut block, &records, progress)?;
        let Some(mut other) = other else { return Ok(()) };
        for (null, &offset) in pairs(0..self.resampled.nulls.len(), &batch.resampling.shifts) {
            let rows: Vec<usize> = shifted(&(0..block.rows()), offset, block.rows()).collect();
            other.gather(&block, &rows);
            self.add_mixed_null(null, &mut block, &mut other, progress)?;
        }
        for (fold, ranges) in pairs(0..self.resampled.folds.len(), &batch.resampling.folds) {
            let rows: Vec<usize> = ranges.iter().cloned().flatten().collect();
            if !rows.is_empty() {
                other.gather(&block, &rows);
                let records = other.records();
                self.resampled.folds[fold].absorb_mixed(&mut other, &records, progress)?;
            }
        }
        Ok(())
    }

    fn absorb_mixed(
        &mut self,
        block: &mut MixedBlock,
        records: &[ColumnRecord],
        progress: &Progress,
    ) -> Result<()> {
        for rows in block.portions() {
            block.turn(rows);
            for (a, b) in self.sides.pairs_with_self() {
                let first = (self.sides.range(b).start, self.sides.range(a).start);
                add_products_below(self.products_mut(), first, (block, a), (block, b), progress)?;
            }
        }
        if let Some(norms) = &mut self.norms {
            for k in 0..self.sides.count() {
                for (side, range) in self.sides.ranges().enumerate() {
                    let sums = &mut norms.weighted.column_mut(k)[range];
                    block.add_weighted(side, block.norms_of(k), sums);
                }
            }
            for (square, (a, b)) in pairs(&mut norms.squares, self.sides.pairs_with_self()) {
                *square += dot(block.norms_of(a), block.norms_of(b));
            }
        }
        for ((sum, spread), record) in pairs(pairs(&mut self.sums, &mut self.spread), records) {
            *sum += record.sum;
            *spread = spread.max(record.largest);
        }
        self.n_samples += block.rows() as u64;
        Ok(())
    }

    fn add_mixed_null(
        &mut self,
        null: usize,
        block: &mut MixedBlock,
        other: &mut MixedBlock,
        progress: &Progress,
    ) -> Result<()> {
        let count = self.sides.count();
        for rows in block.portions() {
            block.turn(rows.clone());
            other.turn(rows);
            for side in self.sides.leading() {
                for behind in side + 1..count {
                    let first = (self.sides.range_behind(side, behind).start, 0);
                    let panel = &mut self.resampled.nulls[null][side];
                    add_products(panel, first, (block, side), (other, behind), progress)?;
                }
            }
        }
        for side in self.sides.leading() {
            // There are none where the Gram has no sums of norms.
            let Some(norms) = self.resampled.null_norms.get_mut(null) else { continue };
            let norms = &mut norms[side];
            for at in 0..norms.squares.len() {
                let behind = side + 1 + at;
                block.add_weighted(side, other.norms_of(behind), norms.of_side.column_mut(at));
                let range = self.sides.range_behind(side, behind);
                let sums = &mut norms.behind.column_mut(0)[range];
                other.add_weighted(behind, block.norms_of(side), sums);
                norms.squares[at] += dot(block.norms_of(side), other.norms_of(behind));
            }
        }
        Ok(())
    }
}
