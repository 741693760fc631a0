//! Nulls and folds are sums over the same rows, rolled and dealt.

use ndarray::{Array2, Axis, concatenate, s};
use spanmatch::{Error, Gram, Groups, Problem, Progress, spectrum};

use crate::common::Sides;

/// Rows with a mean, smooth within items.
fn sides(rows: usize, n_x: usize, n_y: usize) -> Sides {
    let value = |i: usize, j: usize| {
        let wave = ((i * (2 * j + 3)) as f64 * 0.37).sin();
        3.0 + wave + ((i * 7 + j * 13) % 11) as f64 * 0.1
    };
    Sides {
        x: Array2::from_shape_fn((rows, n_x), |(i, j)| value(i, j)),
        y: Array2::from_shape_fn((rows, n_y), |(i, j)| value(i, j + n_x)),
    }
}

fn rolled(y: &Array2<f64>, by: usize) -> Array2<f64> {
    concatenate![Axis(0), y.slice(s![by.., ..]), y.slice(s![..by, ..])]
}

fn update(gram: &mut Gram, sides: &Sides, items: &Groups) -> spanmatch::Result<()> {
    gram.update_groups(&sides.x, &sides.y, items)
}

/// The centred products: they do not depend on the shift.
fn products(gram: &Gram) -> Array2<f64> {
    gram.centered().unwrap()
}

fn differ(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    let scale = b.iter().fold(1.0_f64, |most, value| most.max(value.abs()));
    (a - b).iter().fold(0.0_f64, |most, value| most.max(value.abs())) / scale
}

/// Which rolls the nulls of one batch are, found by brute force.
fn rolls_of(gram: &Gram, sides: &Sides, starts: &[usize]) -> Vec<usize> {
    (0..gram.n_nulls())
        .map(|index| {
            let null = products(&gram.null(index).unwrap().unwrap());
            let same = |by: &&usize| {
                let other = Sides { x: sides.x.clone(), y: rolled(&sides.y, **by) };
                differ(&null, &products(&other.gram())) < 1e-12
            };
            let found: Vec<usize> = starts.iter().filter(same).copied().collect();
            assert_eq!(found.len(), 1, "null {index} is {found:?}");
            found[0]
        })
        .collect()
}

#[test]
fn nulls_are_all_the_rolls_by_whole_items() {
    // One block of rows; several; items of one length; of several.
    for (rows, items) in [
        (12, Groups::Equal(2)),
        (1_211 * 2, Groups::Equal(2 * 173)),
        (20, Groups::Lengths(vec![1, 7, 2, 6, 4])),
    ] {
        let sides = sides(rows, 5, 30);
        let starts = items.starts(rows).unwrap();
        let offsets = &starts[1..starts.len() - 1];
        let mut gram = Gram::with_resampling(offsets.len(), 0, 1).unwrap();
        update(&mut gram, &sides, &items).unwrap();
        let mut found = rolls_of(&gram, &sides, offsets);
        found.sort_unstable();
        assert_eq!(found, offsets);
        assert!(gram.null(offsets.len()).unwrap().is_none());
    }
}

#[test]
fn the_data_are_the_same_bits_with_resampling_and_without() {
    for rows in [7, 600] {
        let sides = sides(rows, 9, 8);
        let mut gram = Gram::with_resampling(3, 4, 0).unwrap();
        update(&mut gram, &sides, &Groups::default()).unwrap();
        update(&mut gram, &sides, &Groups::default()).unwrap();
        assert_eq!(gram.state().unwrap(), sides_twice(&sides).state().unwrap());
        assert_eq!(gram.n_groups(), 2 * rows as u64);
    }
}

fn sides_twice(sides: &Sides) -> Gram {
    let mut gram = sides.gram();
    update(&mut gram, sides, &Groups::default()).unwrap();
    gram
}

#[test]
fn batches_roll_each_in_itself() {
    let (first, second) = (sides(6, 3, 4), sides(9, 3, 4).swapped_rows());
    let mut gram = Gram::with_resampling(1, 0, 4).unwrap();
    update(&mut gram, &first, &Groups::default()).unwrap();
    let alone = products(&gram.null(0).unwrap().unwrap());
    assert_eq!(rolls_of(&gram, &first, &[1, 2, 3, 4, 5]).len(), 1);
    update(&mut gram, &second, &Groups::Equal(3)).unwrap();
    let null = products(&gram.null(0).unwrap().unwrap());
    let one = (1..6).map(|by| Sides { x: first.x.clone(), y: rolled(&first.y, by) });
    let one = one.into_iter().find(|one| differ(&alone, &products(&one.gram())) < 1e-12).unwrap();
    let found = [3, 6].into_iter().filter(|by| {
        let mut both = one.gram();
        let other = Sides { x: second.x.clone(), y: rolled(&second.y, *by) };
        update(&mut both, &other, &Groups::default()).unwrap();
        differ(&null, &products(&both)) < 1e-12
    });
    assert_eq!(found.count(), 1);
}

impl Sides {
    fn swapped_rows(&self) -> Self {
        Self {
            x: self.x.slice(s![..;-1, ..]).to_owned(),
            y: self.y.slice(s![..;-1, ..]).to_owned(),
        }
    }
}

#[test]
fn folds_share_the_items_out_whole() {
    // Column i is 1 in the rows of item i.
    let lengths = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
    let items = Groups::Lengths(lengths.to_vec());
    let starts = items.starts(39).unwrap();
    let x = Array2::from_shape_fn((39, 10), |(row, item)| {
        f64::from(u8::from((starts[item]..starts[item + 1]).contains(&row)))
    });
    let sides = Sides { y: x.clone(), x };
    let mut gram = Gram::with_resampling(0, 4, 9).unwrap();
    update(&mut gram, &sides, &items).unwrap();
    update(&mut gram, &sides, &items).unwrap();
    let mut times = vec![0; lengths.len()];
    for fold in 0..4 {
        let alone: Vec<u64> = (0..4).map(|other| u64::from(other == fold)).collect();
        let one = gram.of_folds(&alone, false).unwrap();
        assert_eq!(one.n_samples(), gram.fold_samples()[fold]);
        let parts = one.state().unwrap();
        let mut held = 0;
        for (item, length) in lengths.iter().enumerate() {
            let sum = parts.sums[item] + one.n_samples() as f64 * parts.shift[item];
            let count =
                (0..=5).find(|&count| (f64::from(count) * *length as f64 - sum).abs() < 1e-9);
            let count = count.expect("an item is cut");
            times[item] += count;
            held += count;
        }
        assert_eq!(held, 5, "shares are equal");
    }
    assert_eq!(times, [2; 10]);
}

#[test]
fn folds_add_up_as_often_as_said() {
    let sides = sides(1_300, 7, 6);
    let mut gram = Gram::with_resampling(0, 3, 0).unwrap();
    update(&mut gram, &sides, &Groups::Equal(10)).unwrap();
    let whole = products(&gram);
    assert!(differ(&products(&gram.of_folds(&[1, 1, 1], false).unwrap()), &whole) < 1e-12);
    assert!(differ(&products(&gram.of_folds(&[2, 2, 2], false).unwrap()), &(2.0 * whole)) < 1e-12);
    assert_eq!(gram.of_folds(&[2, 0, 1], false).unwrap().n_samples(), {
        let samples = gram.fold_samples();
        2 * samples[0] + samples[2]
    });
    assert!(matches!(gram.of_folds(&[1, 1], false), Err(Error::State(_))));
}

#[test]
fn merging_and_moving_the_shift_keep_replicates_right() {
    let (first, mut second) = (sides(40, 5, 4), sides(30, 5, 4));
    second.x += 100.0;
    second.y -= 50.0;
    let mut parts =
        [Gram::with_resampling(2, 3, 7).unwrap(), Gram::with_resampling(2, 3, 8).unwrap()];
    update(&mut parts[0], &first, &Groups::Equal(2)).unwrap();
    update(&mut parts[1], &second, &Groups::Equal(2)).unwrap();
    let [mut merged, other] = parts;
    let alone = [&merged, &other].map(|gram| gram.null(1).unwrap().unwrap());
    let folds = [&merged, &other].map(|gram| gram.of_folds(&[0, 0, 1], false).unwrap());
    merged.merge(other).unwrap();
    let mut expected = alone[0].try_clone().unwrap();
    expected.merge(alone[1].try_clone().unwrap()).unwrap();
    assert!(differ(&products(&merged.null(1).unwrap().unwrap()), &products(&expected)) < 1e-12);
    let mut expected = folds[0].try_clone().unwrap();
    expected.merge(folds[1].try_clone().unwrap()).unwrap();
    assert!(
        differ(&products(&merged.of_folds(&[0, 0, 1], false).unwrap()), &products(&expected))
            < 1e-12
    );
    assert_eq!(merged.n_groups(), 35);
}

#[test]
fn another_number_of_nulls_or_folds_does_not_merge() {
    let sides = sides(10, 2, 2);
    let mut gram = Gram::with_resampling(2, 0, 0).unwrap();
    update(&mut gram, &sides, &Groups::default()).unwrap();
    let before = gram.resampled_state().unwrap();
    for mut other in [Gram::default(), Gram::with_resampling(2, 2, 0).unwrap()] {
        update(&mut other, &sides, &Groups::default()).unwrap();
        let error = gram.merge(other).unwrap_err();
        assert!(matches!(error, Error::Resampled { .. }), "{error}");
    }
    assert_eq!(gram.resampled_state().unwrap(), before);
    // What has nothing adds nothing.
    gram.merge(Gram::default()).unwrap();
    let mut empty = Gram::default();
    empty.merge(gram).unwrap();
    assert_eq!(empty.resampled_state().unwrap(), before);
}

#[test]
fn a_bad_batch_changes_no_replicate() {
    for rows in [20, 1_000] {
        let good = sides(rows, 4, 3);
        let mut gram = Gram::with_resampling(2, 2, 0).unwrap();
        update(&mut gram, &good, &Groups::default()).unwrap();
        let before = (gram.state().unwrap(), gram.resampled_state().unwrap());
        let mut bad = good.clone();
        bad.y[[rows - 1, 2]] = f64::NAN;
        assert!(matches!(
            update(&mut gram, &bad, &Groups::default()),
            Err(Error::NotFinite { .. })
        ));
        let lengths = Groups::Lengths(vec![rows]);
        assert_eq!(update(&mut gram, &good, &lengths), Err(Error::OneGroup { rows }));
        assert!(matches!(
            update(&mut gram, &good, &Groups::Equal(3)),
            Err(Error::GroupLength { .. })
        ));
        let progress = Progress::default();
        progress.cancel();
        let batch = [(&good.x).into(), (&good.y).into()];
        let cancelled = gram.update_if(&batch, &Groups::default(), &progress, || Ok(()));
        assert_eq!(cancelled, Err(Error::Interrupted));
        assert_eq!((gram.state().unwrap(), gram.resampled_state().unwrap()), before);
    }
}

#[test]
fn parts_make_an_equal_gram_and_go_on_alike() {
    let sides = sides(50, 4, 3);
    let mut gram = Gram::with_resampling(3, 4, 11).unwrap();
    update(&mut gram, &sides, &Groups::Equal(5)).unwrap();
    let mut again = Gram::from_state(gram.state().unwrap()).unwrap();
    assert_eq!(again.resampled_state().unwrap(), None);
    again.set_resampled(gram.resampled_state().unwrap().unwrap()).unwrap();
    for each in [&mut gram, &mut again] {
        update(each, &sides, &Groups::Equal(5)).unwrap();
    }
    assert_eq!(again.state().unwrap(), gram.state().unwrap());
    assert_eq!(again.resampled_state().unwrap(), gram.resampled_state().unwrap());

    let parts = gram.resampled_state().unwrap().unwrap();
    let mut spoiled = parts.clone();
    spoiled.nulls[[0, 0]] = f64::NAN;
    let mut moved = parts.clone();
    moved.folds[0].shift[0] += 1.0;
    let mut narrow = parts;
    narrow.nulls = narrow.nulls.slice(s![.., ..8]).to_owned();
    for wrong in [spoiled, moved, narrow] {
        assert!(matches!(again.set_resampled(wrong), Err(Error::State(_))));
    }
    assert_eq!(again.resampled_state().unwrap(), gram.resampled_state().unwrap());
}

#[test]
fn replicates_have_the_same_bits_at_any_number_of_threads() {
    let sides = sides(1_000, 300, 270);
    let parts = [1, 2, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut gram = Gram::with_resampling(2, 3, 0).unwrap();
            update(&mut gram, &sides, &Groups::Equal(4)).unwrap();
            gram.resampled_state().unwrap().unwrap()
        })
    });
    assert!(parts.iter().all(|other| *other == parts[0]));
}

#[test]
fn a_neuron_that_only_one_fold_knows_is_dead_without_it() {
    // Column 1 is alive in item 0 alone, and constant elsewhere but for that.
    let x = Array2::from_shape_fn((40, 3), |(i, j)| match j {
        0 => ((i * 7) % 13) as f64,
        1 => f64::from(u8::from(i == 0)) * 0.3,
        _ => 5.1 + f64::from(u8::from(i == 0)) * 0.3,
    });
    let sides = Sides { y: x.clone(), x };
    let mut gram = Gram::with_resampling(0, 4, 0).unwrap();
    update(&mut gram, &sides, &Groups::default()).unwrap();
    let with: Vec<bool> = (0..4)
        .map(|fold| {
            let times: Vec<u64> = (0..4).map(|other| u64::from(other != fold)).collect();
            let deads = [false, true].map(|center| {
                let gram = gram.of_folds(&times, center).unwrap();
                let spectrum = spectrum(&Problem::new(&gram, center).unwrap());
                spectrum.unwrap().x.iter().map(|c| c.is_infinite()).collect::<Vec<_>>()
            });
            assert!(!deads[0][0] && !deads[1][0]);
            assert!(!deads[0][2], "constant is not dead, unless centred");
            assert_eq!((deads[0][1], deads[1][1]), (deads[1][2], deads[1][2]));
            deads[0][1]
        })
        .collect();
    assert_eq!(with.iter().filter(|dead| **dead).count(), 1);
}

/// What is left of the sums of a constant is rounding, of either sign: some of so many are above zero.
#[test]
fn what_rounding_leaves_of_a_dead_neuron_is_not_alive() {
    let constants = |j: usize| 0.1 + j as f64 * 0.37;
    // Apart from the first group, columns are constant.
    let x = Array2::from_shape_fn((60, 50), |(i, j)| {
        constants(j) + if i == 0 { 0.01 * (j + 1) as f64 } else { 0.0 }
    });
    let y = Array2::from_shape_fn((60, 2), |(i, j)| ((i * 7 + j * 5) % 13) as f64);
    let sides = Sides { x, y };
    let mut gram = Gram::with_resampling(0, 4, 0).unwrap();
    update(&mut gram, &sides, &Groups::default()).unwrap();
    let left_out: Vec<usize> = (0..4)
        .map(|fold| {
            let times: Vec<u64> = (0..4).map(|other| u64::from(other != fold)).collect();
            let rest = gram.of_folds(&times, true).unwrap();
            Problem::new(&rest, true).unwrap().dead().x().len()
        })
        .collect();
    let mut sorted = left_out.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [0, 0, 0, 50], "{left_out:?}");
}

/// The last moment at which all can still be as it was.
#[test]
fn an_update_asks_before_it_changes_anything() {
    for (rows, before) in [(20, true), (1_000, true), (20, false)] {
        let sides = sides(rows, 4, 3);
        let mut gram = Gram::with_resampling(2, 2, 0).unwrap();
        if before {
            update(&mut gram, &sides, &Groups::default()).unwrap();
        }
        let state = |gram: &Gram| (gram.state().unwrap(), gram.resampled_state().unwrap());
        let was = state(&gram);
        let batch = [sides.x.view().into(), sides.y.view().into()];
        let progress = Progress::default();
        let refuse = || Err(Error::Interrupted);
        let refused = gram.update_if(&batch, &Groups::default(), &progress, refuse);
        assert_eq!(refused, Err(Error::Interrupted));
        assert_eq!(state(&gram), was);
        let mut asked = false;
        let agree = || {
            asked = true;
            Ok(())
        };
        gram.update_if(&batch, &Groups::default(), &progress, agree).unwrap();
        assert!(asked && state(&gram) != was);
    }
}

/// So layers that give an input other numbers of rows can be told to share the shifts.
#[test]
fn a_null_has_the_same_number_whatever_rows_its_groups_have() {
    let hashes = |rows: usize, groups: [&Groups; 2]| {
        let mut gram = Gram::with_resampling(7, 0, 3).unwrap();
        for groups in groups {
            update(&mut gram, &sides(rows, 3, 2), groups).unwrap();
        }
        gram.null_hashes().to_vec()
    };
    let twelve = Groups::Lengths(vec![1, 3, 2, 2, 4, 1, 1, 1, 5, 1, 1, 2]);
    let wanted = hashes(12, [&Groups::Equal(1); 2]);
    assert_eq!(hashes(24, [&Groups::Equal(2), &twelve]), wanted);
    assert_ne!(hashes(24, [&Groups::Equal(1); 2]), wanted);
}
