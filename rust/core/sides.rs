//! Where the sides of a joint Gram lie: one after the other.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::neuron::{Neuron, Side};

/// The columns of each side, in the joint order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sides {
    /// Behind the last column of each.
    ends: Vec<usize>,
}

impl Sides {
    pub(crate) fn of_widths(widths: impl IntoIterator<Item = usize>) -> Self {
        let ends = widths.into_iter().scan(0, |end: &mut usize, width| {
            *end = end.saturating_add(width);
            Some(*end)
        });
        Self { ends: ends.collect() }
    }

    /// Whether others are as many, and as wide.
    ///
    /// # Errors
    /// [`Error::SideCount`], [`Error::Width`].
    pub(crate) fn require(&self, others: &Self) -> Result<()> {
        let (expected, got) = (self.count(), others.count());
        if expected != got {
            return Err(Error::SideCount { expected, got });
        }
        for side in 0..got {
            let (expected, got) = (self.width(side), others.width(side));
            if expected != got {
                return Err(Error::Width { side: Side::new(side), expected, got });
            }
        }
        Ok(())
    }

    /// How many sides there are.
    pub(crate) fn count(&self) -> usize {
        self.ends.len()
    }

    /// Neurons of all sides.
    pub(crate) fn n(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// The columns of a side.
    pub(crate) fn range(&self, side: usize) -> Range<usize> {
        let start = if side == 0 { 0 } else { self.ends[side - 1] };
        start..self.ends[side]
    }

    /// Those of every side.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        (0..self.count()).map(|side| self.range(side))
    }

    /// The columns of all sides behind this one.
    pub(crate) fn behind(&self, side: usize) -> Range<usize> {
        self.ends[side]..self.n()
    }

    /// Where another side lies among those behind this one.
    pub(crate) fn range_behind(&self, side: usize, other: usize) -> Range<usize> {
        let (first, range) = (self.behind(side).start, self.range(other));
        range.start - first..range.end - first
    }

    /// Neurons of a side; 0 where the side does not exist.
    pub(crate) fn width(&self, side: usize) -> usize {
        if side < self.count() { self.range(side).len() } else { 0 }
    }

    pub(crate) fn widths(&self) -> Vec<usize> {
        self.ranges().map(|range| range.len()).collect()
    }

    /// All sides but the first.
    pub(crate) fn without_first(&self) -> Self {
        Self::of_widths(self.ranges().skip(1).map(|range| range.len()))
    }

    /// All sides but the last: those that others lie behind.
    pub(crate) fn leading(&self) -> Range<usize> {
        0..self.count().saturating_sub(1)
    }

    /// Every two sides, and each with itself: the second is not before the first.
    pub(crate) fn pairs_with_self(&self) -> Vec<(usize, usize)> {
        let count = self.count();
        (0..count).flat_map(|a| (a..count).map(move |b| (a, b))).collect()
    }

    /// Where two sides, in their order, are among these.
    pub(crate) fn pair_place(&self, a: usize, b: usize) -> usize {
        (0..a).map(|before| self.count() - before).sum::<usize>() + (b - a)
    }

    /// The neuron of a column.
    pub(crate) fn neuron(&self, column: usize) -> Neuron {
        let side = self.ends.partition_point(|&end| end <= column);
        Neuron { side: Side::new(side), index: column - self.range(side).start }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_without_neurons_own_no_column() {
        let sides = Sides::of_widths([2, 0, 3]);
        let owners: Vec<(usize, usize)> = (0..5)
            .map(|column| sides.neuron(column))
            .map(|neuron| (neuron.side.index(), neuron.index))
            .collect();
        assert_eq!(owners, [(0, 0), (0, 1), (2, 0), (2, 1), (2, 2)]);
        assert_eq!((sides.range(1), sides.behind(0), sides.width(7)), (2..2, 2..5, 0));
        assert_eq!(sides.range_behind(0, 2), 0..3);
        assert_eq!(sides.without_first().widths(), [0, 3]);
    }

    #[test]
    fn every_two_sides_have_a_place() {
        let sides = Sides::of_widths([1, 2, 3, 4]);
        for (place, (a, b)) in sides.pairs_with_self().into_iter().enumerate() {
            assert_eq!(sides.pair_place(a, b), place);
        }
    }
}
