//! Moves the sums of norms of rows to another shift, or to the mean of the rows.
//!
//! With `z' = z + d`, d moving the rows of a side by `d_k`, squared norms become `a' = a + 2 d_k z + |d_k|²`: so the sums
//! about one shift follow from those about any other, the Gram and the sums of the rows.
//!
//! No digits are lost that count: the shift is the middle of rows which are in the sums, k of n, so that the
//! centred Σ a² is at least of the order k / n of that about the shift. A sum of folds may leave those rows out.
//! [`CenteredNorms`] has the bound on what rounding may have changed.

use std::ops::Range;

use super::Gram;
use super::row_norms::{NullNorms, RowNorms};
use crate::invariant::pairs;
use crate::linalg::{Matrix, add_multiple, dot, lower_times};

/// The fraction of the sums that rounding may change within one block, whose rows are added in lanes.
const ROUNDING: f64 = 32.0 * f64::EPSILON;
/// About how many rows a block has; each block is one more addition.
const ROWS_OF_BLOCK: f64 = 64.0;
/// Errors of k additions are about √k as large as those of one (Higham and Mary, "A New Approach to Probabilistic
/// Rounding Error Analysis", 2019). They can be this many times larger where rows repeat and so round the same way.
const SAFETY: f64 = 4.0;

/// Sums over rows of what their squared norms multiply to, with what rounding may have changed of each.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct CenteredNorms {
    /// Σ a², Σ a b and Σ b² of centred rows.
    pub squares: [f64; 3],
    /// A bound on the rounding of each.
    pub rounding: [f64; 3],
    /// Bounds on the rounding of the centred products within x, between the sides and within y: of their Frobenius norms.
    pub products: [f64; 3],
}

/// Rows that move by d, and what is known of each side.
struct Move<'a> {
    gram: &'a Gram,
    d: &'a [f64],
    /// `|d_k|²`.
    lengths: Vec<f64>,
    /// `d_k` times the sum of the rows.
    along: Vec<f64>,
    /// The sum of the norms.
    totals: Vec<f64>,
}

impl<'a> Move<'a> {
    fn new(gram: &'a Gram, d: &'a [f64]) -> Self {
        let sides = &gram.sides;
        let along = |side: Range<usize>| dot(&d[side.clone()], &gram.sums[side]);
        let total = |side: Range<usize>| side.map(|j| gram.products[(j, j)]).sum();
        Self {
            gram,
            d,
            lengths: sides.ranges().map(|side| dot(&d[side.clone()], &d[side])).collect(),
            along: sides.ranges().map(along).collect(),
            totals: sides.ranges().map(total).collect(),
        }
    }

    /// What a neuron's product with the norm of side k grows by; `turned` is its row of the products with the rows,
    /// times `d_k`.
    fn weighted(&self, j: usize, k: usize, turned: f64) -> f64 {
        let total = self.totals[k] + 2.0 * self.along[k] + self.count() * self.lengths[k];
        2.0 * turned + self.lengths[k] * self.gram.sums[j] + self.d[j] * total
    }

    /// The terms that the product of two norms, of k and of l, grows by: `of_k` is the products of that of k with the rows,
    /// times `d_l`, `of_l` those of that of l, times `d_k`, and `between` the products between the sides, times both.
    fn squares(&self, [k, l]: [usize; 2], of_k: f64, of_l: f64, between: f64) -> [f64; 8] {
        let Self { lengths, along, totals, .. } = self;
        [
            2.0 * of_k,
            2.0 * of_l,
            4.0 * between,
            lengths[l] * totals[k],
            lengths[k] * totals[l],
            2.0 * lengths[l] * along[k],
            2.0 * lengths[k] * along[l],
            self.count() * lengths[k] * lengths[l],
        ]
    }

    fn count(&self) -> f64 {
        self.gram.n_samples as f64
    }

    /// The part of d that moves side k.
    fn of_side(&self, k: usize) -> &[f64] {
        &self.d[self.gram.sides.range(k)]
    }
}

impl Gram {
    /// Whether there are sums of norms: of samples, but for those of a state without them.
    #[must_use]
    pub fn has_norms(&self) -> bool {
        self.n_samples > 0 && self.norms.is_some()
    }

    /// What the squared norms of centred rows multiply to, summed; `None` where there are no samples, other than two
    /// sides, or the sums came from a state without them. Not finite where they leave float64.
    ///
    /// ```
    /// use ndarray::array;
    /// use spanmatch::Gram;
    ///
    /// let mut gram = Gram::default();
    /// let (x, y) = (array![[9.0], [9.0], [12.0]], array![[0.0], [3.0], [3.0]]);
    /// gram.update(&x, &y)?;
    /// // The squares of the centred rows are 1, 1, 4 and 4, 1, 1.
    /// let norms = gram.centered_norms().expect("samples have norms");
    /// assert_eq!(norms.squares.map(f64::round), [18.0, 9.0, 18.0]);
    /// # Ok::<(), spanmatch::Error>(())
    /// ```
    #[must_use]
    pub fn centered_norms(&self) -> Option<CenteredNorms> {
        let norms = self.norms.as_ref().filter(|_| self.require_pair().is_ok())?;
        let to_mean = self.to_mean();
        let step = Move::new(self, &to_mean);
        let moved: [(f64, f64); 3] = step.all_squares(norms, &step.turned()).try_into().ok()?;
        Some(CenteredNorms {
            squares: moved.map(|(square, _)| square),
            rounding: moved.map(|(_, rounding)| rounding),
            products: step.products_rounding(),
        })
    }

    /// The same of one null: its Σ a b, and a bound on the rounding of that.
    #[must_use]
    pub fn centered_null_norms(&self, index: usize) -> Option<(f64, f64)> {
        self.require_pair().ok()?;
        let norms = self.resampled.null_norms.get(index)?.first()?;
        let panel = &self.resampled.nulls[index][0];
        let to_mean = self.to_mean();
        let step = Move::new(self, &to_mean);
        Some(step.null_square(norms, 0, 1, &step.turn_panel(panel, 0, 1)))
    }

    /// Gives the sums of norms, its own and those of nulls, another shift: with d = old shift - new shift. All else has the
    /// old one still.
    pub(super) fn move_norms(&mut self, d: &[f64]) {
        let (norms, nulls) = (self.norms.take(), std::mem::take(&mut self.resampled.null_norms));
        let step = Move::new(self, d);
        // There may be nulls without norms.
        let nulls = self.resampled.nulls.iter().zip(nulls);
        let nulls = nulls.map(|(panels, norms)| step.null(panels, norms));
        let (norms, nulls) = (norms.map(|norms| step.own(norms)), nulls.collect());
        (self.norms, self.resampled.null_norms) = (norms, nulls);
    }

    /// How rows move that are centred.
    fn to_mean(&self) -> Vec<f64> {
        let count = self.n_samples as f64;
        self.sums.iter().map(|sum| -sum / count).collect()
    }
}

impl Move<'_> {
    fn own(&self, mut norms: RowNorms) -> RowNorms {
        let turned = self.turned();
        let moved = self.all_squares(&norms, &turned);
        for (k, turned) in turned.iter().enumerate() {
            for (j, (value, turned)) in pairs(norms.weighted.column_mut(k), turned).enumerate() {
                *value += self.weighted(j, k, *turned);
            }
        }
        norms.squares = moved.into_iter().map(|(square, _)| square).collect();
        norms
    }

    fn null(&self, panels: &[Matrix], mut norms: Vec<NullNorms>) -> Vec<NullNorms> {
        for (side, (panel, norms)) in pairs(panels, &mut norms).enumerate() {
            let behind = self.gram.sides.behind(side);
            let mut of_behind = vec![0.0; behind.len()];
            for (i, by) in self.of_side(side).iter().enumerate() {
                add_multiple(&mut of_behind, *by, panel.column(i));
            }
            for at in 0..norms.squares.len() {
                let other = side + 1 + at;
                let turned = self.turn_panel(panel, side, other);
                (norms.squares[at], _) = self.null_square(norms, side, other, &turned);
                let of_side = pairs(norms.of_side.column_mut(at), turned);
                for ((value, turned), i) in pairs(of_side, self.gram.sides.range(side)) {
                    *value += self.weighted(i, other, turned);
                }
            }
            let of_behind = pairs(norms.behind.column_mut(0), of_behind);
            for ((value, turned), j) in pairs(of_behind, behind) {
                *value += self.weighted(j, side, turned);
            }
        }
        norms
    }

    /// For each neuron of a side its products, of a null, with another side behind, times the part of d that moves that.
    fn turn_panel(&self, panel: &Matrix, side: usize, other: usize) -> Vec<f64> {
        let (rows, d) = (self.gram.sides.range_behind(side, other), self.of_side(other));
        (0..panel.columns()).map(|i| dot(&panel.column(i)[rows.clone()], d)).collect()
    }

    /// Of a null the product of the norms of two sides after the move, with a bound on its rounding; `turned` is what
    /// [`Self::turn_panel`] gives.
    fn null_square(
        &self,
        norms: &NullNorms,
        side: usize,
        other: usize,
        turned: &[f64],
    ) -> (f64, f64) {
        let (at, d) = (other - side - 1, self.of_side(side));
        let behind = &norms.behind.column(0)[self.gram.sides.range_behind(side, other)];
        self.square(
            [side, other],
            norms.squares[at],
            dot(behind, self.of_side(other)),
            dot(norms.of_side.column(at), d),
            dot(turned, d),
        )
    }

    /// The product of the norms of every two sides, and of each with itself, after the move, with bounds on their
    /// rounding.
    fn all_squares(&self, norms: &RowNorms, turned: &[Vec<f64>]) -> Vec<(f64, f64)> {
        let sides = &self.gram.sides;
        let squares = pairs(&norms.squares, sides.pairs_with_self());
        let moved = squares.map(|(square, (k, l))| {
            let along = |n: usize, side: usize| {
                dot(&norms.weighted.column(n)[sides.range(side)], self.of_side(side))
            };
            let between = dot(&turned[l][sides.range(k)], self.of_side(k));
            self.square([k, l], *square, along(k, l), along(l, k), between)
        });
        moved.collect()
    }

    fn square(
        &self,
        sides: [usize; 2],
        square: f64,
        of_k: f64,
        of_l: f64,
        between: f64,
    ) -> (f64, f64) {
        let terms = self.squares(sides, of_k, of_l, between);
        let size: f64 = square.abs() + terms.iter().map(|term| term.abs()).sum::<f64>();
        (square + terms.iter().sum::<f64>(), self.rounding() * size)
    }

    /// All products times the part of d that moves each side.
    fn turned(&self) -> Vec<Vec<f64>> {
        let side =
            |range: Range<usize>| lower_times(&self.gram.products, range.clone(), &self.d[range]);
        self.gram.sides.ranges().map(side).collect()
    }

    /// By how much rounding may change the norms of the centred products within x, between the sides and within y.
    fn products_rounding(&self) -> [f64; 3] {
        let (a, b) = (self.totals[0], self.totals[1]);
        [a, (a * b).sqrt(), b].map(|size| self.rounding() * size)
    }

    /// The fraction of the sums that rounding may have changed.
    fn rounding(&self) -> f64 {
        // A fold does not count its batches: each of its rows may have been one.
        let batches =
            if self.gram.n_batches > 0 { self.gram.n_batches as f64 } else { self.count() };
        ROUNDING + SAFETY * f64::EPSILON * (batches + self.count() / ROWS_OF_BLOCK).sqrt()
    }
}
