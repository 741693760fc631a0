//! Sums in which each row counts by the squared norm of each side, `a = |x|²` and `b = |y|²` of two: what debiased CKA
//! takes beside the Gram (Song et al. 2012; design, 2.9).
//!
//! Of rows less the shift they are Σ a z and Σ b z for every neuron z, and Σ a², Σ a b and Σ b². They add up over
//! batches. A null shares all but Σ b x, Σ a y and Σ a b: a shift changes which rows meet.

use std::ops::Range;

use super::Gram;
use crate::error::Result;
use crate::invariant::pairs;
use crate::linalg::{Matrix, Part, add_multiple, add_product, dot};
use crate::progress::Progress;
use crate::samples::Block;
use crate::sides::Sides;

/// The sums of a Gram, or of a fold.
#[derive(Debug)]
pub(super) struct RowNorms {
    /// The products of each neuron with the norm of each side.
    pub(super) weighted: Matrix,
    /// The product of the norms of every two sides, and of each side with itself.
    pub(super) squares: Vec<f64>,
}

/// The sums of a null for one side and all sides behind it.
#[derive(Debug)]
pub(super) struct NullNorms {
    /// The products of each neuron of the side with the norms that it meets, those of each side behind.
    pub(super) of_side: Matrix,
    /// The product of each neuron behind with the norm of the side.
    pub(super) behind: Matrix,
    /// The products of the side's norm with the norms of each side behind.
    pub(super) squares: Vec<f64>,
}

/// Some rows of a block, of sides that follow each other.
pub(super) struct Stretch<'a> {
    pub(super) block: &'a Block,
    pub(super) rows: Range<usize>,
    pub(super) sides: Range<usize>,
}

impl<'a> Stretch<'a> {
    pub(super) fn values(&self) -> Part<'a> {
        let sides = self.block.sides();
        let columns = sides.range(self.sides.start).start..sides.range(self.sides.end - 1).end;
        self.block.part(self.rows.clone(), columns)
    }

    fn norms(&self) -> Part<'a> {
        self.block.norms(self.rows.clone(), self.sides.clone())
    }

    fn norms_of(&self, side: usize) -> &'a [f64] {
        &self.block.norms_of(side)[self.rows.clone()]
    }
}

impl RowNorms {
    pub(super) fn zeros(sides: &Sides) -> Result<Self> {
        let squares = vec![0.0; sides.pairs_with_self().len()];
        Ok(Self { weighted: Matrix::zeros(sides.n(), sides.count())?, squares })
    }

    pub(super) fn try_clone(&self) -> Result<Self> {
        Ok(Self { weighted: self.weighted.try_clone()?, squares: self.squares.clone() })
    }

    pub(super) fn absorb(&mut self, block: &Block, progress: &Progress) -> Result<()> {
        let all = Stretch { block, rows: 0..block.rows(), sides: 0..block.sides().count() };
        add_product(&mut self.weighted, all.values(), all.norms(), progress)?;
        for (square, (a, b)) in pairs(&mut self.squares, block.sides().pairs_with_self()) {
            *square += dot(all.norms_of(a), all.norms_of(b));
        }
        Ok(())
    }

    pub(super) fn add(&mut self, part: &Self, times: u64) {
        let times = times as f64;
        for side in 0..self.weighted.columns() {
            add_multiple(self.weighted.column_mut(side), times, part.weighted.column(side));
        }
        add_multiple(&mut self.squares, times, &part.squares);
    }
}

impl NullNorms {
    /// Of one side and those behind it.
    pub(super) fn zeros(sides: &Sides, side: usize) -> Result<Self> {
        let behind = sides.count() - side - 1;
        Ok(Self {
            of_side: Matrix::zeros(sides.width(side), behind)?,
            behind: Matrix::zeros(sides.behind(side).len(), 1)?,
            squares: vec![0.0; behind],
        })
    }

    /// Adds rows of the side, and the rows of those behind, of this block or another, which they meet.
    pub(super) fn absorb(
        &mut self,
        side: &Stretch<'_>,
        behind: &Stretch<'_>,
        progress: &Progress,
    ) -> Result<()> {
        add_product(&mut self.of_side, side.values(), behind.norms(), progress)?;
        add_product(&mut self.behind, behind.values(), side.norms(), progress)?;
        for (square, other) in pairs(&mut self.squares, behind.sides.clone()) {
            *square += dot(side.norms_of(side.sides.start), behind.norms_of(other));
        }
        Ok(())
    }

    pub(super) fn try_clone(&self) -> Result<Self> {
        Ok(Self {
            of_side: self.of_side.try_clone()?,
            behind: self.behind.try_clone()?,
            squares: self.squares.clone(),
        })
    }

    pub(super) fn add(&mut self, part: &Self, times: u64) {
        let times = times as f64;
        for (sums, more) in [(&mut self.of_side, &part.of_side), (&mut self.behind, &part.behind)] {
            for column in 0..sums.columns() {
                add_multiple(sums.column_mut(column), times, more.column(column));
            }
        }
        add_multiple(&mut self.squares, times, &part.squares);
    }
}

impl Gram {
    /// Drops the sums of norms.
    pub(super) fn forget_norms(&mut self) {
        self.norms = None;
        self.resampled.null_norms.clear();
    }
}
