//! Samples in, joint Gram out.
//!
//! Everything that is solved depends on the data only through `G = [X Y]ᵀ[X Y]`, which adds up over batches, in any
//! order, and over any number of sides (design, 2.6): a match is between two, and what is summed is the same. It is kept for rows *shifted by the middle of the first rows seen*, with the
//! sums of the shifted columns: the plain and the centred Gram both follow without cancellation, and a
//! constant column centres to exactly zero. (The first row alone is a worse shift: where columns are nearly
//! dependent at 1e-5, it moved residuals by 4e-6, this by under 1e-6.)

mod check;
mod consistency;
mod folds;
mod merge;
mod norm_shift;
mod norm_state;
mod nulls;
mod pair;
mod resampling;
mod row_norms;
mod sparse_sums;
mod state;
mod update;

use std::sync::Arc;

use self::resampling::Resampled;
use self::row_norms::RowNorms;
use crate::error::{Error, Purpose, Result};
use crate::invariant::pairs;
use crate::linalg::{LowerTriangle, Matrix, add_gram};
use crate::memory;
use crate::neuron::Neuron;
use crate::progress::Progress;
use crate::samples::{Block, ColumnRecord};
use crate::sides::Sides;
pub use check::MARGIN;
pub use norm_shift::CenteredNorms;
pub use norm_state::NormState;
pub use resampling::Resampling;
pub use state::{GramState, ResampledState};
pub use update::FIRST;

/// The joint Gram matrix of two sides, x and y, or of more, accumulated over batches.
///
/// Memory is quadratic in the neurons of all sides, whatever the number of samples: see [`bytes`](Self::bytes).
///
/// ```
/// use ndarray::array;
/// use spanmatch::Gram;
///
/// let mut gram = Gram::default();
/// let (x, y) = (array![[1.0, 0.0], [0.0, 2.0]], array![[3.0], [4.0]]);
/// gram.update(&x, &y)?;
/// gram.update(&x, &y)?;
/// assert_eq!((gram.n_samples(), gram.n_x(), gram.n_y()), (4, 2, 1));
/// # Ok::<(), spanmatch::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Gram {
    sides: Sides,
    n_batches: u64,
    n_samples: u64,
    /// What is subtracted from every row, side after side.
    shift: Vec<f64>,
    /// Sum of the shifted rows.
    sums: Vec<f64>,
    /// A bound on each neuron's absolute shifted value; 0 only where all are 0.
    spread: Vec<f64>,
    /// Sum of the outer products of the shifted rows. Problems read it where it lies.
    products: Arc<LowerTriangle>,
    /// Sums of the rows by their squared norms; `None` without samples, and where a state without them was read.
    norms: Option<RowNorms>,
    resampled: Resampled,
}

impl Gram {
    /// Bytes of memory that the sums of sides of these widths take, with so many nulls and folds; the largest number there
    /// is where it is beyond that. To add a batch takes as much again while it is added.
    ///
    /// ```
    /// let all = 8 * 20_000 * 20_000;
    /// let bytes = spanmatch::Gram::bytes(&[10_000, 10_000], 0, 0);
    /// assert!((all / 2..all * 53 / 100).contains(&bytes));
    /// ```
    #[must_use]
    pub fn bytes(widths: &[usize], nulls: usize, folds: usize) -> u64 {
        bytes(&Sides::of_widths(widths.iter().copied()), nulls, folds)
    }

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

    /// Neurons of x, the first side.
    #[must_use]
    pub fn n_x(&self) -> usize {
        self.sides.width(0)
    }

    /// Neurons of y, the second side.
    #[must_use]
    pub fn n_y(&self) -> usize {
        self.sides.width(1)
    }

    /// Neurons of every side; none before the first batch.
    #[must_use]
    pub fn widths(&self) -> Vec<usize> {
        self.sides.widths()
    }

    /// Neurons of all sides.
    fn n(&self) -> usize {
        self.sides.n()
    }

    /// What is solved is between two sides that have samples.
    pub(crate) fn require_pair(&self) -> Result<()> {
        match self.sides.count() {
            _ if self.n_samples == 0 => Err(Error::NoSamples),
            2 => Ok(()),
            got => Err(Error::SideCount { expected: 2, got }),
        }
    }

    /// Whether a neuron's vector is exactly zero. A constant column centres to that.
    pub(crate) fn is_dead(&self, j: usize, center: bool) -> bool {
        self.spread[j] == 0.0 && (center || self.shift[j] == 0.0)
    }

    /// Sum of a neuron's activations.
    pub(crate) fn sum(&self, j: usize) -> f64 {
        self.sums[j] + self.n_samples as f64 * self.shift[j]
    }

    /// `z_iᵀ z_j`, of the columns as they are or centred, for i >= j in the joint order (side after side).
    pub(crate) fn product(&self, i: usize, j: usize, center: bool) -> f64 {
        self.products_with(j, center)(i)
    }

    /// [`Gram::product`] with the neuron j, as a function of i.
    pub(crate) fn products_with(&self, j: usize, center: bool) -> impl Fn(usize) -> f64 {
        let (column, sums, shift) = (self.products.column(j), &self.sums[..], &self.shift[..]);
        let (count, sum, b) = (self.n_samples as f64, sums[j], shift[j]);
        move |i| {
            if center {
                column[i - j] - sums[i] * (sum / count)
            } else {
                let a = shift[i];
                column[i - j] + a * sum + sums[i] * b + count * a * b
            }
        }
    }

    /// The products of the shifted columns, shared with longer-lived readers.
    pub(crate) fn products(&self) -> Arc<LowerTriangle> {
        self.products.clone()
    }

    /// What is subtracted from every row.
    pub(crate) fn shift(&self) -> &[f64] {
        &self.shift
    }

    /// Of each neuron the sum of its shifted values.
    pub(crate) fn shifted_sums(&self) -> &[f64] {
        &self.sums
    }

    /// The neuron at a place of the joint order.
    pub(crate) fn neuron(&self, j: usize) -> Neuron {
        self.sides.neuron(j)
    }

    /// A copy.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn try_clone(&self) -> Result<Self> {
        self.require_room(&self.sides)?;
        self.in_room(|| Ok(Self { resampled: self.resampled.try_clone()?, ..self.plain_copy()? }))
    }

    /// A copy without nulls and folds.
    fn plain_copy(&self) -> Result<Self> {
        Ok(Self {
            sides: self.sides.clone(),
            shift: self.shift.clone(),
            sums: self.sums.clone(),
            spread: self.spread.clone(),
            products: Arc::new(self.products.try_clone()?),
            norms: self.norms.as_ref().map(RowNorms::try_clone).transpose()?,
            resampled: Resampled::default(),
            ..*self
        })
    }

    /// An empty Gram with the same shift, without nulls and folds.
    fn empty_like(&self) -> Result<Self> {
        let n = self.n();
        Ok(Self {
            sides: self.sides.clone(),
            n_samples: 0,
            sums: vec![0.0; n],
            products: Arc::new(LowerTriangle::zeros(n)?),
            norms: self.norms.as_ref().map(|_| RowNorms::zeros(&self.sides)).transpose()?,
            shift: self.shift.clone(),
            spread: vec![0.0; n],
            resampled: Resampled::default(),
            ..*self
        })
    }

    /// Makes the products its own, where a problem has been made that reads them: for
    /// [`products_mut`](Self::products_mut).
    fn unshare_products(&mut self) -> Result<()> {
        if Arc::get_mut(&mut self.products).is_none() {
            self.products = Arc::new(self.in_room(|| self.products.try_clone())?);
        }
        Ok(())
    }

    /// The products of a Gram that was made just now, or that has made them its own.
    fn products_mut(&mut self) -> &mut LowerTriangle {
        // Sharing them would need a borrow of this Gram, which is borrowed mutably here.
        Arc::get_mut(&mut self.products).expect("products of its own")
    }

    /// Adds a block of rows. If it is interrupted, only some of the products are added.
    fn absorb(&mut self, block: &Block, progress: &Progress) -> Result<()> {
        let all = block.columns(0..self.sides.n());
        add_gram(self.products_mut(), 0, all, progress)?;
        if let Some(norms) = &mut self.norms {
            norms.absorb(block, progress)?;
        }
        let of_neurons = pairs(&mut self.sums, &mut self.spread);
        for ((sum, spread), ColumnRecord { sum: more, largest }) in
            pairs(of_neurons, block.records())
        {
            *sum += more;
            *spread = spread.max(*largest);
        }
        self.n_samples += block.rows() as u64;
        Ok(())
    }

    /// Whether the machine has room for another Gram of these sides, with as many nulls and folds. They are taken one by
    /// one, each perhaps small enough, and their pages only as they are written: what does not fit as a whole is not begun.
    fn require_room(&self, sides: &Sides) -> Result<()> {
        memory::require(self.bytes_for(sides), self.purpose(sides))
    }

    /// Runs work that takes memory for a Gram like this one, and reports an error where memory runs short.
    fn in_room<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.in_room_of(&self.sides, work)
    }

    /// The same for a Gram of other sides.
    fn in_room_of<T>(&self, sides: &Sides, work: impl FnOnce() -> Result<T>) -> Result<T> {
        work().map_err(|error| error.wanted_for(self.purpose(sides), self.bytes_for(sides)))
    }

    fn bytes_for(&self, sides: &Sides) -> u64 {
        bytes(sides, self.resampled.nulls.len(), self.resampled.folds.len())
    }

    fn purpose(&self, sides: &Sides) -> Purpose {
        let (nulls, folds) = (self.resampled.nulls.len(), self.resampled.folds.len());
        Purpose::Gram { widths: sides.widths(), nulls, folds }
    }
}

fn bytes(sides: &Sides, nulls: usize, folds: usize) -> u64 {
    let triangles = LowerTriangle::bytes(sides.n()).saturating_mul(1 + folds as u64);
    let panel = |side| Matrix::bytes(sides.behind(side).len(), sides.width(side));
    let null = (0..sides.count()).map(panel).fold(0, u64::saturating_add);
    triangles.saturating_add(null.saturating_mul(nulls as u64))
}
