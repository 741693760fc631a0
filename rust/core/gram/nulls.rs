//! Nulls: of x the products with y, shifted against it.

use std::ops::Range;

use ndarray::Array2;

use super::Gram;
use super::resampling::Batch;
use crate::error::{Error, Result};
use crate::groups::shifted;
use crate::invariant::{pairs, shaped};
use crate::linalg::add_product;
use crate::memory;
use crate::samples::Block;

impl Gram {
    /// A number for each null, the same where all its shifts are, whatever rows their groups have: nulls that repeat
    /// each other, and nulls of other layers that the same groups meet in.
    #[must_use]
    pub fn null_hashes(&self) -> &[u64] {
        &self.resampled.shift_hashes
    }

    /// How many nulls there are.
    #[must_use]
    pub fn n_nulls(&self) -> usize {
        self.resampled.nulls.len()
    }

    /// The Gram of x and the shifted y of one null; `None` where there are not so many.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn null(&self, index: usize) -> Result<Option<Self>> {
        let Some(null) = self.resampled.nulls.get(index) else { return Ok(None) };
        let mut gram = self.in_room(|| self.plain_copy())?;
        for i in 0..null.columns() {
            gram.products.column_mut(i)[self.n_x..].copy_from_slice(null.column(i));
        }
        match (&mut gram.norms, self.resampled.null_norms.get(index)) {
            (Some(norms), Some(null)) => {
                norms.weighted.column_mut(1)[..self.n_x].copy_from_slice(null.of_x.column(0));
                norms.weighted.column_mut(0)[self.n_x..].copy_from_slice(null.of_y.column(0));
                norms.squares[1] = null.square;
            }
            // Those of the data are not those of the null.
            _ => gram.norms = None,
        }
        Ok(Some(gram))
    }

    /// The products of the centred columns of x (rows) with those of the shifted y of one null; `None` where there
    /// are not so many.
    ///
    /// # Errors
    /// [`Error::NoSamples`], [`Error::OutOfMemory`].
    pub fn centered_null(&self, index: usize) -> Result<Option<Array2<f64>>> {
        let Some(null) = self.resampled.nulls.get(index) else { return Ok(None) };
        if self.n_samples == 0 {
            return Err(Error::NoSamples);
        }
        let (count, n_x) = (self.n_samples as f64, self.n_x);
        let size = n_x.saturating_mul(self.n_y);
        let mut values = memory::reserved(size, self.purpose(n_x, self.n_y))?;
        for i in 0..n_x {
            let mean = self.sums[i] / count;
            values.extend(
                pairs(null.column(i), &self.sums[n_x..]).map(|(value, sum)| value - sum * mean),
            );
        }
        Ok(Some(shaped((n_x, self.n_y), values)))
    }

    /// Room for the rows of y that a null reads, where there are nulls.
    pub(super) fn block_of_nulls(&self, rows: usize) -> Result<Option<Block>> {
        let has_nulls = !self.resampled.nulls.is_empty();
        has_nulls.then(|| self.in_room(|| Block::new(rows, 0, self.n_y))).transpose()
    }

    /// Adds the products of rows of x, which a block holds, with the rows of y that each null gives them.
    pub(super) fn add_nulls(
        &mut self,
        batch: &Batch<'_>,
        rows: &Range<usize>,
        block: &Block,
        other: &mut Block,
    ) -> Result<()> {
        let (n_x, x) = (self.n_x, block.columns(0..self.n_x));
        let mut index = Vec::with_capacity(rows.len());
        for (null, offset) in pairs(0..self.resampled.nulls.len(), &batch.resampling.shifts) {
            index.clear();
            index.extend(shifted(rows, *offset, batch.y.n_samples()));
            other.load(&[batch.y], &index, &self.shift[n_x..]);
            self.check_block(other, n_x, &index, batch)?;
            add_product(&mut self.resampled.nulls[null], other.columns(0..self.n_y), x);
            if let Some(norms) = self.resampled.null_norms.get_mut(null) {
                let all = 0..block.rows();
                norms.absorb((block, all.clone(), 0..self.n_x), (other, all, 0..self.n_y));
            }
        }
        Ok(())
    }

    /// Adds a batch that is one block to the nulls: of each, the rows of y that the block holds meet its rows of x
    /// from the first on, and then those that have gone round.
    pub(super) fn add_nulls_of(&mut self, block: &Block, batch: &Batch<'_>) {
        let (x, y, rows) = (0..self.n_x, self.n_x..self.n_x + self.n_y, block.rows());
        for (null, &offset) in pairs(&mut self.resampled.nulls, &batch.resampling.shifts) {
            let part =
                |rows: Range<usize>, columns: &Range<usize>| block.part(rows, columns.clone());
            add_product(null, part(offset..rows, &y), part(0..rows - offset, &x));
            add_product(null, part(0..offset, &y), part(rows - offset..rows, &x));
        }
        // None where the Gram has no sums of norms.
        for (norms, &offset) in self.resampled.null_norms.iter_mut().zip(&batch.resampling.shifts) {
            let part = |rows: Range<usize>, columns: &Range<usize>| (block, rows, columns.clone());
            norms.absorb(part(0..rows - offset, &x), part(offset..rows, &y));
            norms.absorb(part(rows - offset..rows, &x), part(0..offset, &y));
        }
    }
}
