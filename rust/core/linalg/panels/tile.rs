//! The product of two sets of panels, one tile at a time, with the vectors of the processor.

use std::ops::Range;

use faer::{ColMut, MatMut};
use pulp::{Simd, WithSimd};

use super::Panels;

/// Rows of the factors taken at once: a whole block's.
const DEPTH: usize = 480;
/// Columns of the widest tile, a multiple of every panel's width.
const WIDEST: usize = 240;

/// How the vectors there are shape the work.
pub(super) struct Shape {
    /// Columns of a panel.
    pub(super) width: usize,
    /// Rows of a tile, a multiple of the width.
    pub(super) height: usize,
    /// The fewest columns of a tile, a multiple of the width.
    least: usize,
}

impl Shape {
    /// Columns of a tile of a matrix of so many: more reuse what is in the caches, fewer leave a small matrix
    /// tiles for all threads.
    pub(super) fn across(&self, columns: usize) -> usize {
        (columns / 32).next_multiple_of(self.least).clamp(self.least, WIDEST)
    }
}

/// Finds the shape.
pub(super) struct Shaped;

impl WithSimd for Shaped {
    type Output = Shape;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> Shape {
        match S::F64_LANES {
            // All rows of such a panel are more than the first cache holds: with several to a tile, each would be
            // fetched again for every 8 columns on the right.
            8 => Shape { width: 24, height: 24, least: WIDEST },
            // Tall: panels on the left are read in their order, as fast from the third cache as from the
            // second, and what is put together on the right serves them all.
            4 => Shape { width: 8, height: 480, least: 48 },
            2 => Shape { width: 6, height: 120, least: WIDEST },
            _ => Shape { width: 3, height: 120, least: WIDEST },
        }
    }
}

/// Adds to the tile whose first row and column these are.
pub(super) struct AddTile<'a> {
    pub(super) c: MatMut<'a, f64>,
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) left: &'a Panels,
    pub(super) right: &'a Panels,
    /// Whether what lies above the diagonal is left alone.
    pub(super) lower: bool,
}

impl WithSimd for AddTile<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // Vectors on the left, a panel of them, by columns on the right: their products fill the registers there
        // are (24 of 32 with AVX-512, 12 of 16 with AVX2). 3 by 4 would be as many with AVX2, but leave the
        // compiler no register for the next value on the right: it keeps one of the sums in memory then, at
        // twice the time.
        match S::F64_LANES {
            8 => self.add::<S, 24, 3, 8>(simd),
            4 => self.add::<S, 8, 2, 6>(simd),
            2 => self.add::<S, 6, 3, 6>(simd),
            _ => self.add::<S, 3, 3, 3>(simd),
        }
    }
}

impl AddTile<'_> {
    /// With so many vectors on the left and columns on the right at once.
    #[inline(always)]
    fn add<S: Simd, const WIDTH: usize, const LEFT: usize, const RIGHT: usize>(mut self, simd: S) {
        debug_assert_eq!(WIDTH, LEFT * S::F64_LANES);
        let mut strip = [[0.0; RIGHT]; DEPTH];
        for begin in (0..self.left.rows).step_by(DEPTH) {
            let rows = begin..self.left.rows.min(begin + DEPTH);
            for first in (0..self.c.ncols()).step_by(RIGHT) {
                let (panel, lane) = ((self.column + first) / WIDTH, (self.column + first) % WIDTH);
                let own = self.right.rows_of::<WIDTH>(panel, rows.clone());
                if WIDTH.is_multiple_of(RIGHT) {
                    self.add_columns::<S, WIDTH, WIDTH, LEFT, RIGHT>(
                        simd,
                        first,
                        (own, lane),
                        &rows,
                    );
                } else {
                    // What lies across panels, and is read for each on the left, is put together first.
                    let next = self.right.rows_of::<WIDTH>(self.right.after(panel), rows.clone());
                    debug_assert!(
                        matches!(lane, 0 | 2 | 4 | 6),
                        "tiles and strips begin at even columns"
                    );
                    match lane {
                        0 => gather::<WIDTH, RIGHT, 0>(own, next, &mut strip),
                        2 => gather::<WIDTH, RIGHT, 2>(own, next, &mut strip),
                        4 => gather::<WIDTH, RIGHT, 4>(own, next, &mut strip),
                        _ => gather::<WIDTH, RIGHT, 6>(own, next, &mut strip),
                    }
                    let strip = &strip[..rows.len()];
                    self.add_columns::<S, WIDTH, RIGHT, LEFT, RIGHT>(
                        simd,
                        first,
                        (strip, 0),
                        &rows,
                    );
                }
            }
        }
    }

    /// Adds to the columns from the first on their products with these others: values of rows, from a place on.
    #[inline(always)]
    fn add_columns<
        S: Simd,
        const WIDTH: usize,
        const OTHERS: usize,
        const LEFT: usize,
        const RIGHT: usize,
    >(
        &mut self,
        simd: S,
        first: usize,
        (others, from): (&[[f64; OTHERS]], usize),
        rows: &Range<usize>,
    ) {
        let above = if self.lower { (self.column + first).saturating_sub(self.row) } else { 0 };
        // Down the columns: what comes next of them is soon at hand.
        for top in (above / WIDTH * WIDTH..self.c.nrows()).step_by(WIDTH) {
            let own = self.left.rows_of::<WIDTH>((self.row + top) / WIDTH, rows.clone());
            let sums = multiply::<S, WIDTH, OTHERS, LEFT, RIGHT>(simd, own, (others, from));
            self.add_sums(simd, top, first, &sums);
        }
    }

    /// Adds to the corner whose first row and column these are, as far as it is in the tile.
    #[inline(always)]
    fn add_sums<S: Simd, const LEFT: usize>(
        &mut self,
        simd: S,
        top: usize,
        first: usize,
        sums: &[[S::f64s; LEFT]],
    ) {
        let height = LEFT * S::F64_LANES;
        for (j, sums) in sums.iter().enumerate().take(self.c.ncols() - first) {
            let column = self.c.as_mut().col_mut(first + j);
            let column = column.try_as_col_major_mut().map(ColMut::as_slice_mut);
            debug_assert!(column.is_some(), "columns of a matrix are contiguous");
            let Some(column) = column else { continue };
            let above = (self.column + first + j).saturating_sub(self.row + top);
            let from = if self.lower { above } else { 0 };
            let below = height.min(column.len() - top);
            let target = &mut column[top..top + below];
            if from == 0 && below == height {
                let target = S::as_mut_simd_f64s(target).0;
                for (value, sum) in target.iter_mut().zip(sums) {
                    *value = simd.add_f64s(*value, *sum);
                }
            } else {
                let sums: &[f64] = pulp::bytemuck::cast_slice(sums);
                for (value, sum) in target.iter_mut().zip(sums).skip(from) {
                    *value += sum;
                }
            }
        }
    }
}

/// The columns from a lane on, of two panels side by side.
#[inline(always)]
fn gather<const WIDTH: usize, const RIGHT: usize, const LANE: usize>(
    own: &[[f64; WIDTH]],
    next: &[[f64; WIDTH]],
    strip: &mut [[f64; RIGHT]],
) {
    for ((own, next), row) in own.iter().zip(next).zip(strip) {
        for (j, value) in (LANE..).zip(row) {
            *value = if j < WIDTH { own[j] } else { next[j - WIDTH] };
        }
    }
}

/// Products of the `LEFT` vectors of a panel with `RIGHT` columns of another, from one on, summed over the
/// rows.
#[inline(always)]
fn multiply<
    S: Simd,
    const WIDTH: usize,
    const OTHERS: usize,
    const LEFT: usize,
    const RIGHT: usize,
>(
    simd: S,
    left: &[[f64; WIDTH]],
    (right, from): (&[[f64; OTHERS]], usize),
) -> [[S::f64s; LEFT]; RIGHT] {
    let mut sums = [[simd.splat_f64s(0.0); LEFT]; RIGHT];
    for (left, right) in left.iter().zip(right) {
        let left = S::as_simd_f64s(left).0.first_chunk::<LEFT>();
        let right = right[from..].first_chunk::<RIGHT>();
        let (Some(left), Some(right)) = (left, right) else { break };
        for (sums, value) in sums.iter_mut().zip(right) {
            let value = simd.splat_f64s(*value);
            for (sum, left) in sums.iter_mut().zip(left) {
                *sum = simd.mul_add_f64s(*left, value, *sum);
            }
        }
    }
    sums
}
