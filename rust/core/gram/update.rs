//! Adds a batch to the sums, after it has been read and checked.
//!
//! A batch that takes long is first added to separate sums, so that an interruption leaves the Gram unchanged.

use std::sync::Arc;

use super::Gram;
use super::resampling::{Batch, Resampled};
use super::row_norms::RowNorms;
use super::sparse_sums::{MixedBatch, find_shift};
use crate::error::Result;
use crate::groups::Groups;
use crate::linalg::LowerTriangle;
use crate::progress::Progress;
#[cfg(doc)]
use crate::samples::SparseRows;
use crate::samples::{Block, Samples};
use crate::sides::Sides;

/// Rows read at once: enough for the full rate of products. Not a power of two: columns that lie 4,096
/// bytes apart compete for the same cache lines.
const BLOCK_ROWS: usize = 480;
/// Rows whose mean becomes the shift.
pub const FIRST: usize = 64;
/// The most multiplications of a block that is added in place: about half a second without a check for interruption.
const IN_PLACE: u64 = 40_000_000_000;
/// The same of rows that are summed without their zeros, which take longer than they are counted for where sums are wide.
const IN_PLACE_SPARSE: f64 = 1e10;

/// A batch that has been read and checked: what is left to do cannot fail.
enum Change {
    /// The first batch: a Gram of its own.
    Begin(Gram),
    /// Several blocks, added up.
    Sums(Gram),
    /// One block, and room for its folds.
    Rows { block: Block, fold: Option<Block> },
    /// Sparse rows, and others beside them.
    Mixed(MixedBatch),
}

impl Gram {
    /// Adds a batch: row i of `x` and of `y` are the same sample, seen by each network.
    ///
    /// Arrays of ndarray and their views are read where they lie, of any strides, and so are [`SparseRows`]. What takes
    /// long can be watched, and cancelled, with [`update_if`](Self::update_if).
    ///
    /// ```
    /// use ndarray::{array, s};
    /// use spanmatch::Gram;
    ///
    /// let (x, y) = (array![[1.0_f32, 0.0], [0.0, 2.0]], array![[3.0, 5.0], [4.0, 6.0]]);
    /// let mut gram = Gram::default();
    /// gram.update(&x, &y)?;
    /// gram.update(x.slice(s![..1, ..]), y.slice(s![1.., ..]))?;
    /// assert_eq!(gram.n_samples(), 3);
    /// # Ok::<(), spanmatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// Row counts that differ or are zero, another width than before, values that are not finite or whose
    /// squares overflow, [`Error::OutOfMemory`](crate::Error::OutOfMemory). Each leaves the Gram as it was.
    pub fn update<'x, 'y>(
        &mut self,
        x: impl Into<Samples<'x>>,
        y: impl Into<Samples<'y>>,
    ) -> Result<()> {
        self.update_groups(x, y, &Groups::default())
    }

    /// Adds a batch whose rows belong to groups: those are shifted, and assigned to folds, as a whole, where there
    /// are nulls or folds.
    ///
    /// # Errors
    /// As [`Gram::update`]; those of [`Groups::count`]; [`Error::OneGroup`](crate::Error::OneGroup) where there are
    /// nulls.
    pub fn update_groups<'x, 'y>(
        &mut self,
        x: impl Into<Samples<'x>>,
        y: impl Into<Samples<'y>>,
        groups: &Groups,
    ) -> Result<()> {
        let (x, y) = (x.into(), y.into());
        self.update_if(&[x.view(), y.view()], groups, &Progress::default(), || Ok(()))
    }

    /// The same for any number of sides, watched and cancelled by a progress, if `may_change` agrees once the batch has been
    /// read and checked: the last moment at which all can still be as it was.
    ///
    /// ```
    /// use ndarray::array;
    /// use spanmatch::{Gram, Groups, Progress, Samples};
    ///
    /// let (a, b, c) = (array![[1.0], [2.0]], array![[3.0, 1.0], [0.0, 2.0]], array![[2.0], [4.0]]);
    /// let sides = [&a, &b, &c].map(Samples::from);
    /// let mut gram = Gram::default();
    /// gram.update_if(&sides, &Groups::default(), &Progress::default(), || Ok(()))?;
    /// assert_eq!(gram.widths(), [1, 2, 1]);
    /// assert_eq!(gram.pair(2, 1)?.widths(), [1, 2]);
    /// # Ok::<(), spanmatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Gram::update_groups`]; [`Error::SideCount`](crate::Error::SideCount) where earlier batches had others;
    /// [`Error::Interrupted`](crate::Error::Interrupted); what `may_change` returns.
    pub fn update_if(
        &mut self,
        sides: &[Samples<'_>],
        groups: &Groups,
        progress: &Progress,
        may_change: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        // Views, for the length of this call.
        let sides: Vec<Samples<'_>> = sides.iter().map(Samples::view).collect();
        let batch = self.batch(&sides, groups)?;
        self.unshare_products()?;
        progress.begin(batch.rows());
        let change = self.read(&batch, progress)?;
        may_change()?;
        progress.commit()?;
        match change {
            Change::Begin(fresh) => *self = fresh,
            Change::Mixed(mixed) => self.add_mixed(mixed, &batch, progress)?,
            Change::Sums(part) => self.add(&part, 1),
            Change::Rows { block, fold } => {
                // After the commit nothing interrupts it.
                self.absorb(&block, progress)?;
                self.add_nulls_of(&block, &batch, progress)?;
                self.add_folds_of(&block, &batch, fold, progress)?;
            }
        }
        self.count(&batch);
        progress.release();
        progress.finish();
        Ok(())
    }

    fn read(&self, batch: &Batch<'_>, progress: &Progress) -> Result<Change> {
        let rows = batch.rows();
        if self.n_samples == 0 {
            let mut fresh = self.begin(batch.sides)?;
            if fresh.sums_sparsely(batch.sides) {
                fresh.add_mixed(fresh.read_mixed(batch)?, batch, progress)?;
            } else {
                fresh.add_blocks(batch, progress)?;
            }
            return Ok(Change::Begin(fresh));
        }
        if self.sums_sparsely(batch.sides) {
            let mixed = self.read_mixed(batch)?;
            if self.mixed_work(batch.sides) <= IN_PLACE_SPARSE {
                return Ok(Change::Mixed(mixed));
            }
            let mut part = self.empty_part()?;
            part.add_mixed(mixed, batch, progress)?;
            return Ok(Change::Sums(part));
        }
        if rows > BLOCK_ROWS || self.block_work(rows) > IN_PLACE {
            let mut part = self.empty_part()?;
            part.add_blocks(batch, progress)?;
            return Ok(Change::Sums(part));
        }
        let mut block = self.block(rows)?;
        let index: Vec<usize> = (0..rows).collect();
        block.load(batch.sides, &index, &self.shift);
        self.check_block(&block, 0, &index, batch)?;
        let fold = batch.largest_fold().map(|rows| self.block(rows)).transpose()?;
        Ok(Change::Rows { block, fold })
    }

    /// An empty Gram for batches like this one, which gives the shift.
    fn begin(&self, samples: &[Samples<'_>]) -> Result<Self> {
        let sides = Sides::of_widths(samples.iter().map(Samples::n_neurons));
        let n = sides.n();
        self.require_room(&sides)?;
        let fresh = || -> Result<Self> {
            let fresh = Self {
                sides: sides.clone(),
                n_batches: self.n_batches,
                n_samples: 0,
                sums: vec![0.0; n],
                spread: vec![0.0; n],
                products: Arc::new(LowerTriangle::zeros(n)?),
                norms: Some(RowNorms::zeros(&sides)?),
                shift: find_shift(samples),
                resampled: Resampled::default(),
            };
            Ok(Self { resampled: self.resampled.empty_like(&fresh)?, ..fresh })
        };
        self.in_room_of(&sides, fresh)
    }

    /// An empty Gram with the same shift, and with empty nulls and folds.
    fn empty_part(&self) -> Result<Self> {
        self.require_room(&self.sides)?;
        self.in_room(|| {
            Ok(Self { resampled: self.resampled.empty_like(self)?, ..self.empty_like()? })
        })
    }

    /// Adds all rows of a batch, block by block. Where it fails, what has been added so far stays.
    fn add_blocks(&mut self, batch: &Batch<'_>, progress: &Progress) -> Result<()> {
        let total = batch.rows();
        let room = BLOCK_ROWS.min(total);
        let (mut block, mut other) = (self.block(room)?, self.block_of_nulls(room)?);
        let mut index = Vec::with_capacity(block.room());
        for first in (0..total).step_by(BLOCK_ROWS) {
            progress.check()?;
            let rows = first..total.min(first + BLOCK_ROWS);
            index.clear();
            index.extend(rows.clone());
            block.load(batch.sides, &index, &self.shift);
            self.check_block(&block, 0, &index, batch)?;
            self.absorb(&block, progress)?;
            if let Some(other) = &mut other {
                self.add_nulls(batch, &rows, &block, other, progress)?;
            }
            progress.advance(rows.len());
        }
        drop(other);
        self.add_to_folds(batch, &mut block, progress)
    }

    /// Room for a block of rows.
    pub(super) fn block(&self, rows: usize) -> Result<Block> {
        self.in_room(|| Block::new(rows, &self.sides))
    }

    /// Multiplications of so many rows: those between two sides, as nulls have them, are half as many as those of all with
    /// all, of which half are done; those between many, less than twice that.
    fn block_work(&self, rows: usize) -> u64 {
        let n = self.n() as u64;
        let of_row = n.saturating_mul(n).saturating_mul(1 + self.n_nulls() as u64 / 2);
        of_row.saturating_mul(rows as u64)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    /// A parallel product of n = 5,018 was once reported wrong in another library built on faer.
    #[test]
    #[allow(clippy::unwrap_used)]
    fn every_product_of_a_large_odd_size_is_right() {
        let (rows, n_x, n_y) = (37, 2511, 2507);
        let z =
            Array2::from_shape_fn((rows, n_x + n_y), |(i, j)| ((i * 31 + j * 17) % 9 + 1) as f64);
        let (x, y) = z.view().split_at(ndarray::Axis(1), n_x);
        let mut gram = Gram::default();
        gram.update(x, y).unwrap();
        // Few distinct columns: i mod 9 tells which.
        let few: Vec<Vec<f64>> =
            (0..9).map(|i| (0..9).map(|j| z.column(i).dot(&z.column(j))).collect()).collect();
        for j in 0..n_x + n_y {
            for i in j..n_x + n_y {
                assert!((gram.product(i, j, false) - few[i % 9][j % 9]).abs() < 1e-9, "{i}, {j}");
            }
        }
    }
}
