//! Sums of folds: those that a jackknife leaves in, or those that a bootstrap draws.

use super::Gram;
use super::check::check_count;
use crate::error::{Counted, Error, Result, StateFault};
use crate::invariant::pairs;

/// Of the largest that a sum of squares could be, the part that is rounding.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

impl Gram {
    /// The sum of the folds, each taken as many times as said; a jackknife leaves one out, a bootstrap
    /// takes some twice. For centred answers, or not: a neuron that is zero, or constant, on all rows that
    /// are left is dead, though what is left of its sums is rounding.
    ///
    /// # Errors
    /// [`Error::State`] where there are not so many folds, [`Error::Count`], [`Error::Overflow`], [`Error::OutOfMemory`].
    pub fn of_folds(&self, times: &[u64], center: bool) -> Result<Self> {
        let folds = &self.resampled.folds;
        if times.len() != folds.len() {
            return Err(Error::State(StateFault::FoldCount));
        }
        let counts = pairs(folds, times).map(|(fold, times)| fold.n_samples.saturating_mul(*times));
        check_count(Counted::Samples, counts.fold(0, u64::saturating_add))?;
        let mut sum = self.in_room(|| self.empty_like())?;
        for (fold, times) in pairs(folds, times).filter(|(_, times)| **times > 0) {
            sum.add(fold, *times);
        }
        sum.check_overflow(0, sum.spread.iter().copied(), sum.n_samples)?;
        sum.silence_dead(center);
        Ok(sum)
    }

    fn silence_dead(&mut self, center: bool) {
        let count = self.n_samples as f64;
        let is_alive = |&j: &usize| {
            let reach = self.spread[j] + if center { 0.0 } else { self.shift[j].abs() };
            self.product(j, j, center) > ROUNDING * count * reach * reach
        };
        let (_, dead): (Vec<usize>, Vec<usize>) = (0..self.n()).partition(is_alive);
        if dead.is_empty() {
            return;
        }
        // Gives rows the norms that they have without these neurons, each of which has one value on all rows.
        let mut d = vec![0.0; self.n()];
        for &j in &dead {
            d[j] = -self.sums[j] / count;
        }
        self.move_norms(&d);
        for j in dead {
            if let Some(norms) = &mut self.norms {
                norms.weighted.iter_columns_mut().for_each(|column| column[j] = 0.0);
            }
            (self.shift[j], self.sums[j], self.spread[j]) = (0.0, 0.0, 0.0);
            let products = self.products_mut();
            products.column_mut(j).fill(0.0);
            (0..j).for_each(|i| products[(j, i)] = 0.0);
        }
    }
}
