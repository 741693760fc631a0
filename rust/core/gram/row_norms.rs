//! Sums in which each row counts by its squared norms, `a = |x|²` and `b = |y|²`: what debiased CKA takes beside
//! the Gram (Song et al. 2012; design, 2.9).
//!
//! Of rows less the shift they are Σ a z and Σ b z for every neuron z, and Σ a², Σ a b and Σ b². They add up over
//! batches. A null shares all but Σ b x, Σ a y and Σ a b: a shift changes which rows meet.

use std::ops::Range;

use super::Gram;
use crate::error::Result;
use crate::invariant::pairs;
use crate::linalg::{Matrix, add_product, dot};
use crate::samples::Block;

/// The sums of a Gram, or of a fold.
#[derive(Debug)]
pub(super) struct RowNorms {
    /// Of each neuron, its products with a and with b.
    pub(super) weighted: Matrix,
    /// Σ a², Σ a b and Σ b².
    pub(super) squares: [f64; 3],
}

/// Rows of a block, and the columns of a side.
type Rows<'a> = (&'a Block, Range<usize>, Range<usize>);

/// Those of a null.
#[derive(Debug)]
pub(super) struct NullNorms {
    /// Of each neuron of x, its product with the b that it meets.
    pub(super) of_x: Matrix,
    /// Of each neuron of y, its product with a.
    pub(super) of_y: Matrix,
    /// Σ a b.
    pub(super) square: f64,
}

impl RowNorms {
    pub(super) fn zeros(n: usize) -> Result<Self> {
        Ok(Self { weighted: Matrix::zeros(n, 2)?, squares: [0.0; 3] })
    }

    pub(super) fn try_clone(&self) -> Result<Self> {
        Ok(Self { weighted: self.weighted.try_clone()?, ..*self })
    }

    pub(super) fn absorb(&mut self, block: &Block) {
        let (z, rows) = (0..self.weighted.rows(), 0..block.rows());
        add_product(&mut self.weighted, block.columns(z), block.norms(rows, 0..2));
        let [a, b] = [0, 1].map(|side| block.norms_of(side));
        for (square, (left, right)) in pairs(&mut self.squares, [(a, a), (a, b), (b, b)]) {
            *square += dot(left, right);
        }
    }

    pub(super) fn add(&mut self, part: &Self, times: u64) {
        let times = times as f64;
        for side in 0..2 {
            add_times(self.weighted.column_mut(side), part.weighted.column(side), times);
        }
        add_times(&mut self.squares, &part.squares, times);
    }
}

impl NullNorms {
    pub(super) fn zeros(n_x: usize, n_y: usize) -> Result<Self> {
        Ok(Self { of_x: Matrix::zeros(n_x, 1)?, of_y: Matrix::zeros(n_y, 1)?, square: 0.0 })
    }

    /// Adds rows of x, of a block, and the rows of y, of this block or another, which they meet.
    pub(super) fn absorb(&mut self, x: Rows<'_>, y: Rows<'_>) {
        let ((of_x, x_rows, x), (of_y, y_rows, y)) = (x, y);
        let (a, b) = (of_x.norms(x_rows.clone(), 0..1), of_y.norms(y_rows.clone(), 1..2));
        add_product(&mut self.of_x, of_x.part(x_rows.clone(), x), b);
        add_product(&mut self.of_y, of_y.part(y_rows.clone(), y), a);
        self.square += dot(&of_x.norms_of(0)[x_rows], &of_y.norms_of(1)[y_rows]);
    }

    pub(super) fn try_clone(&self) -> Result<Self> {
        Ok(Self { of_x: self.of_x.try_clone()?, of_y: self.of_y.try_clone()?, ..*self })
    }

    pub(super) fn add(&mut self, part: &Self, times: u64) {
        let times = times as f64;
        add_times(self.of_x.column_mut(0), part.of_x.column(0), times);
        add_times(self.of_y.column_mut(0), part.of_y.column(0), times);
        self.square += times * part.square;
    }
}

fn add_times(sums: &mut [f64], part: &[f64], times: f64) {
    for (sum, more) in pairs(sums, part) {
        *sum += times * more;
    }
}

impl Gram {
    /// Goes on without the sums of norms.
    pub(super) fn forget_norms(&mut self) {
        self.norms = None;
        self.resampled.null_norms.clear();
    }
}
