//! Groups: the rows that belong together, as the positions of an image or the tokens of a sequence do.
//!
//! Resampling draws whole groups, because the rows of a group depend on each other.

use std::ops::Range;

use crate::error::{Error, Purpose, Result};
use crate::memory;
use crate::random::{Numbers, shuffle};

/// How many rows of a batch each group has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Groups {
    /// Each has so many rows.
    Equal(usize),
    /// The rows of each, in order.
    Lengths(Vec<usize>),
}

/// Every row a group.
impl Default for Groups {
    fn default() -> Self {
        Self::Equal(1)
    }
}

impl Groups {
    /// How many groups make up a batch of `rows`.
    ///
    /// # Errors
    /// [`Error::EmptyGroup`], [`Error::GroupLength`] or [`Error::GroupSum`] where they do not.
    pub fn count(&self, rows: usize) -> Result<usize> {
        match self {
            Self::Equal(0) => Err(Error::EmptyGroup(None)),
            Self::Equal(length) if !rows.is_multiple_of(*length) => {
                Err(Error::GroupLength { length: *length, rows })
            }
            Self::Equal(length) => Ok(rows / length),
            Self::Lengths(lengths) => {
                if let Some(place) = lengths.iter().position(|length| *length == 0) {
                    return Err(Error::EmptyGroup(Some(place)));
                }
                let sum = lengths.iter().fold(0_usize, |sum, length| sum.saturating_add(*length));
                if sum == rows { Ok(lengths.len()) } else { Err(Error::GroupSum { sum, rows }) }
            }
        }
    }

    /// The first row of each group of a batch of `rows`, and last the number of rows.
    ///
    /// # Errors
    /// Those of [`Groups::count`], [`Error::OutOfMemory`].
    pub fn starts(&self, rows: usize) -> Result<Vec<usize>> {
        let mut starts = memory::reserved(self.count(rows)? + 1, Purpose::Rows)?;
        match self {
            Self::Equal(length) => starts.extend((0..=rows).step_by(*length)),
            Self::Lengths(lengths) => {
                starts.push(0);
                starts.extend(lengths.iter().scan(0, |sum, length| {
                    *sum += length;
                    Some(*sum)
                }));
            }
        }
        Ok(starts)
    }
}

/// By how many groups y is shifted against x, once for each null: distinct, and not 0, for as long as there are
/// other offsets, so that the true pairing and its nulls are exchangeable; then a fresh round of them.
pub(crate) fn circular_shifts(
    seed: u64,
    batch: u64,
    nulls: usize,
    n_groups: usize,
) -> Result<Vec<usize>> {
    let mut numbers = Numbers::new(stream(seed, batch, *b"roll"));
    let mut shifts = memory::reserved(nulls, Purpose::Rows)?;
    let mut round = memory::reserved(if nulls > 0 { n_groups } else { 0 }, Purpose::Rows)?;
    while shifts.len() < nulls && n_groups > 1 {
        round.clear();
        round.extend(1..n_groups);
        shuffle(&mut round, numbers.next());
        shifts.extend(round.iter().take(nulls - shifts.len()));
    }
    Ok(shifts)
}

/// The fold of each group, counted over all batches: of every round of `folds` groups each fold has one.
pub(crate) fn assign_folds(
    seed: u64,
    folds: usize,
    groups: Range<u64>,
) -> impl Iterator<Item = usize> {
    let mut round: Vec<usize> = Vec::new();
    let (first, count) = (groups.start, folds.max(1) as u64);
    groups.map(move |group| {
        if group == first || group % count == 0 {
            round = (0..folds).collect();
            shuffle(&mut round, stream(seed, group / count, *b"deal"));
        }
        // Below `folds`, a usize.
        #[allow(clippy::cast_possible_truncation)]
        round[(group % count) as usize]
    })
}

/// The rows that meet `rows` when a batch of `total` is shifted by `offset`, counted round.
pub(crate) fn shifted(
    rows: &Range<usize>,
    offset: usize,
    total: usize,
) -> impl Iterator<Item = usize> {
    let (from, to) = (rows.start + offset, rows.end + offset);
    let (before, after) = (from.min(total)..to.min(total), from.max(total)..to.max(total));
    before.chain(after.start - total..after.end - total)
}

/// A seed for one use at one place. (The names of uses are never changed: what a seed gives follows from them.)
fn stream(seed: u64, place: u64, what: [u8; 4]) -> u64 {
    let what = u64::from(u32::from_le_bytes(what));
    let seed = Numbers::new(seed ^ what).next();
    Numbers::new(seed ^ place).next()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn folds_of(seed: u64, folds: usize, groups: Range<u64>) -> Vec<usize> {
        assign_folds(seed, folds, groups).collect()
    }

    #[test]
    fn shifts_are_distinct_and_move_every_group() {
        let shifts =
            |seed, batch, nulls, n_groups| circular_shifts(seed, batch, nulls, n_groups).unwrap();
        for (nulls, n_groups) in [(1, 2), (8, 9), (8, 20), (19, 5)] {
            let offsets = shifts(3, 7, nulls, n_groups);
            assert_eq!(offsets.len(), nulls);
            for round in offsets.chunks(n_groups - 1) {
                let mut sorted = round.to_vec();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), round.len());
                assert!(sorted.iter().all(|offset| (1..n_groups).contains(offset)));
            }
        }
        assert_ne!(shifts(0, 0, 8, 100), shifts(0, 1, 8, 100));
        assert_ne!(shifts(0, 0, 8, 100), shifts(1, 0, 8, 100));
    }

    #[test]
    fn every_round_gives_each_fold_one_group_however_it_is_cut() {
        let whole = folds_of(5, 4, 0..22);
        for round in whole.chunks_exact(4) {
            let mut sorted = round.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
        }
        assert_eq!([folds_of(5, 4, 0..7), folds_of(5, 4, 7..22)].concat(), whole);
        assert_ne!(whole, folds_of(6, 4, 0..22));
    }

    /// Groups that recur periodically, such as the hours of a day, must not always go to the same fold.
    #[test]
    fn rounds_are_dealt_in_orders_of_their_own() {
        let whole = folds_of(5, 4, 0..400);
        let mut rounds: Vec<&[usize]> = whole.chunks(4).collect();
        rounds.sort_unstable();
        rounds.dedup();
        assert!(rounds.len() > 20, "of 24 orders, 100 rounds have {}", rounds.len());
        for place in 0..4 {
            let of_first = whole.iter().skip(place).step_by(4).filter(|fold| **fold == 0).count();
            assert!((10..=40).contains(&of_first), "of 100 groups fold 0 has {of_first}");
        }
    }

    #[test]
    fn a_shift_goes_round() {
        for offset in 0..10 {
            for (from, to) in [(0, 10), (3, 7), (9, 10)] {
                let rows: Vec<usize> = shifted(&(from..to), offset, 10).collect();
                let expected: Vec<usize> = (from..to).map(|row| (row + offset) % 10).collect();
                assert_eq!(rows, expected);
            }
        }
    }

    #[test]
    fn groups_make_up_the_batch() {
        assert_eq!(Groups::Equal(3).starts(9), Ok(vec![0, 3, 6, 9]));
        assert_eq!(Groups::Lengths(vec![2, 5]).starts(7), Ok(vec![0, 2, 7]));
        for (wrong, error) in [
            (Groups::Equal(0), Error::EmptyGroup(None)),
            (Groups::Equal(4), Error::GroupLength { length: 4, rows: 9 }),
            (Groups::Lengths(vec![7, 0, 2]), Error::EmptyGroup(Some(1))),
            (Groups::Lengths(vec![7, 1]), Error::GroupSum { sum: 8, rows: 9 }),
            (Groups::Lengths(vec![usize::MAX, 2]), Error::GroupSum { sum: usize::MAX, rows: 9 }),
        ] {
            assert_eq!((wrong.starts(9), wrong.count(9)), (Err(error.clone()), Err(error)));
        }
    }
}
