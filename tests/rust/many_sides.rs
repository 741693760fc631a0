//! A Gram of many sides holds of any two what a Gram of these alone holds.

use ndarray::{Array, Array1, Array2, Axis, Dimension, concatenate, s};
use proptest::prelude::*;
use spanmatch::{Error, Gram, Groups, Problem, Progress, Samples, Side, chance};

/// Rows of each side, with means far from zero.
fn rows(count: usize, widths: &[usize]) -> Vec<Array2<f64>> {
    let value = |i: usize, j: usize| {
        let wave = ((i * (2 * j + 3)) as f64 * 0.37).sin();
        7.0 + (j % 5) as f64 + wave + ((i * 7 + j * 13) % 11) as f64 * 0.1
    };
    let mut first = 0;
    let side = |&width: &usize| {
        first += width;
        Array2::from_shape_fn((count, width), |(i, j)| value(i, first - width + j))
    };
    widths.iter().map(side).collect()
}

fn update(gram: &mut Gram, sides: &[&Array2<f64>], groups: &Groups) -> spanmatch::Result<()> {
    let samples: Vec<Samples<'_>> = sides.iter().map(|side| side.view().into()).collect();
    gram.update_if(&samples, groups, &Progress::default(), || Ok(()))
}

/// Batches of these sides, each of so many groups of two rows.
fn sum(sides: &[&Array2<f64>], batches: &[usize], (nulls, folds): (usize, usize)) -> Gram {
    let (mut gram, mut first) = (Gram::with_resampling(nulls, folds, 5).unwrap(), 0);
    for groups in batches {
        let batch: Vec<Array2<f64>> = sides
            .iter()
            .map(|side| side.slice(s![first..first + 2 * groups, ..]).to_owned())
            .collect();
        update(&mut gram, &batch.iter().collect::<Vec<_>>(), &Groups::Equal(2)).unwrap();
        first += 2 * groups;
    }
    gram
}

fn assert_close<D: Dimension>(found: &Array<f64, D>, wanted: &Array<f64, D>, what: &str) {
    assert_eq!(found.raw_dim(), wanted.raw_dim(), "{what}");
    let scale = wanted.iter().fold(1e-300_f64, |most, value| most.max(value.abs()));
    let apart = (found - wanted).iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    assert!(apart <= 1e-12 * scale, "{what}: {apart:e} of {scale:e}");
}

fn assert_alike(found: &Gram, wanted: &Gram) {
    let (a, b) = (found.state().unwrap(), wanted.state().unwrap());
    assert_eq!((&a.widths, a.n_batches, a.n_samples), (&b.widths, b.n_batches, b.n_samples));
    assert_close(&Array1::from(a.shift), &Array1::from(b.shift), "shift");
    assert_close(&Array1::from(a.sums), &Array1::from(b.sums), "sums");
    assert_close(&Array1::from(a.spread), &Array1::from(b.spread), "spread");
    assert_close(&a.products, &b.products, "products");
    let (a, b) = (found.norm_state().unwrap().unwrap(), wanted.norm_state().unwrap().unwrap());
    assert_close(&a.own, &b.own, "norms");
    assert_close(&a.nulls, &b.nulls, "norms of nulls");
    assert_close(&a.folds, &b.folds, "norms of folds");
    let (a, b) = (found.resampled_state().unwrap(), wanted.resampled_state().unwrap());
    let (Some(a), Some(b)) = (a, b) else { return };
    assert_eq!((a.seed, a.n_groups, a.shift_hashes), (b.seed, b.n_groups, b.shift_hashes));
    assert_close(&a.nulls, &b.nulls, "nulls");
    for (a, b) in a.folds.iter().zip(&b.folds) {
        assert_eq!((&a.widths, a.n_samples), (&b.widths, b.n_samples));
        assert_close(&a.products, &b.products, "a fold");
    }
}

/// Every two sides in their order against a Gram of these alone; and exchanged, each null transposed.
fn assert_pairs(gram: &Gram, alone: impl Fn(usize, usize) -> Gram) {
    let count = gram.widths().len();
    for (a, b) in (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))) {
        let pair = gram.pair(a, b).unwrap();
        assert_alike(&pair, &alone(a, b));
        let mirrored = gram.pair(b, a).unwrap();
        assert_alike(&mirrored.pair(1, 0).unwrap(), &pair);
        let n_x = pair.n_x();
        let turn = |all: Array2<f64>| {
            let turned = concatenate![Axis(0), all.slice(s![n_x.., ..]), all.slice(s![..n_x, ..])];
            concatenate![Axis(1), turned.slice(s![.., n_x..]), turned.slice(s![.., ..n_x])]
        };
        for index in 0..gram.n_nulls() {
            let [found, wanted] = [&mirrored, &pair]
                .map(|gram| gram.null(index).unwrap().unwrap().centered().unwrap());
            assert_close(&found, &turn(wanted), "a mirrored null");
            let of_all = gram.null(index).unwrap().unwrap();
            assert_alike(&of_all.pair(a, b).unwrap(), &pair.null(index).unwrap().unwrap());
        }
        if !gram.fold_samples().is_empty() {
            let times: Vec<u64> = (0..gram.fold_samples().len() as u64).collect();
            let of_all = gram.of_folds(&times, true).unwrap();
            assert_alike(&of_all.pair(a, b).unwrap(), &pair.of_folds(&times, true).unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_two_of_many_sides_are_the_pair_alone(
        widths in proptest::collection::vec(1_usize..9, 2..6),
        batches in proptest::collection::vec(2_usize..9, 1..4),
        nulls in 0_usize..3,
        folds in prop_oneof![Just(0_usize), Just(3)],
    ) {
        let all = rows(2 * batches.iter().sum::<usize>(), &widths);
        let sides: Vec<&Array2<f64>> = all.iter().collect();
        let whole = sum(&sides, &batches, (nulls, folds));
        assert_pairs(&whole, |a, b| sum(&[&all[a], &all[b]], &batches, (nulls, folds)));
    }
}

/// Strips and blocks that no side, and no batch, is a multiple of.
#[test]
fn sides_wider_than_a_strip_and_batches_longer_than_a_block_are_the_pair_alone() {
    let all = rows(2 * (700 + 41), &[70, 1, 130]);
    let sides: Vec<&Array2<f64>> = all.iter().collect();
    for batches in [[700, 41], [41, 700]] {
        let whole = sum(&sides, &batches, (2, 3));
        assert_pairs(&whole, |a, b| sum(&[&all[a], &all[b]], &batches, (2, 3)));
    }
}

#[test]
fn many_sides_are_merged_moved_and_put_together_as_pairs_are() {
    let all = rows(60, &[4, 3, 5, 2]);
    let part = |range: std::ops::Range<usize>, chosen: &[usize]| {
        let sides: Vec<Array2<f64>> =
            chosen.iter().map(|&side| all[side].slice(s![range.clone(), ..]).to_owned()).collect();
        sum(&sides.iter().collect::<Vec<_>>(), &[range.len() / 4, range.len() / 4], (2, 3))
    };
    let merged = |chosen: &[usize]| {
        let mut first = part(0..24, chosen);
        // Its shift is another: that of its own first rows.
        first.merge(part(24..60, chosen)).unwrap();
        first
    };
    let whole = merged(&[0, 1, 2, 3]);
    assert_pairs(&whole, |a, b| merged(&[a, b]));

    let mut again = Gram::from_state(whole.state().unwrap()).unwrap();
    again.set_resampled(whole.resampled_state().unwrap().unwrap()).unwrap();
    again.set_norms(whole.norm_state().unwrap().unwrap()).unwrap();
    assert_eq!(again.state().unwrap(), whole.state().unwrap());
    assert_eq!(again.resampled_state().unwrap(), whole.resampled_state().unwrap());
    assert_eq!(again.norm_state().unwrap(), whole.norm_state().unwrap());

    let shift: Vec<f64> = (0..14).map(|j| 3.0 + f64::from(j)).collect();
    again.set_shift(&shift).unwrap();
    assert_pairs(&again, |a, b| {
        let starts = [0, 4, 7, 12, 14];
        let of = |side: usize| &shift[starts[side]..starts[side + 1]];
        let mut pair = merged(&[a, b]);
        pair.set_shift(&[of(a), of(b)].concat()).unwrap();
        pair
    });
}

#[test]
fn what_is_wrong_with_a_side_is_told_of_that_side() {
    let good = rows(20, &[3, 2, 4]);
    let sides: Vec<&Array2<f64>> = good.iter().collect();
    let mut gram = sum(&sides, &[6], (1, 2));
    let before = gram.state().unwrap();
    let mut refuse = |sides: &[&Array2<f64>]| {
        let error = update(&mut gram, sides, &Groups::default()).unwrap_err();
        assert_eq!(gram.state().unwrap(), before);
        error
    };
    let short = good[2].slice(s![..19, ..]).to_owned();
    let side = Side::new(2);
    assert_eq!(
        refuse(&[&good[0], &good[1], &short]),
        Error::RowCounts { expected: 20, side, got: 19 }
    );
    assert_eq!(refuse(&[&good[0], &good[1], &good[1]]), Error::Width { side, expected: 4, got: 2 });
    assert_eq!(refuse(&sides[..2]), Error::SideCount { expected: 3, got: 2 });
    assert_eq!(refuse(&[]), Error::SideCount { expected: 2, got: 0 });
    let mut bad = good[2].clone();
    bad[[17, 3]] = f64::NEG_INFINITY;
    let error = refuse(&[&good[0], &good[1], &bad]);
    let Error::NotFinite { neuron, row, .. } = error else { panic!("{error}") };
    assert_eq!((neuron.side, neuron.index, row), (side, 3, 17));
    assert_eq!(error.to_string().split(" is ").next(), Some("neuron 3 of side 2"));

    let damaged = || {
        let mut state = gram.state().unwrap();
        state.products[[1, 7]] = 1e6;
        state
    };
    let error = Gram::from_state(damaged()).unwrap_err();
    let Error::Inconsistent { first, second } = error else { panic!("{error}") };
    assert_eq!((first.side, second.side), (Side::X, side));
    let mut parts = gram.resampled_state().unwrap().unwrap();
    // Of side 1 with side 2, behind those of side 0.
    let last = parts.nulls.ncols() - 1;
    parts.nulls[[0, last]] = 1e6;
    let mut again = Gram::from_state(gram.state().unwrap()).unwrap();
    let error = again.set_resampled(parts).unwrap_err();
    let Error::Inconsistent { first, second } = error else { panic!("{error}") };
    assert_eq!((first.side, second.side), (Side::Y, side));
}

#[test]
fn a_match_is_between_two() {
    let all = rows(20, &[3, 2, 4]);
    let gram = sum(&all.iter().collect::<Vec<_>>(), &[6], (1, 0));
    let wanted = Error::SideCount { expected: 2, got: 3 };
    assert_eq!(Problem::new(&gram, false).unwrap_err(), wanted);
    assert_eq!(chance(&gram, false, 0.0).unwrap_err(), wanted);
    assert_eq!(gram.centered_null(0).unwrap_err(), wanted);
    assert!(gram.centered_norms().is_none() && gram.centered_null_norms(0).is_none());
    assert_eq!(gram.pair(1, 1).unwrap_err(), Error::SameSide(Side::Y));
    assert_eq!(gram.pair(0, 3).unwrap_err(), Error::NoSuchSide { side: 3, count: 3 });
    assert!(Problem::new(&gram.pair(2, 0).unwrap(), false).is_ok());
}

#[test]
fn an_empty_gram_gives_an_empty_pair() {
    let empty = Gram::with_resampling(2, 3, 4).unwrap();
    let pair = empty.pair(0, 5).unwrap();
    assert_eq!((pair.n_nulls(), pair.fold_samples(), pair.seed()), (2, vec![0; 3], 4));
}
