use arbitrary::{Result, Unstructured};
use ndarray::{Array2, Axis, concatenate};
use spanmatch::{Gram, GramState, Groups, Progress};

use crate::samples::{Batch, order, size, wild};

/// By this part of the largest values that products were ever summed of, each may be off: a shift far away takes digits.
const TOLERANCE: f64 = 1e-12;

pub(super) fn run(bytes: &mut Unstructured<'_>) -> Result<()> {
    let (nulls, folds) = (bytes.int_in_range(0..=2)?, bytes.int_in_range(0..=3)?);
    let gram = Gram::with_resampling(nulls, folds, bytes.arbitrary()?);
    let mut gram = gram.expect("two nulls of nothing fit into memory");
    let mut widths = Vec::new();
    for _ in 0..bytes.int_in_range(1..=3_usize)? {
        widths.push(size(bytes)?);
    }
    let mut rows_seen: Vec<Array2<f64>> = Vec::new();
    let mut reach = Vec::new();
    for _ in 0..bytes.int_in_range(1..=6_usize)? {
        let before = gram.state().expect("small sums fit into memory");
        let done = match bytes.int_in_range(0..=9)? {
            0 => {
                let other = gram.try_clone().expect("small sums fit into memory");
                let merged = gram.merge(other).is_ok();
                if merged {
                    rows_seen.extend(rows_seen.clone());
                }
                merged
            }
            1 => {
                let shift = wild(bytes, 1, widths.iter().sum())?;
                gram.set_shift(&shift.into_raw_vec_and_offset().0).is_ok()
            }
            _ => update(bytes, &mut gram, &widths, &mut rows_seen)?,
        };
        let after = gram.state().expect("small sums fit into memory");
        if !done {
            assert_eq!(before, after, "what fails leaves the sums as they were");
        }
        check(&after, &rows_seen, &mut reach);
        let again = Gram::from_state(after.clone()).expect("a Gram's own sums are let in");
        assert_eq!(again.state().expect("small sums fit into memory"), after);
    }
    Ok(())
}

/// Adds a batch; whether it was taken.
fn update(
    bytes: &mut Unstructured<'_>,
    gram: &mut Gram,
    widths: &[usize],
    rows_seen: &mut Vec<Array2<f64>>,
) -> Result<bool> {
    let (rows, order) = (size(bytes)?, order(bytes)?);
    let mut sides = Vec::new();
    for &width in widths {
        let (rows, width) =
            if bytes.ratio(1, 32)? { (size(bytes)?, size(bytes)?) } else { (rows, width) };
        sides.push(Batch::of(bytes, rows, width)?);
    }
    let samples: Vec<_> = sides.iter().map(|side| side.view(order)).collect();
    let groups = if bytes.ratio(1, 4)? { Groups::Equal(size(bytes)?) } else { Groups::default() };
    let progress = Progress::default();
    if bytes.ratio(1, 16)? {
        progress.cancel();
    }
    let may_change = bytes.ratio(15, 16)?;
    let answer = || if may_change { Ok(()) } else { Err(spanmatch::Error::Interrupted) };
    let done = gram.update_if(&samples, &groups, &progress, answer).is_ok();
    if done {
        let values: Vec<_> = sides.iter().map(|side| side.values(order)).collect();
        let views: Vec<_> = values.iter().map(|side| side.view()).collect();
        rows_seen.push(concatenate(Axis(1), &views).expect("sides of as many rows were taken"));
    }
    Ok(done)
}

/// Compares the sums with those of the rows themselves, one after the other.
fn check(state: &GramState, rows_seen: &[Array2<f64>], reach: &mut Vec<f64>) {
    reach.resize(state.shift.len(), 0.0);
    let rows = || rows_seen.iter().flat_map(|batch| batch.rows());
    assert_eq!(state.n_samples, rows().count() as u64);
    for (j, reach) in reach.iter_mut().enumerate() {
        assert!(state.spread[j].is_finite() && state.sums[j].is_finite());
        let largest = rows().map(|row| (row[j] - state.shift[j]).abs()).fold(0.0, f64::max);
        assert!(largest <= state.spread[j] * (1.0 + 1e-9) + f64::MIN_POSITIVE, "spread bounds all");
        *reach = largest.max(*reach);
    }
    for i in 0..state.shift.len() {
        for j in 0..=i {
            let about = |row: usize, value: f64| value - state.shift[row];
            let sum: f64 = rows().map(|row| about(i, row[i]) * about(j, row[j])).sum();
            let found = state.products[(i, j)];
            assert!(found.to_bits() == state.products[(j, i)].to_bits(), "symmetric");
            let largest = reach[i] * reach[j] * (1.0 + state.n_samples as f64);
            // Products that are no normal numbers have no digits.
            if (1e-290..1e290).contains(&largest) {
                let wrong = (found - sum).abs();
                assert!(wrong <= TOLERANCE * largest, "{i}, {j}: {found} and {sum}");
            }
        }
    }
}
