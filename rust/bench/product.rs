//! The yardstick: how fast this machine multiplies matrices.

use std::time::{Duration, Instant};

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::error::{Error, Result};

/// A product of two square float64 matrices, ready to be timed again and again.
#[derive(Debug)]
pub struct Product {
    a: Mat<f64>,
    b: Mat<f64>,
    /// Column after column.
    c: Vec<f64>,
}

impl Default for Product {
    /// Factors with known values.
    fn default() -> Self {
        let value = |i: usize, j: usize| ((i * 31 + j * 17) % 13) as f64 - 6.0;
        let matrix = || Mat::from_fn(Self::SIZE, Self::SIZE, value);
        Self { a: matrix(), b: matrix(), c: vec![0.0; Self::SIZE * Self::SIZE] }
    }
}

impl Product {
    /// Rows of each matrix: 32 MiB, more than most caches, so that the rate is that of long products.
    pub const SIZE: usize = 2048;
    /// `2 SIZE³`.
    pub const OPERATIONS: f64 = 2.0 * (Self::SIZE * Self::SIZE * Self::SIZE) as f64;

    /// Multiplies, each thread of the rayon pool a panel of columns.
    pub fn time(&mut self) -> Duration {
        let begun = Instant::now();
        let width = Self::SIZE.div_ceil(rayon::current_num_threads());
        let (a, b) = (self.a.as_ref(), self.b.as_ref());
        let panels = self.c.par_chunks_mut(width * Self::SIZE).enumerate();
        panels.for_each(|(panel, c)| {
            let columns = c.len() / Self::SIZE;
            let c = MatMut::from_column_major_slice_mut(c, Self::SIZE, columns);
            let b = b.subcols(panel * width, c.ncols());
            matmul(c, Accum::Replace, a, b, 1.0, Par::Seq);
        });
        begun.elapsed()
    }

    /// Whether the last product was right: `C w = A (B w)`.
    ///
    /// # Errors
    /// [`Error::WrongProduct`].
    pub fn check(&self) -> Result<()> {
        // Whole numbers, known exactly.
        let w = Mat::from_fn(Self::SIZE, 1, |i, _| (i % 7) as f64 + 1.0);
        let c = MatRef::from_column_major_slice(&self.c, Self::SIZE, Self::SIZE);
        let apart = (c * &w - &self.a * (&self.b * &w)).norm_max();
        if apart == 0.0 { Ok(()) } else { Err(Error::WrongProduct(apart)) }
    }
}
