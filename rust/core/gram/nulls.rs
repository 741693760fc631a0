//! Nulls: the products of x with y shifted against it. Of many sides, those of each side with all behind it.

use std::ops::Range;

use ndarray::Array2;

use super::Gram;
use super::resampling::Batch;
use super::row_norms::Stretch;
use crate::error::Result;
use crate::groups::shifted;
use crate::invariant::{pairs, shaped};
use crate::linalg::add_product;
use crate::memory;
use crate::progress::Progress;
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
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn null(&self, index: usize) -> Result<Option<Self>> {
        let Some(panels) = self.resampled.nulls.get(index) else { return Ok(None) };
        let (sides, mut gram) = (&self.sides, self.in_room(|| self.plain_copy())?);
        let products = gram.products_mut();
        for (side, panel) in panels.iter().enumerate() {
            let behind = sides.behind(side);
            for (i, j) in sides.range(side).enumerate() {
                products.column_mut(j)[behind.start - j..].copy_from_slice(panel.column(i));
            }
        }
        let null_norms = self.resampled.null_norms.get(index);
        // A null without sums of norms of its own must not keep those of the data.
        gram.norms = gram.norms.take().filter(|_| null_norms.is_some());
        if let (Some(norms), Some(nulls)) = (&mut gram.norms, null_norms) {
            for (side, null) in nulls.iter().enumerate() {
                let of_side = norms.weighted.column_mut(side);
                of_side[sides.behind(side)].copy_from_slice(null.behind.column(0));
                for (at, square) in null.squares.iter().enumerate() {
                    let other = side + 1 + at;
                    let of_other = norms.weighted.column_mut(other);
                    of_other[sides.range(side)].copy_from_slice(null.of_side.column(at));
                    norms.squares[sides.pair_place(side, other)] = *square;
                }
            }
        }
        Ok(Some(gram))
    }

    /// The products of the centred columns of x (rows) with those of the shifted y of one null; `None` where there
    /// are not so many.
    ///
    /// # Errors
    /// [`Error::NoSamples`](crate::Error::NoSamples), [`Error::SideCount`](crate::Error::SideCount) where there are other
    /// than two sides, [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn centered_null(&self, index: usize) -> Result<Option<Array2<f64>>> {
        let Some(panels) = self.resampled.nulls.get(index) else { return Ok(None) };
        self.require_pair()?;
        let (count, n_x) = (self.n_samples as f64, self.n_x());
        let size = n_x.saturating_mul(self.n_y());
        let mut values = memory::reserved(size, self.purpose(&self.sides))?;
        for i in 0..n_x {
            let mean = self.sums[i] / count;
            values.extend(
                pairs(panels[0].column(i), &self.sums[n_x..])
                    .map(|(value, sum)| value - sum * mean),
            );
        }
        Ok(Some(shaped((n_x, self.n_y()), values)))
    }

    /// Room for the rows that a null shifts, of all sides but the first, where there are nulls.
    pub(super) fn block_of_nulls(&self, rows: usize) -> Result<Option<Block>> {
        let has_nulls = !self.resampled.nulls.is_empty() && self.sides.count() > 1;
        let block = || Block::new(rows, &self.sides.without_first());
        has_nulls.then(|| self.in_room(block)).transpose()
    }

    /// Adds the products of rows, which a block holds, with the rows of the sides behind that each null gives them.
    pub(super) fn add_nulls(
        &mut self,
        batch: &Batch<'_>,
        rows: &Range<usize>,
        block: &Block,
        other: &mut Block,
        progress: &Progress,
    ) -> Result<()> {
        let first = self.sides.width(0);
        let mut index = Vec::with_capacity(rows.len());
        for (null, offset) in pairs(0..self.resampled.nulls.len(), &batch.resampling.shifts) {
            index.clear();
            index.extend(shifted(rows, *offset, batch.rows()));
            other.load(&batch.sides[1..], &index, &self.shift[first..]);
            self.check_block(other, first, &index, batch)?;
            let all = 0..block.rows();
            for side in self.sides.leading() {
                let rows = Stretch { block, rows: all.clone(), sides: side..side + 1 };
                // The block of shifted rows lacks the first side.
                let behind = side..self.sides.count() - 1;
                let behind = Stretch { block: other, rows: all.clone(), sides: behind };
                self.add_meeting(null, &rows, &behind, progress)?;
            }
        }
        Ok(())
    }

    /// Adds a batch that is one block to the nulls: of each, the rows behind that the block holds meet its rows of a side
    /// from the first on, and then those that have gone round.
    pub(super) fn add_nulls_of(
        &mut self,
        block: &Block,
        batch: &Batch<'_>,
        progress: &Progress,
    ) -> Result<()> {
        let rows = block.rows();
        for (null, &offset) in pairs(0..self.resampled.nulls.len(), &batch.resampling.shifts) {
            for side in self.sides.leading() {
                let part = |rows, sides| Stretch { block, rows, sides };
                let (here, behind) = (side..side + 1, side + 1..self.sides.count());
                let parts = [
                    (part(0..rows - offset, here.clone()), part(offset..rows, behind.clone())),
                    (part(rows - offset..rows, here), part(0..offset, behind)),
                ];
                for (side, behind) in &parts {
                    self.add_meeting(null, side, behind, progress)?;
                }
            }
        }
        Ok(())
    }

    /// Adds to a null the products of rows of a side with the rows behind that they meet.
    fn add_meeting(
        &mut self,
        null: usize,
        side: &Stretch<'_>,
        behind: &Stretch<'_>,
        progress: &Progress,
    ) -> Result<()> {
        let at = side.sides.start;
        let panel = &mut self.resampled.nulls[null][at];
        add_product(panel, behind.values(), side.values(), progress)?;
        // There are none where the Gram has no sums of norms.
        if let Some(norms) = self.resampled.null_norms.get_mut(null) {
            norms[at].absorb(side, behind, progress)?;
        }
        Ok(())
    }
}
