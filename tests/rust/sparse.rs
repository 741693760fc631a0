//! Sparse rows are summed as the same rows with their zeros are.

use ndarray::{Array2, s};
use proptest::prelude::*;
use spanmatch::{Error, Gram, Groups, Progress, Samples, Side, SparseRows, spectrum};

use crate::common::bits;

/// Values of which about one in `rare` is not zero; some neurons are always zero, and one always there.
fn few(count: usize, width: usize, rare: usize, seed: usize) -> Array2<f64> {
    Array2::from_shape_fn((count, width), |(i, j)| {
        let mixed = (i * 7919 + j * 104_729 + seed * 1_299_709) ^ (i * j + seed);
        let value = ((mixed % 1009) as f64 - 300.0) / 100.0;
        if j == 0 {
            5.0 + value
        } else if mixed.is_multiple_of(rare) && j % 5 != 4 {
            value
        } else {
            0.0
        }
    })
}

fn many(count: usize, width: usize, seed: usize) -> Array2<f64> {
    Array2::from_shape_fn((count, width), |(i, j)| {
        3.0 + (((i + seed) * (2 * j + 3)) as f64 * 0.37).sin() + ((i * 7 + j) % 11) as f64 * 0.1
    })
}

/// The values that are not zero, of each row from the last to the first.
fn sparse(dense: &Array2<f64>) -> SparseRows {
    let (mut starts, mut columns, mut values) = (vec![0_i64], Vec::new(), Vec::new());
    for row in dense.rows() {
        for (j, &value) in row.iter().enumerate().rev().filter(|(_, value)| **value != 0.0) {
            columns.push(i64::try_from(j).unwrap());
            values.push(value);
        }
        starts.push(i64::try_from(columns.len()).unwrap());
    }
    SparseRows::new(dense.ncols(), &starts, &columns, &values).unwrap()
}

/// Sides of batches: whether they are given as sparse rows.
struct Given<'a> {
    dense: &'a [Array2<f64>],
    is_sparse: &'a [bool],
}

impl Given<'_> {
    fn rows(&self, range: std::ops::Range<usize>) -> Vec<Array2<f64>> {
        self.dense.iter().map(|side| side.slice(s![range.clone(), ..]).to_owned()).collect()
    }

    fn update(
        &self,
        gram: &mut Gram,
        range: std::ops::Range<usize>,
        groups: &Groups,
    ) -> spanmatch::Result<()> {
        let dense = self.rows(range);
        let rows: Vec<SparseRows> = dense.iter().map(sparse).collect();
        let samples: Vec<Samples<'_>> = dense
            .iter()
            .zip(&rows)
            .zip(self.is_sparse)
            .map(
                |((dense, rows), is_sparse)| {
                    if *is_sparse { rows.into() } else { dense.view().into() }
                },
            )
            .collect();
        gram.update_if(&samples, groups, &Progress::default(), || Ok(()))
    }

    fn sum(&self, batches: &[usize], kept: (usize, usize)) -> Gram {
        let (mut gram, mut first) = (Gram::with_resampling(kept.0, kept.1, 3).unwrap(), 0);
        for groups in batches {
            self.update(&mut gram, first..first + 2 * groups, &Groups::Equal(2)).unwrap();
            first += 2 * groups;
        }
        gram
    }
}

fn assert_close(found: &[f64], wanted: &[f64], scale: f64, what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (a, b) in found.iter().zip(wanted) {
        assert!((a - b).abs() <= 1e-11 * scale, "{what}: {a} {b}");
    }
}

/// The same sums less the same shift, of nulls and folds too.
fn assert_alike(mut found: Gram, mut wanted: Gram) {
    let zeros = vec![0.0; found.widths().iter().sum()];
    found.set_shift(&zeros).unwrap();
    wanted.set_shift(&zeros).unwrap();
    let (a, b) = (found.state().unwrap(), wanted.state().unwrap());
    assert_eq!((&a.widths, a.n_batches, a.n_samples), (&b.widths, b.n_batches, b.n_samples));
    let largest = b.products.diag().iter().fold(1.0_f64, |most, value| most.max(*value));
    assert_close(&a.sums, &b.sums, largest, "sums");
    assert_close(
        a.products.as_slice().unwrap(),
        b.products.as_slice().unwrap(),
        largest,
        "products",
    );
    let (a, b) = (found.norm_state().unwrap().unwrap(), wanted.norm_state().unwrap().unwrap());
    let most = b.own.iter().fold(1.0_f64, |most, value| most.max(value.abs()));
    assert_close(a.own.as_slice().unwrap(), b.own.as_slice().unwrap(), most, "norms");
    assert_close(a.nulls.as_slice().unwrap(), b.nulls.as_slice().unwrap(), most, "null norms");
    assert_close(a.folds.as_slice().unwrap(), b.folds.as_slice().unwrap(), most, "fold norms");
    let (a, b) = (found.resampled_state().unwrap(), wanted.resampled_state().unwrap());
    let (Some(a), Some(b)) = (a, b) else { return };
    assert_eq!((a.n_groups, a.shift_hashes), (b.n_groups, b.shift_hashes));
    assert_close(a.nulls.as_slice().unwrap(), b.nulls.as_slice().unwrap(), largest, "nulls");
    for (a, b) in a.folds.iter().zip(&b.folds) {
        assert_eq!(a.n_samples, b.n_samples);
        let (a, b) = (a.products.as_slice().unwrap(), b.products.as_slice().unwrap());
        assert_close(a, b, largest, "a fold");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn sparse_rows_are_summed_as_with_their_zeros(
        widths in proptest::collection::vec((1_usize..70, any::<bool>()), 2..5),
        batches in proptest::collection::vec(2_usize..30, 1..4),
        nulls in 0_usize..3,
        folds in prop_oneof![Just(0_usize), Just(3)],
        // So rare that zeros are left out, and so common that they are not.
        rare in prop_oneof![Just(40_usize), Just(3)],
    ) {
        let count = 2 * batches.iter().sum::<usize>();
        let is_sparse: Vec<bool> = widths.iter().map(|(_, is_sparse)| *is_sparse).collect();
        let dense: Vec<Array2<f64>> = widths
            .iter()
            .enumerate()
            .map(|(seed, &(width, is_sparse))| {
                if is_sparse { few(count, width, rare, seed) } else { many(count, width, seed) }
            })
            .collect();
        let given = Given { dense: &dense, is_sparse: &is_sparse };
        let plain = Given { dense: &dense, is_sparse: &vec![false; widths.len()] };
        assert_alike(given.sum(&batches, (nulls, folds)), plain.sum(&batches, (nulls, folds)));
    }
}

/// As on a Gram that began with other rows, and was shifted by their middle, so after it, and merged.
#[test]
fn sparse_and_other_batches_follow_each_other() {
    let dense = [few(300, 60, 30, 1), few(300, 50, 30, 2)];
    let both = Given { dense: &dense, is_sparse: &[true, true] };
    let none = Given { dense: &dense, is_sparse: &[false, false] };
    let wanted = || none.sum(&[50, 50, 50], (2, 3));
    for order in [[&both, &none, &both], [&none, &both, &none], [&both, &both, &none]] {
        let mut gram = Gram::with_resampling(2, 3, 3).unwrap();
        for (at, given) in order.iter().enumerate() {
            given.update(&mut gram, 100 * at..100 * (at + 1), &Groups::Equal(2)).unwrap();
        }
        assert_alike(gram, wanted());
    }
    let (mut head, mut tail) = (Gram::default(), Gram::default());
    both.update(&mut head, 0..100, &Groups::default()).unwrap();
    none.update(&mut tail, 100..200, &Groups::default()).unwrap();
    let mut plain = Gram::default();
    none.update(&mut plain, 0..100, &Groups::default()).unwrap();
    none.update(&mut plain, 100..200, &Groups::default()).unwrap();
    head.merge(tail).unwrap();
    assert_alike(head, plain);
}

#[test]
fn sparse_sums_have_the_same_bits_at_any_number_of_threads() {
    let dense = [few(700, 300, 40, 1), many(700, 20, 2), few(700, 200, 40, 3)];
    let given = Given { dense: &dense, is_sparse: &[true, false, true] };
    let found = [1, 2, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let gram = given.sum(&[200, 150], (2, 2));
            let (state, resampled) =
                (gram.state().unwrap(), gram.resampled_state().unwrap().unwrap());
            (bits(state.products.as_slice().unwrap()), bits(resampled.nulls.as_slice().unwrap()))
        })
    });
    assert!(found[0] == found[1] && found[1] == found[2]);
}

#[test]
fn values_of_one_column_are_added_and_zeros_may_be_named() {
    let rows =
        SparseRows::new(5, &[0, 4, 4, 5], &[3, 1, 3, 0, 2], &[1.0, 2.0, 0.5, 0.0, 7.0]).unwrap();
    let wanted = [[0.0_f64, 2.0, 0.0, 1.5, 0.0], [0.0; 5], [0.0, 0.0, 7.0, 0.0, 0.0]];
    for (i, row) in wanted.iter().enumerate() {
        for (j, value) in row.iter().enumerate() {
            assert_eq!(rows.value(i, j).to_bits(), value.to_bits());
        }
    }
}

#[test]
fn rows_that_are_none_are_refused() {
    let state = |result: spanmatch::Result<SparseRows>| matches!(result, Err(Error::SparseRows(_)));
    assert!(state(SparseRows::new(3, &[0, 2, 1], &[0, 1], &[1.0, 1.0])));
    assert!(state(SparseRows::new(3, &[0, 3], &[0, 1], &[1.0, 1.0])));
    assert!(state(SparseRows::new(3, &[1, 2], &[0, 1], &[1.0, 1.0])));
    assert!(state(SparseRows::new(3, &[], &[], &[])));
    assert!(state(SparseRows::new(3, &[0, -1], &[], &[])));
    assert!(state(SparseRows::new(3, &[0, 2], &[0, 1], &[1.0])));
    for column in [-1, 3, i64::MAX] {
        assert_eq!(
            SparseRows::new(3, &[0, 0, 2], &[0, column], &[1.0, 1.0]).unwrap_err(),
            Error::NoSuchColumn { row: 1, column, count: 3 }
        );
    }
}

#[test]
fn a_sparse_batch_that_is_refused_changes_nothing() {
    let dense = [few(200, 60, 40, 1), few(200, 60, 40, 2)];
    let given = Given { dense: &dense, is_sparse: &[true, true] };
    for begun in [true, false] {
        let mut gram = Gram::with_resampling(1, 2, 0).unwrap();
        if begun {
            given.update(&mut gram, 0..100, &Groups::default()).unwrap();
        }
        let state = |gram: &Gram| (gram.state().unwrap(), gram.resampled_state().unwrap());
        let before = state(&gram);
        for (value, row) in [(f64::NAN, 17), (f64::INFINITY, 99), (1e200, 3)] {
            let mut bad = dense.clone();
            bad[1][[100 + row, 33]] = value;
            let wrong = Given { dense: &bad, is_sparse: &[true, true] };
            let error = wrong.update(&mut gram, 100..200, &Groups::default()).unwrap_err();
            match error {
                Error::NotFinite { neuron, row: found, .. } => {
                    assert_eq!((neuron.side, neuron.index, found), (Side::Y, 33, row));
                }
                Error::Overflow { neuron, .. } => {
                    assert_eq!((neuron.side, neuron.index, value), (Side::Y, 33, 1e200));
                }
                other => panic!("{other}"),
            }
            assert_eq!(state(&gram), before);
        }
    }
}

#[test]
fn a_spectrum_of_sparse_rows_is_that_of_the_same_rows() {
    let dense = [few(900, 70, 25, 1), few(900, 60, 25, 1)];
    let found = [true, false].map(|is_sparse| {
        let gram = Given { dense: &dense, is_sparse: &[is_sparse; 2] }.sum(&[450], (0, 0));
        spectrum(&spanmatch::Problem::new(&gram, false).unwrap()).unwrap()
    });
    for (a, b) in found[0].x.iter().zip(&found[1].x) {
        assert!(a.to_bits() == b.to_bits() || (a - b).abs() < 1e-9, "{a} {b}");
    }
}

/// A neuron that is always on has a shift, and so loses no digits; one that is constant is dead when centred.
#[test]
fn neurons_that_are_always_on_keep_their_digits() {
    let (rows, width) = (300, 400);
    let mut x = few(rows, width, 40, 5);
    x.column_mut(0).fill(0.1);
    let noise = |i: usize| ((i * 37) % 101) as f64 / 101.0;
    for i in 0..rows {
        x[[i, 3]] = 1e8 + noise(i);
        // On in all of the first rows, and then seldom.
        x[[i, 7]] = if i < 70 || i % 9 == 0 { 2.0 + noise(i) } else { 0.0 };
    }
    let y = Array2::from_shape_fn((rows, 1), |(i, _)| noise(i) + 0.1 * ((i * 13) % 7) as f64);
    let given = Given { dense: &[x.clone(), y.clone()], is_sparse: &[true, false] };
    for batches in [&[150][..], &[40, 110]] {
        let gram = given.sum(batches, (0, 0));
        assert_eq!(gram.n_shifted(), [3, 1]);
        let problem = spanmatch::Problem::new(&gram, true).unwrap();
        assert!(problem.dead().x().contains(&0));
        let centered = gram.centered().unwrap();
        let mean = |column: ndarray::ArrayView1<'_, f64>| {
            let first = column[0];
            column.mapv(|value| value - first).mean().unwrap() + first
        };
        let z = x.column(3).mapv(|value| value - 1e8);
        let (z, y) = (&z - mean(z.view()), &y.column(0) - mean(y.column(0)));
        let wanted = z.dot(&y);
        assert!((centered[[3, width]] - wanted).abs() < 1e-5 * wanted.abs().max(1.0));
        assert!((centered[[3, 3]] - z.dot(&z)).abs() < 1e-5);
        let others = Given { dense: given.dense, is_sparse: &[false, false] };
        assert_alike(gram, others.sum(batches, (0, 0)));
    }
}
