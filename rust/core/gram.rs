//! Samples in, joint Gram out.
//!
//! Everything that is solved depends on the data only through `G = [X Y]ᵀ[X Y]`, which adds up over batches,
//! in any order (design, 2.6). It is kept for rows *shifted by the middle of the first rows seen*, with the
//! sums of the shifted columns: the plain and the centred Gram both follow without cancellation, and a
//! constant column centres to exactly zero. (The first row alone is a worse shift: where columns are nearly
//! dependent at 1e-5, it moved residuals by 4e-6, this by under 1e-6.)

mod check;
mod merge;
mod parts;
mod replicates;

use std::ops::Range;

use self::replicates::{Batch, Replicates};
use crate::error::Result;
use crate::items::Items;
use crate::linalg::{Matrix, Panels, add_gram};
use crate::neurons::{Neuron, Side};
use crate::samples::{ColumnRecord, Samples, load};
use crate::watch::Watch;
pub use parts::{GramParts, ReplicateParts};
pub use replicates::Plan;

/// Rows read at once: enough for the full rate of products. Not a power of two: columns that lie 4,096
/// bytes apart fight for the same lines of the cache.
const BLOCK: usize = 480;
/// Rows whose mean becomes the shift.
const FIRST: usize = 64;
/// Multiplications in one block's product: about half a second, so that an interruption is heard.
const BLOCK_WORK: usize = 40_000_000_000;

/// The joint Gram matrix of two sides, accumulated over batches.
///
/// Memory is `O((n_x + n_y)²)`, whatever the number of samples.
///
/// ```
/// use ndarray::array;
/// use spanmatch::{Gram, Watch};
///
/// let mut gram = Gram::default();
/// let (x, y) = (array![[1.0, 0.0], [0.0, 2.0]], array![[3.0], [4.0]]);
/// gram.update(x.view().into(), y.view().into(), &Watch::default())?;
/// gram.update(x.view().into(), y.view().into(), &Watch::default())?;
/// assert_eq!((gram.n_samples(), gram.n_x(), gram.n_y()), (4, 2, 1));
/// # Ok::<(), spanmatch::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Gram {
    n_x: usize,
    n_y: usize,
    n_batches: u64,
    n_samples: u64,
    /// What is subtracted from every row, x then y.
    shift: Vec<f64>,
    /// Sum of the shifted rows.
    sums: Vec<f64>,
    /// A bound on each neuron's absolute shifted value; 0 only where all are 0.
    spread: Vec<f64>,
    /// Sum of the outer products of the shifted rows; the lower triangle counts.
    products: Matrix,
    replicates: Replicates,
}

impl Gram {
    /// Samples accumulated.
    #[must_use]
    pub fn n_samples(&self) -> u64 {
        self.n_samples
    }

    /// Batches accumulated.
    #[must_use]
    pub fn n_batches(&self) -> u64 {
        self.n_batches
    }

    /// Neurons of x.
    #[must_use]
    pub fn n_x(&self) -> usize {
        self.n_x
    }

    /// Neurons of y.
    #[must_use]
    pub fn n_y(&self) -> usize {
        self.n_y
    }

    /// Adds a batch: row i of `x` and of `y` are the same sample, seen by each network.
    ///
    /// # Errors
    /// Row counts that differ or are zero, another width than before, values that are not finite or whose
    /// squares overflow, [`Error::OutOfMemory`](crate::Error::OutOfMemory),
    /// [`Error::Interrupted`](crate::Error::Interrupted). Each leaves the Gram as it was.
    pub fn update(&mut self, x: Samples<'_>, y: Samples<'_>, watch: &Watch) -> Result<()> {
        self.update_items(x, y, &Items::default(), watch)
    }

    /// Adds a batch whose rows belong to items: those are rolled and dealt as a whole, where there are nulls
    /// or folds.
    ///
    /// # Errors
    /// As [`Gram::update`]; [`Error::Items`](crate::Error::Items);
    /// [`Error::OneItem`](crate::Error::OneItem) where there are nulls.
    pub fn update_items(
        &mut self,
        x: Samples<'_>,
        y: Samples<'_>,
        items: &Items,
        watch: &Watch,
    ) -> Result<()> {
        let (x, y) = (x.view(), y.view());
        let batch = self.batch(x, y, items)?;
        let (rows, n) = (x.n_samples(), x.n_neurons() + y.n_neurons());
        watch.begin(rows);
        if self.n_samples == 0 {
            let mut fresh = self.begin(x, y)?;
            fresh.add_blocks(&batch, watch)?;
            watch.commit()?;
            *self = fresh;
        } else if rows <= block_rows(n, self.n_nulls()) {
            self.add_block(&batch, 0..rows, &mut self.block(rows)?, || watch.commit())?;
            self.add_to_folds(&batch, watch)?;
        } else {
            // A failure in a later block must not leave the earlier ones behind.
            let mut part = self.empty_part()?;
            part.add_blocks(&batch, watch)?;
            watch.commit()?;
            self.add(&part, 1);
        }
        self.count(&batch);
        watch.release();
        watch.finish();
        Ok(())
    }

    /// Whether a neuron's vector is exactly zero. A constant column centres to that.
    pub(crate) fn is_dead(&self, j: usize, center: bool) -> bool {
        self.spread[j] == 0.0 && (center || self.shift[j] == 0.0)
    }

    /// Sum of a neuron's activations.
    pub(crate) fn sum(&self, j: usize) -> f64 {
        self.sums[j] + self.n_samples as f64 * self.shift[j]
    }

    /// `z_iᵀ z_j`, of the columns as they are or centred, for i >= j in the joint order (x, then y).
    pub(crate) fn product(&self, i: usize, j: usize, center: bool) -> f64 {
        self.products_with(j, center)(i)
    }

    /// [`Gram::product`] with the neuron j, as a function of i.
    pub(crate) fn products_with(&self, j: usize, center: bool) -> impl Fn(usize) -> f64 {
        let (column, sums, shift) = (self.products.column(j), &self.sums[..], &self.shift[..]);
        let (count, sum, b) = (self.n_samples as f64, sums[j], shift[j]);
        move |i| {
            if center {
                column[i] - sums[i] * (sum / count)
            } else {
                let a = shift[i];
                column[i] + a * sum + sums[i] * b + count * a * b
            }
        }
    }

    /// The neuron at a place of the joint order.
    pub(crate) fn neuron(&self, j: usize) -> Neuron {
        if j < self.n_x {
            Neuron { side: Side::X, index: j }
        } else {
            Neuron { side: Side::Y, index: j - self.n_x }
        }
    }

    /// An empty Gram for batches like this one, which gives the shift.
    fn begin(&self, x: Samples<'_>, y: Samples<'_>) -> Result<Self> {
        let (n_x, n_y) = (x.n_neurons(), y.n_neurons());
        let n = n_x + n_y;
        self.replicates.require_room(n_x, n_y)?;
        let purpose = self.replicates.purpose(n_x, n_y);
        let mut fresh = Self {
            n_x,
            n_y,
            n_batches: self.n_batches,
            n_samples: 0,
            sums: vec![0.0; n],
            spread: vec![0.0; n],
            products: Matrix::zeros(n, n).map_err(|error| error.wanted_for(purpose))?,
            shift: [x.middle(FIRST), y.middle(FIRST)].concat(),
            replicates: Replicates::default(),
        };
        fresh.replicates = self.replicates.empty_like(&fresh)?;
        Ok(fresh)
    }

    /// Nothing less the same shift, without replicates.
    fn empty_like(&self) -> Result<Self> {
        let n = self.shift.len();
        let purpose = Replicates::default().purpose(self.n_x, self.n_y);
        Ok(Self {
            n_samples: 0,
            sums: vec![0.0; n],
            products: Matrix::zeros(n, n).map_err(|error| error.wanted_for(purpose))?,
            shift: self.shift.clone(),
            spread: vec![0.0; n],
            replicates: Replicates::default(),
            ..*self
        })
    }

    /// Nothing less the same shift, with replicates of nothing.
    fn empty_part(&self) -> Result<Self> {
        self.replicates.require_room(self.n_x, self.n_y)?;
        Ok(Self { replicates: self.replicates.empty_like(self)?, ..self.empty_like()? })
    }

    /// A copy.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn try_clone(&self) -> Result<Self> {
        self.replicates.require_room(self.n_x, self.n_y)?;
        Ok(Self { replicates: self.replicates.try_clone()?, ..self.without_replicates()? })
    }

    /// Room for a block of rows.
    fn block(&self, rows: usize) -> Result<Panels> {
        let purpose = self.replicates.purpose(self.n_x, self.n_y);
        Panels::zeros(rows, self.n_x + self.n_y).map_err(|error| error.wanted_for(purpose))
    }

    fn add_blocks(&mut self, batch: &Batch<'_>, watch: &Watch) -> Result<()> {
        let n = self.shift.len();
        let (total, step) = (batch.x.n_samples(), block_rows(n, self.n_nulls()));
        let mut block = self.block(step.min(total))?;
        for first in (0..total).step_by(step) {
            let rows = step.min(total - first);
            if rows < block.rows() {
                block = self.block(rows)?;
            }
            self.add_block(batch, first..first + rows, &mut block, || watch.check())?;
            watch.advance(rows);
        }
        self.add_to_folds(batch, watch)
    }

    /// Adds a block of rows, of the height of `block`; nothing has changed where it fails.
    fn add_block(
        &mut self,
        batch: &Batch<'_>,
        rows: Range<usize>,
        block: &mut Panels,
        may_change: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let Batch { x, y, .. } = *batch;
        let records = load(&[x, y], std::slice::from_ref(&rows), &self.shift, block);
        self.check_block(x, y, rows.clone(), &records)?;
        let other = self.block_of_nulls(rows.len())?;
        may_change()?;
        self.absorb(block, &records);
        self.add_nulls(batch, &rows, block, other);
        Ok(())
    }

    /// Adds rows that are loaded and have been checked.
    fn absorb(&mut self, block: &Panels, records: &[ColumnRecord]) {
        add_gram(&mut self.products, block);
        for (j, record) in records.iter().enumerate() {
            self.sums[j] += record.sum;
            self.spread[j] = self.spread[j].max(record.largest);
        }
        self.n_samples += block.rows() as u64;
    }
}

fn block_rows(n: usize, nulls: usize) -> usize {
    // The product of x with y is half as much work as that of both with both, of which half is done.
    let work = n.saturating_mul(n).saturating_mul(2 + nulls) / 2;
    (BLOCK_WORK / work.max(1)).clamp(64, BLOCK)
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
        gram.update(x.into(), y.into(), &Watch::default()).unwrap();
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
