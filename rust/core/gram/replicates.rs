//! The same samples again: rolled against each other, which gives nulls, and dealt to folds, which give
//! intervals.

use std::ops::Range;

use super::{Gram, block_rows};
use crate::error::{Error, Purpose, Result};
use crate::items::{Items, deal, rolled, rolls};
use crate::linalg::{Matrix, Panels, add_product};
use crate::memory;
use crate::samples::{Samples, load};
use crate::watch::Watch;

/// Of the largest that a sum of squares could be, the part that is rounding.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// What a [`Gram`] accumulates beside its own sums.
#[derive(Debug, Default)]
pub(super) struct Replicates {
    pub(super) seed: u64,
    pub(super) n_items: u64,
    /// For each null a number that stands for its rolls.
    pub(super) rolls: Vec<u64>,
    /// For each null, what takes the place of the products of y (rows) and x (columns). All else, the nulls
    /// share with the data: a roll changes which rows meet, and no row.
    pub(super) nulls: Vec<Matrix>,
    /// With the Gram's shift, and without replicates of their own.
    pub(super) folds: Vec<Gram>,
}

/// Where the rows of a batch go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// By how many rows y is rolled, for each null: row i of x meets row `i + roll` of y, counted round.
    pub rolls: Vec<usize>,
    /// Rows of each fold.
    pub folds: Vec<Vec<Range<usize>>>,
    /// Items of the batch.
    pub n_items: u64,
}

/// The rows of a batch, and where they go.
pub(super) struct Batch<'a> {
    pub(super) x: Samples<'a>,
    pub(super) y: Samples<'a>,
    plan: Plan,
}

impl Gram {
    /// An empty Gram that also accumulates `nulls` times the products of x with y rolled by whole items
    /// inside each batch, and the sums of each of `folds` equal shares of the items.
    ///
    /// ```
    /// use ndarray::array;
    /// use spanmatch::{Gram, Items, Watch};
    ///
    /// let z = array![[1.0, 0.0], [0.0, 2.0], [3.0, 3.0], [1.0, 2.0]];
    /// let mut gram = Gram::with_replicates(1, 2, 0)?;
    /// let items = Items::Equal(2);
    /// gram.update_items(z.view().into(), z.view().into(), &items, &Watch::default())?;
    /// assert_eq!((gram.n_items(), gram.fold_samples()), (2, vec![2, 2]));
    /// assert_eq!(gram.of_folds(&[1, 1], false)?.n_samples(), 4);
    /// # Ok::<(), spanmatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn with_replicates(nulls: usize, folds: usize, seed: u64) -> Result<Self> {
        let purpose = Purpose::Gram { n_x: 0, n_y: 0, nulls, folds };
        let mut replicates = Replicates {
            seed,
            n_items: 0,
            rolls: memory::repeated(0, nulls, purpose)?,
            nulls: memory::reserved(nulls, purpose)?,
            folds: memory::reserved(folds, purpose)?,
        };
        replicates.nulls.resize_with(nulls, Matrix::default);
        replicates.folds.resize_with(folds, Self::default);
        Ok(Self { replicates, ..Self::default() })
    }

    /// Items accumulated; rows, where there are neither nulls nor folds to ask for more.
    #[must_use]
    pub fn n_items(&self) -> u64 {
        if self.replicates.is_empty() { self.n_samples } else { self.replicates.n_items }
    }

    /// What rolls and deals follow from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.replicates.seed
    }

    /// A number for each null, the same where all its rolls are: nulls that repeat each other.
    #[must_use]
    pub fn null_rolls(&self) -> &[u64] {
        &self.replicates.rolls
    }

    /// How many nulls there are.
    #[must_use]
    pub fn n_nulls(&self) -> usize {
        self.replicates.nulls.len()
    }

    /// Samples of each fold.
    #[must_use]
    pub fn fold_samples(&self) -> Vec<u64> {
        self.replicates.folds.iter().map(Self::n_samples).collect()
    }

    /// The Gram of x and the rolled y of one null; `None` where there are not so many.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn null(&self, index: usize) -> Result<Option<Self>> {
        let Some(null) = self.replicates.nulls.get(index) else { return Ok(None) };
        let mut gram = self.without_replicates()?;
        for i in 0..null.columns() {
            gram.products.column_mut(i)[self.n_x..].copy_from_slice(null.column(i));
        }
        Ok(Some(gram))
    }

    /// The sum of the folds, each taken as many times as said; a jackknife leaves one out, a bootstrap
    /// takes some twice. For centred answers, or not: a neuron that is zero, or constant, on all rows that
    /// are left is dead, though what is left of its sums is rounding.
    ///
    /// # Errors
    /// [`Error::Parts`] where there are not so many folds, [`Error::Overflow`], [`Error::OutOfMemory`].
    pub fn of_folds(&self, times: &[u64], center: bool) -> Result<Self> {
        let folds = &self.replicates.folds;
        if times.len() != folds.len() {
            return Err(Error::Parts("there is another number of folds"));
        }
        let mut sum = self.empty_like()?;
        for (fold, times) in folds.iter().zip(times).filter(|(_, times)| **times > 0) {
            sum.add(fold, *times);
        }
        sum.check_overflow(&sum.spread, sum.n_samples)?;
        sum.silence_dead(center);
        Ok(sum)
    }

    fn silence_dead(&mut self, center: bool) {
        let count = self.n_samples as f64;
        for j in 0..self.shift.len() {
            let reach = self.spread[j] + if center { 0.0 } else { self.shift[j].abs() };
            if self.product(j, j, center) > ROUNDING * count * reach * reach {
                continue;
            }
            (self.shift[j], self.sums[j], self.spread[j]) = (0.0, 0.0, 0.0);
            self.products.column_mut(j).fill(0.0);
            for i in 0..j {
                self.products.column_mut(i)[j] = 0.0;
            }
        }
    }

    /// Where the rows of a batch go that follows `n_batches` of `n_items` in all: for sums that are kept
    /// elsewhere.
    ///
    /// # Errors
    /// [`Error::Items`], [`Error::OneItem`].
    pub fn plan(&self, rows: usize, items: &Items, n_batches: u64, n_items: u64) -> Result<Plan> {
        let Replicates { seed, nulls, folds, .. } = &self.replicates;
        let starts = items.starts(rows)?;
        let count = starts.len() - 1;
        if !nulls.is_empty() && count < 2 {
            return Err(Error::OneItem { rows });
        }
        let rolls = rolls(*seed, n_batches, nulls.len(), count)?;
        let mut dealt = vec![Vec::new(); folds.len()];
        if !folds.is_empty() {
            let items = n_items..n_items + count as u64;
            for (fold, rows) in deal(*seed, folds.len(), items).into_iter().zip(starts.windows(2)) {
                dealt[fold].push(rows[0]..rows[1]);
            }
        }
        let rolls = rolls.into_iter().map(|items| starts[items]).collect();
        Ok(Plan { rolls, folds: dealt, n_items: count as u64 })
    }

    /// A batch, ready to be added.
    pub(super) fn batch<'a>(
        &self,
        x: Samples<'a>,
        y: Samples<'a>,
        items: &Items,
    ) -> Result<Batch<'a>> {
        self.check_batch(x, y)?;
        let plan = self.plan(x.n_samples(), items, self.n_batches, self.n_items())?;
        Ok(Batch { x, y, plan })
    }

    /// Room for the rows of y that a null reads, where there are nulls.
    pub(super) fn block_of_nulls(&self, rows: usize) -> Result<Option<Panels>> {
        if self.replicates.nulls.is_empty() {
            return Ok(None);
        }
        let purpose = self.replicates.purpose(self.n_x, self.n_y);
        Panels::zeros(rows, self.n_y).map(Some).map_err(|error| error.wanted_for(purpose))
    }

    /// Adds the products of rows of x, which a block holds, with the rows of y that each null gives them.
    pub(super) fn add_nulls(
        &mut self,
        batch: &Batch<'_>,
        rows: &Range<usize>,
        block: &Panels,
        other: Option<Panels>,
    ) {
        let Some(mut other) = other else { return };
        let shift = &self.shift[self.n_x..];
        for (null, offset) in self.replicates.nulls.iter_mut().zip(&batch.plan.rolls) {
            let rows = rolled(rows, *offset, batch.y.n_samples());
            load(&[batch.y], &rows, shift, &mut other);
            add_product(null, &other, block);
        }
    }

    /// Adds a batch that has been checked to the folds.
    pub(super) fn add_to_folds(&mut self, batch: &Batch<'_>, watch: &Watch) -> Result<()> {
        let n = self.shift.len();
        for (fold, rows) in self.replicates.folds.iter_mut().zip(&batch.plan.folds) {
            for rows in pieces(rows, block_rows(n, 0)) {
                watch.check()?;
                let mut block = Panels::zeros(rows.iter().map(Range::len).sum(), n)?;
                let records = load(&[batch.x, batch.y], &rows, &self.shift, &mut block);
                fold.absorb(&block, &records);
            }
        }
        Ok(())
    }

    /// Counts the items of a batch that has been added.
    pub(super) fn count(&mut self, batch: &Batch<'_>) {
        self.n_batches += 1;
        self.replicates.n_items += batch.plan.n_items;
        for (rolls, roll) in self.replicates.rolls.iter_mut().zip(&batch.plan.rolls) {
            *rolls = then(*rolls, *roll as u64);
        }
    }

    pub(super) fn without_replicates(&self) -> Result<Self> {
        let purpose = Replicates::default().purpose(self.n_x, self.n_y);
        Ok(Self {
            replicates: Replicates::default(),
            shift: self.shift.clone(),
            sums: self.sums.clone(),
            spread: self.spread.clone(),
            products: self.products.try_clone().map_err(|error| error.wanted_for(purpose))?,
            ..*self
        })
    }
}

impl Replicates {
    /// As many, of nothing, for a Gram without samples.
    pub(super) fn empty_like(&self, gram: &Gram) -> Result<Self> {
        let purpose = self.purpose(gram.n_x, gram.n_y);
        let null = |_: &Matrix| Matrix::zeros(gram.n_y, gram.n_x);
        let nulls = self.nulls.iter().map(null).collect::<Result<_>>();
        let folds = self.folds.iter().map(|_| gram.empty_like()).collect::<Result<_>>();
        Ok(Self {
            nulls: nulls.map_err(|error| error.wanted_for(purpose))?,
            folds: folds.map_err(|error| error.wanted_for(purpose))?,
            rolls: self.rolls.clone(),
            ..*self
        })
    }

    pub(super) fn try_clone(&self) -> Result<Self> {
        Ok(Self {
            nulls: self.nulls.iter().map(Matrix::try_clone).collect::<Result<_>>()?,
            folds: self.folds.iter().map(Gram::try_clone).collect::<Result<_>>()?,
            rolls: self.rolls.clone(),
            ..*self
        })
    }

    /// What the memory of a Gram with such replicates is for.
    pub(super) fn purpose(&self, n_x: usize, n_y: usize) -> Purpose {
        Purpose::Gram { n_x, n_y, nulls: self.nulls.len(), folds: self.folds.len() }
    }

    /// Whether the machine has room for a Gram with such replicates. They are taken one by one, each perhaps small
    /// enough, and their pages only as they are written: what does not fit as a whole is not begun.
    pub(super) fn require_room(&self, n_x: usize, n_y: usize) -> Result<()> {
        let n = n_x.saturating_add(n_y);
        let squares = Matrix::bytes(n, n).saturating_mul(1 + self.folds.len() as u64);
        let nulls = Matrix::bytes(n_y, n_x).saturating_mul(self.nulls.len() as u64);
        memory::require(squares.saturating_add(nulls), self.purpose(n_x, n_y))
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.nulls.is_empty() && self.folds.is_empty()
    }
}

/// What stands for some rolls, and others after them (Knuth's multiplier for `MMIX`).
pub(super) fn then(rolls: u64, others: u64) -> u64 {
    rolls.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(others).wrapping_add(1)
}

/// Cuts ranges into lists of at most `step` rows.
fn pieces(ranges: &[Range<usize>], step: usize) -> Vec<Vec<Range<usize>>> {
    let mut pieces: Vec<Vec<Range<usize>>> = Vec::new();
    let mut room = 0;
    for range in ranges {
        let mut first = range.start;
        while first < range.end {
            if room == 0 {
                pieces.push(Vec::new());
                room = step;
            }
            let end = range.end.min(first + room);
            if let Some(piece) = pieces.last_mut() {
                piece.push(first..end);
            }
            room -= end - first;
            first = end;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_rows_in_order() {
        let ranges = [0..3, 10..11, 20..29];
        let pieces = pieces(&ranges, 4);
        let sizes: Vec<usize> =
            pieces.iter().map(|piece| piece.iter().map(Range::len).sum()).collect();
        assert_eq!(sizes, [4, 4, 4, 1]);
        let rows: Vec<usize> = pieces.into_iter().flatten().flatten().collect();
        assert_eq!(rows, ranges.into_iter().flatten().collect::<Vec<_>>());
    }
}
