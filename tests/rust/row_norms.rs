//! Sums by the squared norms of rows, against two passes over all rows: of any batches, shift and merge, of nulls and
//! of folds; taken apart and put together.

use ndarray::{Array1, Array2, Axis, concatenate, s};
use proptest::prelude::*;
use spanmatch::{Error, Gram, Groups, NormState, StateFault};

use crate::common::Sides;
use crate::problems::planted;

/// Σ a², Σ a b and Σ b² of centred rows, by their definition.
fn two_passes(x: &Array2<f64>, y: &Array2<f64>) -> [f64; 3] {
    let norms = |side: &Array2<f64>| -> Array1<f64> {
        // Twice: the mean of large values is itself rounded.
        let centred = side - &side.mean_axis(Axis(0)).unwrap();
        let centred = &centred - &centred.mean_axis(Axis(0)).unwrap();
        centred.map_axis(Axis(1), |row| row.dot(&row))
    };
    let (a, b) = (norms(x), norms(y));
    [a.dot(&a), a.dot(&b), b.dot(&b)]
}

fn update(gram: &mut Gram, x: &Array2<f64>, y: &Array2<f64>) {
    gram.update_groups(x, y, &Groups::default()).unwrap();
}

/// Within what is said of the rounding, and that is little.
fn assert_norms(gram: &Gram, wanted: [f64; 3], part: f64) {
    let norms = gram.centered_norms().unwrap();
    for ((found, wanted), rounding) in norms.squares.iter().zip(wanted).zip(norms.rounding) {
        assert!(
            (found - wanted).abs() <= rounding,
            "{found}, not {wanted}: {rounding} is rounding"
        );
        assert!(rounding <= part * wanted, "{rounding} of {wanted}");
    }
}

/// Rows with a mean, whose norms differ.
fn sides(seed: u64, rows: usize, mean: f64) -> Sides {
    let Sides { x, y } = planted(seed, rows, 7, 5);
    let sizes = Array1::from_shape_fn(rows, |row| 1.0 + (row % 5) as f64).insert_axis(Axis(1));
    Sides { x: &x * &sizes + mean, y: &y * &sizes - 0.5 * mean }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_batches_in_any_order_give_what_two_passes_do(
        seed in 0_u64..1_000,
        mean in prop_oneof![Just(0.0), Just(3.0), Just(1e6)],
        cuts in prop::collection::vec(1_usize..700, 1..5),
    ) {
        let rows = cuts.iter().sum();
        let sides = sides(seed, rows, mean);
        let wanted = two_passes(&sides.x, &sides.y);
        let gram = sides.gram_of_batches(&cuts);
        // Where a first batch of a row or two gives the shift it may lie far out.
        let part = if cuts[0] < 20 { 1e-8 } else { 1e-11 };
        let norms = gram.centered_norms().unwrap();
        for (found, wanted) in norms.squares.iter().zip(wanted) {
            prop_assert!((found - wanted).abs() <= part * wanted);
        }
        // Batches elsewhere, the last first.
        let mut merged = Gram::default();
        let mut end = rows;
        for size in cuts.iter().rev() {
            let part = |side: &Array2<f64>| side.slice(s![end - size..end, ..]).to_owned();
            merged.merge(Sides { x: part(&sides.x), y: part(&sides.y) }.gram()).unwrap();
            end -= size;
        }
        for (found, wanted) in merged.centered_norms().unwrap().squares.iter().zip(wanted) {
            prop_assert!((found - wanted).abs() <= 1e-8 * wanted);
        }
    }
}

#[test]
fn rounding_is_bounded_and_little() {
    for mean in [0.0, 1e6] {
        let sides = sides(1, 1_700, mean);
        assert_norms(&sides.gram(), two_passes(&sides.x, &sides.y), 1e-12);
    }
    // The first rows are of no use as a shift.
    let far = sides(2, 2_000, 1e4);
    let x = concatenate![Axis(0), Array2::zeros((64, 7)), far.x];
    let y = concatenate![Axis(0), Array2::zeros((64, 5)), far.y];
    let wanted = two_passes(&x, &y);
    let gram = Sides { x, y }.gram_of_batches(&[64, 500, 1_500]);
    assert_norms(&gram, wanted, 1e-10);
}

#[test]
fn another_shift_changes_nothing_but_rounding() {
    let sides = sides(3, 900, 2.0);
    let wanted = two_passes(&sides.x, &sides.y);
    let mut gram = Gram::with_resampling(3, 4, 1).unwrap();
    update(&mut gram, &sides.x, &sides.y);
    let nulls: Vec<f64> = (0..3).map(|null| gram.centered_null_norms(null).unwrap().0).collect();
    let shift: Vec<f64> = (0..12).map(|j| 1.0 + f64::from(j)).collect();
    gram.set_shift(&shift).unwrap();
    assert_norms(&gram, wanted, 1e-10);
    for (null, wanted) in nulls.into_iter().enumerate() {
        let (found, rounding) = gram.centered_null_norms(null).unwrap();
        assert!((found - wanted).abs() <= 2.0 * rounding && rounding < 1e-10 * wanted);
    }
}

#[test]
fn nulls_have_norms_of_the_rows_that_meet() {
    // One block; several, which are read again for each null.
    for rows in [150, 1_300] {
        let sides = sides(4, rows, 1.0);
        let mut gram = Gram::with_resampling(3, 0, 2).unwrap();
        let (mut x, mut y) = (Vec::new(), vec![Vec::new(); 3]);
        for part in [&sides, &Sides { x: &sides.x * 2.0, y: &sides.y + 1.0 }] {
            let shifts = gram
                .resampling(rows, &Groups::default(), gram.n_batches(), gram.n_groups())
                .unwrap();
            for (null, &by) in shifts.shifts.iter().enumerate() {
                y[null].push(concatenate![
                    Axis(0),
                    part.y.slice(s![by.., ..]),
                    part.y.slice(s![..by, ..])
                ]);
            }
            x.push(part.x.clone());
            update(&mut gram, &part.x, &part.y);
        }
        let x = concatenate![Axis(0), x[0], x[1]];
        for (null, y) in y.iter().enumerate() {
            let wanted = two_passes(&x, &concatenate![Axis(0), y[0], y[1]]);
            let (square, rounding) = gram.centered_null_norms(null).unwrap();
            assert!((square - wanted[1]).abs() <= rounding && rounding < 1e-11 * wanted[1]);
            let whole = gram.null(null).unwrap().unwrap();
            assert_norms(&whole, wanted, 1e-11);
            let products = whole.centered().unwrap();
            assert_eq!(gram.centered_null(null).unwrap().unwrap(), products.slice(s![..7, 7..]));
        }
        assert!(gram.centered_null_norms(3).is_none() && gram.centered_null(3).unwrap().is_none());
    }
}

#[test]
fn folds_have_norms_of_their_rows_and_of_no_dead_neuron() {
    let mut sides = sides(5, 400, 3.0);
    // Constant on all but the rows of one fold, and far from the shift there.
    let mut gram = Gram::with_resampling(0, 4, 3).unwrap();
    let folds = gram.resampling(400, &Groups::default(), 0, 0).unwrap().folds;
    sides.x.column_mut(2).fill(50.0);
    for row in folds[1].iter().cloned().flatten() {
        sides.x[[row, 2]] = row as f64;
    }
    update(&mut gram, &sides.x, &sides.y);
    for times in [[1, 1, 1, 1], [1, 0, 1, 1], [0, 0, 2, 1]] {
        let rows: Vec<usize> = (0..4)
            .flat_map(|fold| {
                (0..times[fold])
                    .flat_map(|_| folds[fold].iter().cloned().flatten())
                    .collect::<Vec<_>>()
            })
            .collect();
        let rows = |side: &Array2<f64>| side.select(Axis(0), &rows);
        let wanted = two_passes(&rows(&sides.x), &rows(&sides.y));
        for center in [false, true] {
            let sum = gram.of_folds(&times, center).unwrap();
            let norms = sum.centered_norms().unwrap();
            for (found, wanted) in norms.squares.iter().zip(wanted) {
                assert!((found - wanted).abs() <= 1e-11 * wanted, "{times:?}: {found}, {wanted}");
            }
        }
    }
}

fn kept() -> Gram {
    let sides = sides(6, 200, 1.0);
    let mut gram = Gram::with_resampling(2, 3, 4).unwrap();
    update(&mut gram, &sides.x, &sides.y);
    gram
}

/// Without its norms.
fn bare(gram: &Gram) -> Gram {
    let mut again = Gram::from_state(gram.state().unwrap()).unwrap();
    again.set_resampled(gram.resampled_state().unwrap().unwrap()).unwrap();
    again
}

#[test]
fn what_is_taken_apart_is_put_together() {
    let gram = kept();
    let mut again = bare(&gram);
    assert!(again.centered_norms().is_none() && again.centered_null_norms(0).is_none());
    assert!(again.norm_state().unwrap().is_none());
    let state = gram.norm_state().unwrap().unwrap();
    again.set_norms(state.clone()).unwrap();
    assert_eq!(again.norm_state().unwrap().unwrap(), state);
    assert_eq!(again.centered_norms(), gram.centered_norms());
    assert_eq!(again.centered_null_norms(1), gram.centered_null_norms(1));
    let folds = [&gram, &again].map(|gram| gram.of_folds(&[1, 0, 1], true).unwrap());
    assert_eq!(folds[0].centered_norms(), folds[1].centered_norms());
    assert_eq!(gram.try_clone().unwrap().norm_state().unwrap().unwrap(), state);
    assert!(Gram::default().norm_state().unwrap().is_none());
}

#[test]
fn what_one_part_lacks_the_sum_lacks() {
    let sum = |mut a: Gram, b: Gram| {
        a.merge(b).unwrap();
        a
    };
    for gram in [sum(kept(), bare(&kept())), sum(bare(&kept()), kept())] {
        assert!(gram.centered_norms().is_none() && gram.centered_null_norms(0).is_none());
        assert!(gram.of_folds(&[1, 1, 1], true).unwrap().centered_norms().is_none());
    }
    let mut gram = bare(&kept());
    let more = sides(7, 100, 0.0);
    update(&mut gram, &more.x, &more.y);
    update(&mut gram, &sides(8, 1_000, 0.0).x, &sides(8, 1_000, 0.0).y);
    assert!(gram.centered_norms().is_none() && gram.norm_state().unwrap().is_none());
    // With what has seen nothing nothing is lost.
    assert!(sum(kept(), Gram::default()).centered_norms().is_some());
    assert!(sum(Gram::default(), kept()).centered_norms().is_some());
}

#[test]
fn norms_that_no_rows_have_are_refused() {
    type Spoil = fn(&mut NormState);
    let (shape, bounds) = (StateFault::NormShape, StateFault::NormBounds);
    let twice = StateFault::NormSymmetry;
    let spoilt: [(Spoil, StateFault); 11] = [
        (|norms| norms.own = Array2::zeros((13, 2)), shape),
        (|norms| norms.nulls = Array2::zeros((1, 13)), shape),
        (|norms| norms.folds = norms.folds.slice(s![..2, .., ..]).to_owned(), shape),
        (|norms| norms.own[[3, 1]] *= 1e3, bounds),
        (|norms| norms.own[[12, 0]] *= 1e-3, bounds),
        (|norms| norms.own[[12, 1]] *= -1e3, twice),
        (|norms| norms.own[[13, 0]] = f64::NAN, twice),
        (|norms| (norms.own[[12, 1]], norms.own[[13, 0]]) = (f64::NAN, f64::NAN), bounds),
        (|norms| norms.nulls[[1, 2]] *= 1e3, bounds),
        (|norms| norms.nulls[[0, 12]] = f64::NAN, bounds),
        (|norms| norms.folds[[2, 13, 1]] *= 1e-3, bounds),
    ];
    for (spoil, what) in spoilt {
        let (gram, mut again) = (kept(), bare(&kept()));
        let mut norms = gram.norm_state().unwrap().unwrap();
        spoil(&mut norms);
        assert_eq!(again.set_norms(norms).unwrap_err(), Error::State(what));
        assert!(again.centered_norms().is_none());
    }
}

#[test]
fn a_batch_that_is_refused_changes_no_norm() {
    let mut gram = kept();
    let before = gram.norm_state().unwrap();
    for rows in [10, 1_000] {
        let Sides { mut x, y } = sides(9, rows, 0.0);
        x[[rows - 1, 3]] = f64::NAN;
        gram.update(&x, &y).unwrap_err();
        assert_eq!(gram.norm_state().unwrap(), before);
    }
}

/// What leaves float64 is not finite, and all else is as ever.
#[test]
fn norms_may_leave_float64() {
    let Sides { x, y } = sides(10, 50, 0.0);
    let gram = Sides { x: x * 1e90, y }.gram();
    assert!(gram.centered().unwrap().iter().all(|product| product.is_finite()));
    assert!(!gram.centered_norms().unwrap().squares[0].is_finite());
    let mut again = Gram::from_state(gram.state().unwrap()).unwrap();
    again.set_norms(gram.norm_state().unwrap().unwrap()).unwrap();
}

#[test]
fn the_bits_do_not_depend_on_threads() {
    let sides = sides(11, 1_500, 0.0);
    let sums = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut gram = Gram::with_resampling(2, 2, 0).unwrap();
            update(&mut gram, &sides.x, &sides.y);
            (gram.norm_state().unwrap(), gram.centered_norms().unwrap())
        })
    };
    let one = sums(1);
    assert!((2..5).all(|threads| sums(threads) == one));
}

/// As their rounding may: single rows are as many additions.
#[test]
fn the_bound_grows_with_the_additions() {
    let sides = sides(12, 4_000, 0.0);
    let part = |sizes: &[usize]| {
        let norms = sides.gram_of_batches(sizes).centered_norms().unwrap();
        norms.rounding[0] / norms.squares[0]
    };
    let (one, many) = (part(&[4_000]), part(&vec![1; 4_000]));
    assert!(many > 3.0 * one && many < 100.0 * one, "{one}, {many}");
}
