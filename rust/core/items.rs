//! Items: the rows that belong together, as the positions of an image or the tokens of a sequence do.
//!
//! What resamples data, resamples items: their rows depend on each other.

use std::ops::Range;

use crate::error::{Error, Purpose, Result};
use crate::memory;
use crate::random::{Numbers, shuffle};

/// Where the items of a batch begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Items {
    /// Each has so many rows.
    Equal(usize),
    /// The rows of each, in order.
    Lengths(Vec<usize>),
}

/// Every row an item.
impl Default for Items {
    fn default() -> Self {
        Self::Equal(1)
    }
}

impl Items {
    /// The first row of each item of a batch of `rows`, and last the number of rows.
    ///
    /// # Errors
    /// [`Error::Items`] where they are empty or do not make up the batch.
    pub fn starts(&self, rows: usize) -> Result<Vec<usize>> {
        let wrong = |what: String| Err(Error::Items(what));
        match self {
            Self::Equal(0) => wrong("rows_per_item is 0: an item has a row at least".into()),
            Self::Equal(length) if !rows.is_multiple_of(*length) => wrong(format!(
                "rows_per_item is {length}, but the batch has {rows} rows, no multiple of that: pass \
                 the length of each item"
            )),
            Self::Equal(length) => {
                let mut starts = memory::reserved(rows / length + 1, Purpose::Rows)?;
                starts.extend((0..=rows).step_by(*length));
                Ok(starts)
            }
            Self::Lengths(lengths) => {
                if let Some(at) = lengths.iter().position(|length| *length == 0) {
                    return wrong(format!(
                        "rows_per_item[{at}] is 0: leave out items without rows"
                    ));
                }
                let mut starts = memory::reserved(lengths.len() + 1, Purpose::Rows)?;
                starts.push(0);
                let mut sum = 0_usize;
                for length in lengths {
                    sum = sum.saturating_add(*length);
                    starts.push(sum);
                }
                if sum != rows {
                    return wrong(format!(
                        "rows_per_item adds up to {sum} rows, but the batch has {rows}"
                    ));
                }
                Ok(starts)
            }
        }
    }
}

/// By how many items y is rolled against x, once for each null: distinct, and not 0, for as long as there
/// are other offsets, so that the true pairing and its nulls are exchangeable; then a fresh round of them.
pub(crate) fn rolls(seed: u64, batch: u64, nulls: usize, n_items: usize) -> Result<Vec<usize>> {
    let mut numbers = Numbers::new(stream(seed, batch, *b"roll"));
    let mut rolls = memory::reserved(nulls, Purpose::Rows)?;
    let mut round = Vec::new();
    if nulls > 0 {
        round = memory::reserved(n_items, Purpose::Rows)?;
    }
    while rolls.len() < nulls && n_items > 1 {
        round.clear();
        round.extend(1..n_items);
        shuffle(&mut round, numbers.next());
        rolls.extend(round.iter().take(nulls - rolls.len()));
    }
    Ok(rolls)
}

/// The fold of an item, counted over all batches: every round of `folds` items is dealt one to each.
pub(crate) fn deal(seed: u64, folds: usize, items: Range<u64>) -> Vec<usize> {
    let mut round: Vec<usize> = Vec::new();
    let count = folds.max(1) as u64;
    items
        .clone()
        .map(|item| {
            if item == items.start || item % count == 0 {
                round = (0..folds).collect();
                shuffle(&mut round, stream(seed, item / count, *b"deal"));
            }
            // Below `folds`, a usize.
            #[allow(clippy::cast_possible_truncation)]
            round[(item % count) as usize]
        })
        .collect()
}

/// The rows that meet `rows` when a batch of `total` is rolled by `offset`: one range, or two.
pub(crate) fn rolled(rows: &Range<usize>, offset: usize, total: usize) -> [Range<usize>; 2] {
    let (from, to) = (rows.start + offset, rows.end + offset);
    let (before, after) = (from.min(total)..to.min(total), from.max(total)..to.max(total));
    [before, after.start - total..after.end - total]
}

/// A seed for one use at one place.
fn stream(seed: u64, place: u64, what: [u8; 4]) -> u64 {
    let what = u64::from(u32::from_le_bytes(what));
    let seed = Numbers::new(seed ^ what).next();
    Numbers::new(seed ^ place).next()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rolls_are_distinct_and_move_every_item() {
        for (nulls, n_items) in [(1, 2), (8, 9), (8, 20), (19, 5)] {
            let offsets = rolls(3, 7, nulls, n_items).unwrap();
            assert_eq!(offsets.len(), nulls);
            for round in offsets.chunks(n_items - 1) {
                let mut sorted = round.to_vec();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), round.len());
                assert!(sorted.iter().all(|offset| (1..n_items).contains(offset)));
            }
        }
        assert_ne!(rolls(0, 0, 8, 100), rolls(0, 1, 8, 100));
        assert_ne!(rolls(0, 0, 8, 100), rolls(1, 0, 8, 100));
    }

    #[test]
    fn every_round_gives_each_fold_one_item_however_it_is_cut() {
        let whole = deal(5, 4, 0..22);
        for round in whole.chunks_exact(4) {
            let mut sorted = round.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
        }
        assert_eq!([deal(5, 4, 0..7), deal(5, 4, 7..22)].concat(), whole);
        assert_ne!(whole, deal(6, 4, 0..22));
    }

    #[test]
    fn a_roll_goes_round() {
        for offset in 0..10 {
            for (from, to) in [(0, 10), (3, 7), (9, 10)] {
                let rows: Vec<usize> =
                    rolled(&(from..to), offset, 10).into_iter().flatten().collect();
                let expected: Vec<usize> = (from..to).map(|row| (row + offset) % 10).collect();
                assert_eq!(rows, expected);
            }
        }
    }

    #[test]
    fn items_make_up_the_batch() {
        assert_eq!(Items::Equal(3).starts(9), Ok(vec![0, 3, 6, 9]));
        assert_eq!(Items::Lengths(vec![2, 5]).starts(7), Ok(vec![0, 2, 7]));
        for wrong in [Items::Equal(0), Items::Equal(4), Items::Lengths(vec![7, 0, 2])] {
            assert!(matches!(wrong.starts(9), Err(Error::Items(_))), "{wrong:?}");
        }
        assert!(Items::Lengths(vec![usize::MAX, 2]).starts(9).is_err());
    }
}
