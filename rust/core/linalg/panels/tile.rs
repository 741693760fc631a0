//! The product of two sets of panels, one tile at a time, with the vectors of the processor.

use faer::{ColMut, MatMut};
use pulp::{Simd, WithSimd};

use super::Panels;

/// How wide panels are, of the vectors there are.
pub(super) struct Width;

impl WithSimd for Width {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> usize {
        match S::F64_LANES {
            8 | 4 => 24,
            2 => 6,
            _ => 3,
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
        // Vectors on the left by columns on the right: their products fill the registers there are (24 of 32
        // with AVX-512, 12 of 16 with AVX2). 3 by 4 would be as many with AVX2, but leave the compiler no
        // register for the next value on the right: it keeps one of the sums in memory then, at twice the time.
        match S::F64_LANES {
            8 => self.add::<S, 24, 3, 8>(simd, 480),
            4 => self.add::<S, 24, 2, 6>(simd, 120),
            2 => self.add::<S, 6, 3, 6>(simd, 480),
            _ => self.add::<S, 3, 3, 3>(simd, 480),
        }
    }
}

impl AddTile<'_> {
    /// With so many vectors on the left and columns on the right at once, both of which divide a panel, and
    /// of so many rows at once: the vectors on the left stay in the first cache.
    #[inline(always)]
    fn add<S: Simd, const WIDTH: usize, const LEFT: usize, const RIGHT: usize>(
        mut self,
        simd: S,
        depth: usize,
    ) {
        let height = LEFT * S::F64_LANES;
        debug_assert_eq!((WIDTH % height, WIDTH % RIGHT), (0, 0));
        for begin in (0..self.left.rows).step_by(depth) {
            let rows = begin..self.left.rows.min(begin + depth);
            for left in (0..self.c.nrows()).step_by(height) {
                let top = self.row + left;
                let own = self.left.rows_of::<WIDTH>(top / WIDTH, rows.clone());
                for right in (0..self.c.ncols()).step_by(RIGHT) {
                    let first = self.column + right;
                    if self.lower && top + height <= first {
                        break;
                    }
                    let others = self.right.rows_of::<WIDTH>(first / WIDTH, rows.clone());
                    let sums = multiply::<S, WIDTH, LEFT, RIGHT>(
                        simd,
                        (own, top % WIDTH),
                        (others, first % WIDTH),
                    );
                    self.add_sums(simd, left, right, &sums);
                }
            }
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

/// Products of `LEFT` vectors of columns of a panel, from one on, with `RIGHT` columns of another, summed over
/// the rows.
#[inline(always)]
fn multiply<S: Simd, const WIDTH: usize, const LEFT: usize, const RIGHT: usize>(
    simd: S,
    (left, from_left): (&[[f64; WIDTH]], usize),
    (right, from_right): (&[[f64; WIDTH]], usize),
) -> [[S::f64s; LEFT]; RIGHT] {
    let mut sums = [[simd.splat_f64s(0.0); LEFT]; RIGHT];
    for (left, right) in left.iter().zip(right) {
        let left = S::as_simd_f64s(&left[from_left..]).0.first_chunk::<LEFT>();
        let right = right[from_right..].first_chunk::<RIGHT>();
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
