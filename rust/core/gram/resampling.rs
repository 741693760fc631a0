//! Resampling: the samples are shifted against each other, which gives nulls, and assigned to folds, which give
//! intervals.

use std::iter::repeat_with;
use std::ops::Range;

use super::Gram;
use super::row_norms::NullNorms;
use crate::error::{Error, Purpose, Result};
use crate::groups::{Groups, assign_folds, circular_shifts};
use crate::invariant::pairs;
use crate::linalg::Matrix;
use crate::memory;
use crate::progress::Progress;
use crate::samples::{Block, Samples};

/// What a [`Gram`] accumulates beside its own sums.
#[derive(Debug, Default)]
pub(super) struct Resampled {
    pub(super) seed: u64,
    pub(super) n_groups: u64,
    /// For each null a number that stands for its shifts, in groups.
    pub(super) shift_hashes: Vec<u64>,
    /// For each null, what takes the place of the products between sides: of each side but the last (columns) those with
    /// all sides behind it (rows). The nulls share everything else with the data, because a shift changes which rows
    /// meet, but no row.
    pub(super) nulls: Vec<Vec<Matrix>>,
    /// For each null, side by side, what takes the place of the sums of norms; none where the Gram has none.
    pub(super) null_norms: Vec<Vec<NullNorms>>,
    /// The folds, with the Gram's shift and without nulls and folds of their own.
    pub(super) folds: Vec<Gram>,
}

/// Where the rows of a batch go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resampling {
    /// By how many rows y is shifted, for each null: row i of x meets row `i + shift` of y, counted round. Of many sides,
    /// row i of each meets that row of every one behind it.
    pub shifts: Vec<usize>,
    /// The same in groups: they do not depend on how many rows a group has.
    pub group_shifts: Vec<usize>,
    /// Rows of each fold.
    pub folds: Vec<Vec<Range<usize>>>,
    /// Groups of the batch.
    pub n_groups: u64,
}

/// The rows of a batch, and where they go.
pub(super) struct Batch<'a> {
    /// The sides, at least one.
    pub(super) sides: &'a [Samples<'a>],
    pub(super) resampling: Resampling,
}

impl Batch<'_> {
    pub(super) fn rows(&self) -> usize {
        self.sides[0].n_samples()
    }

    /// Rows of the largest fold, where there are folds.
    pub(super) fn largest_fold(&self) -> Option<usize> {
        self.resampling.folds.iter().map(|rows| rows.iter().map(Range::len).sum()).max()
    }
}

impl Gram {
    /// An empty Gram that also accumulates `nulls` times the products of x with y shifted by whole groups
    /// inside each batch, and the sums of each of `folds` equal shares of the groups.
    ///
    /// ```
    /// use ndarray::array;
    /// use spanmatch::{Gram, Groups};
    ///
    /// let z = array![[1.0, 0.0], [0.0, 2.0], [3.0, 3.0], [1.0, 2.0]];
    /// let mut gram = Gram::with_resampling(1, 2, 0)?;
    /// let groups = Groups::Equal(2);
    /// gram.update_groups(&z, &z, &groups)?;
    /// assert_eq!((gram.n_groups(), gram.fold_samples()), (2, vec![2, 2]));
    /// assert_eq!(gram.of_folds(&[1, 1], false)?.n_samples(), 4);
    /// # Ok::<(), spanmatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn with_resampling(nulls: usize, folds: usize, seed: u64) -> Result<Self> {
        let purpose = || Purpose::Gram { widths: Vec::new(), nulls, folds };
        let mut resampled = Resampled {
            seed,
            n_groups: 0,
            shift_hashes: memory::repeated(0, nulls, purpose())?,
            nulls: memory::reserved(nulls, purpose())?,
            null_norms: Vec::new(),
            folds: memory::reserved(folds, purpose())?,
        };
        resampled.nulls.resize_with(nulls, Vec::new);
        resampled.folds.resize_with(folds, Self::default);
        Ok(Self { resampled, ..Self::default() })
    }

    /// Groups accumulated; rows, where there are neither nulls nor folds to ask for more.
    #[must_use]
    pub fn n_groups(&self) -> u64 {
        if self.resampled.is_empty() { self.n_samples } else { self.resampled.n_groups }
    }

    /// What shifts and folds follow from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.resampled.seed
    }

    /// Samples of each fold.
    #[must_use]
    pub fn fold_samples(&self) -> Vec<u64> {
        self.resampled.folds.iter().map(Self::n_samples).collect()
    }

    /// Where the rows of a batch go that follows `n_batches` of `n_groups` in all: for sums that are kept
    /// elsewhere.
    ///
    /// # Errors
    /// Those of [`Groups::count`], [`Error::OneGroup`], [`Error::OutOfMemory`].
    pub fn resampling(
        &self,
        rows: usize,
        groups: &Groups,
        n_batches: u64,
        n_groups: u64,
    ) -> Result<Resampling> {
        let Resampled { seed, nulls, folds, .. } = &self.resampled;
        let count = groups.count(rows)?;
        if !nulls.is_empty() && count < 2 {
            return Err(Error::OneGroup { rows });
        }
        let mut resampling = Resampling { n_groups: count as u64, ..Resampling::default() };
        if self.resampled.is_empty() {
            // Without nulls and folds, nothing is kept that grows with the rows.
            return Ok(resampling);
        }
        let starts = groups.starts(rows)?;
        let shifts = circular_shifts(*seed, n_batches, nulls.len(), count)?;
        resampling.shifts = shifts.iter().map(|&groups| starts[groups]).collect();
        resampling.group_shifts = shifts;
        if !folds.is_empty() {
            let mut of_folds = Vec::new();
            for _ in folds {
                of_folds.push(memory::reserved(count.div_ceil(folds.len()) + 1, Purpose::Rows)?);
            }
            let assigned = assign_folds(*seed, folds.len(), n_groups..n_groups + count as u64);
            for (fold, rows) in assigned.zip(starts.windows(2)) {
                of_folds[fold].push(rows[0]..rows[1]);
            }
            resampling.folds = of_folds;
        }
        Ok(resampling)
    }

    /// A batch, ready to be read.
    pub(super) fn batch<'a>(&self, sides: &'a [Samples<'a>], groups: &Groups) -> Result<Batch<'a>> {
        self.check_batch(sides)?;
        let rows = sides[0].n_samples();
        let resampling = self.resampling(rows, groups, self.n_batches, self.n_groups())?;
        Ok(Batch { sides, resampling })
    }

    /// Reads a batch again, for the folds.
    pub(super) fn add_to_folds(
        &mut self,
        batch: &Batch<'_>,
        block: &mut Block,
        progress: &Progress,
    ) -> Result<()> {
        let mut index = Vec::with_capacity(block.room());
        for (fold, ranges) in pairs(0..self.resampled.folds.len(), &batch.resampling.folds) {
            let mut rows = ranges.iter().cloned().flatten();
            loop {
                progress.check()?;
                index.clear();
                index.extend(rows.by_ref().take(block.room()));
                if index.is_empty() {
                    break;
                }
                block.load(batch.sides, &index, &self.shift);
                self.check_block(block, 0, &index, batch)?;
                self.resampled.folds[fold].absorb(block, progress)?;
            }
        }
        Ok(())
    }

    /// Adds a batch that is one block to the folds, with room for the rows of one.
    pub(super) fn add_folds_of(
        &mut self,
        block: &Block,
        batch: &Batch<'_>,
        room: Option<Block>,
        progress: &Progress,
    ) -> Result<()> {
        let Some(mut part) = room else { return Ok(()) };
        let mut index = Vec::with_capacity(part.room());
        for (fold, ranges) in pairs(&mut self.resampled.folds, &batch.resampling.folds) {
            index.clear();
            index.extend(ranges.iter().cloned().flatten());
            if !index.is_empty() {
                part.gather(block, &index);
                fold.absorb(&part, progress)?;
            }
        }
        Ok(())
    }

    /// Counts a batch that has been added.
    pub(super) fn count(&mut self, batch: &Batch<'_>) {
        self.n_batches += 1;
        self.resampled.n_groups += batch.resampling.n_groups;
        let hashes = pairs(&mut self.resampled.shift_hashes, &batch.resampling.group_shifts);
        for (hash, shift) in hashes {
            *hash = hash_combine(*hash, *shift as u64);
        }
    }
}

impl Resampled {
    /// As many nulls and folds, without samples, for an empty Gram.
    pub(super) fn empty_like(&self, gram: &Gram) -> Result<Self> {
        let sides = &gram.sides;
        let panels = sides.leading();
        let panel = |side| Matrix::zeros(sides.behind(side).len(), sides.width(side));
        let norms = |side| NullNorms::zeros(sides, side);
        let with_norms = if gram.norms.is_some() { self.nulls.len() } else { 0 };
        Ok(Self {
            nulls: repeat_with(|| panels.clone().map(panel).collect())
                .take(self.nulls.len())
                .collect::<Result<_>>()?,
            null_norms: repeat_with(|| panels.clone().map(norms).collect())
                .take(with_norms)
                .collect::<Result<_>>()?,
            folds: self.folds.iter().map(|_| gram.empty_like()).collect::<Result<_>>()?,
            shift_hashes: self.shift_hashes.clone(),
            ..*self
        })
    }

    pub(super) fn try_clone(&self) -> Result<Self> {
        let panels = |panels: &Vec<Matrix>| panels.iter().map(Matrix::try_clone).collect();
        let norms = |norms: &Vec<NullNorms>| norms.iter().map(NullNorms::try_clone).collect();
        Ok(Self {
            nulls: self.nulls.iter().map(panels).collect::<Result<_>>()?,
            null_norms: self.null_norms.iter().map(norms).collect::<Result<_>>()?,
            folds: self.folds.iter().map(Gram::plain_copy).collect::<Result<_>>()?,
            shift_hashes: self.shift_hashes.clone(),
            ..*self
        })
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.nulls.is_empty() && self.folds.is_empty()
    }
}

/// A hash of some shifts, continued with further ones (Knuth's multiplier for `MMIX`).
pub(super) fn hash_combine(hash: u64, other: u64) -> u64 {
    hash.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(other).wrapping_add(1)
}
