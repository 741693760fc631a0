//! Cosines times a vector. The products are read as stored, and the scaling to cosines is applied to the vectors.
//!
//! With D the scale and C the products of the shifted columns, of shift a and sums s over n samples, the cosines are
//! `D (C + a sᵀ + s aᵀ + n a aᵀ) D`, or centred `D (C - s sᵀ / n) D`.

use std::ops::Range;

use rayon::prelude::*;

use super::Cosines;
use crate::invariant::pairs;
use crate::linalg::{add_multiple, add_symmetric, dot, sum_columns};

/// Fewer rows than this are not worth a thread of their own.
const SHARE: usize = 64;

impl Cosines {
    /// The cosines of some neurons (rows) with others, or with themselves, times a vector; 0 for rows that are not wanted.
    /// Of neurons with themselves, the vector is 0 at those.
    pub(crate) fn times(
        &self,
        rows: &Range<usize>,
        columns: &Range<usize>,
        v: &[f64],
        is_wanted: impl Fn(usize) -> bool + Sync,
    ) -> Vec<f64> {
        let scaled: Vec<f64> = pairs(&self.scale[columns.clone()], v).map(|(s, v)| s * v).collect();
        let mut products = if rows == columns {
            self.symmetric_products(rows, &scaled, &is_wanted)
        } else if columns.start < rows.start {
            self.products_by_columns(rows, columns, &scaled)
        } else {
            self.products_by_rows(rows, columns, &scaled, &is_wanted)
        };
        let (sums, shifts) = (&self.sums[columns.clone()], &self.shift[columns.clone()]);
        let (along, by_shift) = (dot(sums, &scaled), dot(shifts, &scaled));
        for (i, product) in pairs(rows.clone(), &mut products) {
            let (a, sum) = (self.shift[i], self.sums[i]);
            let moved = if self.center {
                *product - sum * (along / self.count)
            } else {
                *product + a * (along + self.count * by_shift) + sum * by_shift
            };
            *product = if is_wanted(i) { moved * self.scale[i] } else { 0.0 };
        }
        if rows == columns {
            // The cosine of a neuron with itself is exactly 1; the scaled product is 1 only up to rounding.
            for ((i, v), product) in rows.clone().zip(v).zip(&mut products) {
                *product += (1.0 - self.scaled_square(i)) * v;
            }
        }
        products
    }

    /// The scaled product of a neuron with itself, which is 1 up to rounding.
    fn scaled_square(&self, i: usize) -> f64 {
        let (product, a, sum) =
            (self.products.column(self.columns[i])[0], self.shift[i], self.sums[i]);
        let moved = if self.center {
            product - sum * (sum / self.count)
        } else {
            product + 2.0 * a * sum + self.count * a * a
        };
        moved * self.scale[i] * self.scale[i]
    }

    /// Only one triangle is read, because reading the matrix from memory takes the time. Unwanted neurons are 0 in the
    /// vector.
    fn symmetric_products(
        &self,
        range: &Range<usize>,
        v: &[f64],
        is_wanted: &(impl Fn(usize) -> bool + Sync),
    ) -> Vec<f64> {
        sum_columns(v.len(), v.len(), |j, product, room| {
            let place = range.start + j;
            // Not where v is 0: a column is the row of its neuron, too.
            if is_wanted(place) {
                add_symmetric(product, v, j, j, self.column(place, place..range.end, room));
            }
        })
    }

    /// Of rows that come behind: there is a column for each value of the vector.
    fn products_by_columns(
        &self,
        rows: &Range<usize>,
        columns: &Range<usize>,
        v: &[f64],
    ) -> Vec<f64> {
        sum_columns(v.len(), rows.len(), |j, product, room| {
            if v[j] != 0.0 {
                let column = self.column(columns.start + j, rows.clone(), room);
                add_multiple(product, v[j], column);
            }
        })
    }

    /// Of rows that come first: there is a column for each of them.
    fn products_by_rows(
        &self,
        rows: &Range<usize>,
        columns: &Range<usize>,
        v: &[f64],
        is_wanted: &(impl Fn(usize) -> bool + Sync),
    ) -> Vec<f64> {
        let product = |room: &mut Vec<f64>, row: usize| {
            if is_wanted(row) { dot(self.column(row, columns.clone(), room), v) } else { 0.0 }
        };
        let rows = rows.clone().into_par_iter().with_min_len(SHARE);
        rows.map_init(|| vec![0.0; v.len()], product).collect()
    }

    /// The products of a neuron with those in a range, none before it: where they lie, or where there are gaps between
    /// them, in the room.
    fn column<'a>(&'a self, place: usize, range: Range<usize>, room: &'a mut [f64]) -> &'a [f64] {
        let (column, columns) = (self.columns[place], &self.columns[range]);
        let products = self.products.column(column);
        match (columns.first(), columns.last()) {
            (Some(first), Some(last)) if last - first + 1 == columns.len() => {
                &products[first - column..][..columns.len()]
            }
            _ => {
                let room = &mut room[..columns.len()];
                for (value, other) in pairs(&mut *room, columns) {
                    *value = products[other - column];
                }
                room
            }
        }
    }
}
