//! A batch into the sums: read, checked, and only then added.

use super::Gram;
use super::resampling::{Batch, Resampled};
use super::row_norms::RowNorms;
use crate::error::Result;
use crate::groups::Groups;
use crate::linalg::Matrix;
use crate::progress::Progress;
use crate::samples::{Block, Samples};

/// Rows read at once: enough for the full rate of products. Not a power of two: columns that lie 4,096
/// bytes apart fight for the same lines of the cache.
const BLOCK_ROWS: usize = 480;
/// Rows whose mean becomes the shift.
pub const FIRST: usize = 64;
/// Multiplications in one block's product: about half a second, so that an interruption is heard.
const BLOCK_WORK: u64 = 40_000_000_000;

/// A batch that has been read and checked: what is left to do cannot fail.
enum Change {
    /// The first batch: a Gram of its own.
    Begin(Gram),
    /// Several blocks, added up.
    Sums(Gram),
    /// One block, and room for its folds.
    Rows { block: Block, fold: Option<Block> },
}

impl Gram {
    /// Adds a batch: row i of `x` and of `y` are the same sample, seen by each network.
    ///
    /// # Errors
    /// Row counts that differ or are zero, another width than before, values that are not finite or whose
    /// squares overflow, [`Error::OutOfMemory`](crate::Error::OutOfMemory),
    /// [`Error::Interrupted`](crate::Error::Interrupted). Each leaves the Gram as it was.
    pub fn update(&mut self, x: Samples<'_>, y: Samples<'_>, progress: &Progress) -> Result<()> {
        self.update_groups(x, y, &Groups::default(), progress)
    }

    /// Adds a batch whose rows belong to groups: those are shifted, and assigned to folds, as a whole, where there
    /// are nulls or folds.
    ///
    /// # Errors
    /// As [`Gram::update`]; those of [`Groups::count`]; [`Error::OneGroup`](crate::Error::OneGroup) where there are
    /// nulls.
    pub fn update_groups(
        &mut self,
        x: Samples<'_>,
        y: Samples<'_>,
        groups: &Groups,
        progress: &Progress,
    ) -> Result<()> {
        self.update_if(x, y, groups, progress, || Ok(()))
    }

    /// The same, if `may_change` agrees once the batch has been read and checked: the last moment at which all can
    /// still be as it was.
    ///
    /// # Errors
    /// As [`Gram::update_groups`], and what `may_change` returns.
    pub fn update_if(
        &mut self,
        x: Samples<'_>,
        y: Samples<'_>,
        groups: &Groups,
        progress: &Progress,
        may_change: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let (x, y) = (x.view(), y.view());
        let batch = self.batch(x, y, groups)?;
        progress.begin(x.n_samples());
        let change = self.read(&batch, progress)?;
        may_change()?;
        progress.commit()?;
        match change {
            Change::Begin(fresh) => *self = fresh,
            Change::Sums(part) => self.add(&part, 1),
            Change::Rows { block, fold } => {
                self.absorb(&block);
                self.add_nulls_of(&block, &batch);
                self.add_folds_of(&block, &batch, fold);
            }
        }
        self.count(&batch);
        progress.release();
        progress.finish();
        Ok(())
    }

    fn read(&self, batch: &Batch<'_>, progress: &Progress) -> Result<Change> {
        let rows = batch.x.n_samples();
        if self.n_samples == 0 {
            let mut fresh = self.begin(batch.x, batch.y)?;
            fresh.add_blocks(batch, progress)?;
            return Ok(Change::Begin(fresh));
        }
        if rows > self.block_rows() {
            let mut part = self.empty_part()?;
            part.add_blocks(batch, progress)?;
            return Ok(Change::Sums(part));
        }
        let mut block = self.block(rows)?;
        let index: Vec<usize> = (0..rows).collect();
        block.load(&[batch.x, batch.y], &index, &self.shift);
        self.check_block(&block, 0, &index, batch)?;
        let fold = batch.largest_fold().map(|rows| self.block(rows)).transpose()?;
        Ok(Change::Rows { block, fold })
    }

    /// An empty Gram for batches like this one, which gives the shift.
    fn begin(&self, x: Samples<'_>, y: Samples<'_>) -> Result<Self> {
        let (n_x, n_y) = (x.n_neurons(), y.n_neurons());
        let n = n_x + n_y;
        self.require_room(n_x, n_y)?;
        let fresh = || -> Result<Self> {
            let fresh = Self {
                n_x,
                n_y,
                n_batches: self.n_batches,
                n_samples: 0,
                sums: vec![0.0; n],
                spread: vec![0.0; n],
                products: Matrix::zeros(n, n)?,
                norms: Some(RowNorms::zeros(n)?),
                shift: [x.middle(FIRST), y.middle(FIRST)].concat(),
                resampled: Resampled::default(),
            };
            Ok(Self { resampled: self.resampled.empty_like(&fresh)?, ..fresh })
        };
        fresh().map_err(|error| error.wanted_for(self.purpose(n_x, n_y)))
    }

    /// Nothing less the same shift, with nulls and folds of nothing.
    fn empty_part(&self) -> Result<Self> {
        self.require_room(self.n_x, self.n_y)?;
        self.in_room(|| {
            Ok(Self { resampled: self.resampled.empty_like(self)?, ..self.empty_like()? })
        })
    }

    /// Adds all rows of a batch, block by block. Where it fails, what has been added so far stays.
    fn add_blocks(&mut self, batch: &Batch<'_>, progress: &Progress) -> Result<()> {
        let (total, step) = (batch.x.n_samples(), self.block_rows());
        let mut block = self.block(step.min(total))?;
        let mut other = self.block_of_nulls(step.min(total))?;
        let mut index = Vec::with_capacity(block.room());
        for first in (0..total).step_by(step) {
            progress.check()?;
            let rows = first..total.min(first + step);
            index.clear();
            index.extend(rows.clone());
            block.load(&[batch.x, batch.y], &index, &self.shift);
            self.check_block(&block, 0, &index, batch)?;
            self.absorb(&block);
            if let Some(other) = &mut other {
                self.add_nulls(batch, &rows, &block, other)?;
            }
            progress.advance(rows.len());
        }
        drop(other);
        self.add_to_folds(batch, &mut block, progress)
    }

    /// Room for a block of rows.
    pub(super) fn block(&self, rows: usize) -> Result<Block> {
        self.in_room(|| Block::new(rows, self.n_x, self.n_y))
    }

    fn block_rows(&self) -> usize {
        let n = (self.n_x + self.n_y) as u64;
        block_rows(n, self.n_nulls() as u64)
    }
}

/// Rows of `n` neurons that are read at once, and multiplied.
fn block_rows(n: u64, nulls: u64) -> usize {
    // The product of x with y is half as much work as that of both with both, of which half is done.
    let work = n.saturating_mul(n).saturating_mul(2 + nulls) / 2;
    let rows = usize::try_from(BLOCK_WORK / work.max(1)).unwrap_or(BLOCK_ROWS);
    rows.clamp(64, BLOCK_ROWS)
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
        gram.update(x.into(), y.into(), &Progress::default()).unwrap();
        // Few distinct columns: i mod 9 tells which.
        let few: Vec<Vec<f64>> =
            (0..9).map(|i| (0..9).map(|j| z.column(i).dot(&z.column(j))).collect()).collect();
        for j in 0..n_x + n_y {
            for i in j..n_x + n_y {
                assert!((gram.product(i, j, false) - few[i % 9][j % 9]).abs() < 1e-9, "{i}, {j}");
            }
        }
    }

    #[test]
    fn blocks_are_smaller_where_neurons_and_nulls_are_many() {
        assert_eq!((block_rows(2, 0), block_rows(9_000, 0)), (480, 480));
        assert_eq!((block_rows(20_000, 0), block_rows(20_000, 1)), (100, 66));
        assert_eq!((block_rows(1_200_000, 0), block_rows(u64::MAX, u64::MAX - 2)), (64, 64));
    }
}
