//! Values whose squares leave float64 are refused; all others are ordinary.

use ndarray::arr2;
use spanmatch::{Error, Gram, Neuron, Problem, Side};

use crate::common::{Sides, spectrum_difference, spectrum_of, spectrum_of_gram};
use crate::input::{assert_unchanged, good};
use crate::problems::{planted, random};

#[test]
fn squares_must_not_overflow() {
    for row in [0, 900] {
        let mut batch = random(66, 1_000, 5, 4);
        batch.x[[row, 1]] = 1e160;
        for mut gram in [good(), Gram::default()] {
            let before = gram.try_clone().unwrap();
            let error = gram.update(&batch.x, &batch.y).expect_err("too large");
            let Error::Overflow { neuron, largest } = error else { panic!("{error}") };
            assert_eq!(neuron, Neuron { side: Side::X, index: 1 });
            assert!((0.99e160..=3.01e160).contains(&largest), "{largest:e}");
            assert!(error.to_string().starts_with("neuron 1 of x reaches "), "{error}");
            assert!(error.to_string().contains("overflow"), "{error}");
            assert_unchanged(&before, &gram);
        }
    }
}

#[test]
fn differences_that_overflow_are_refused_not_taken_for_infinity() {
    let mut batch = random(67, 6, 5, 4);
    batch
        .y
        .column_mut(2)
        .assign(&ndarray::arr1(&[1.7e308, -1.7e308, 0.0, 1.7e308, 1.7e308, 1e308]));
    for mut gram in [good(), Gram::default()] {
        let before = gram.try_clone().unwrap();
        let error = gram.update(&batch.x, &batch.y).expect_err("too large");
        let is_overflow = matches!(&error, Error::Overflow { neuron, .. }
            if *neuron == Neuron { side: Side::Y, index: 2 });
        assert!(is_overflow, "{error}");
        assert_unchanged(&before, &gram);
    }
}

/// Sums on the way to the Gram may be sixteen times as large as a square, so that is how far squares must stay from
/// what float64 holds.
#[test]
fn the_largest_values_that_are_taken_leave_room_for_sums() {
    let limit = (f64::MAX / spanmatch::MARGIN / 2.0).sqrt();
    assert!((spanmatch::MARGIN - 16.0).abs() < f64::EPSILON);
    for (factor, is_taken) in [(0.999, true), (1.001, false), (1.5, false), (3.9, false)] {
        let value = factor * limit;
        let sides = Sides { x: arr2(&[[value], [-value]]), y: arr2(&[[1.0], [2.0]]) };
        let mut gram = Gram::default();
        let result = gram.update(&sides.x, &sides.y);
        assert_eq!(result.is_ok(), is_taken, "{factor}");
        assert_eq!(matches!(result, Err(Error::Overflow { .. })), !is_taken, "{factor}");
        if is_taken {
            let centered = gram.centered().unwrap();
            assert!(centered.iter().all(|value| value.is_finite()));
        }
    }
}

/// Each fits by itself, but not the sum of many.
#[test]
fn a_merge_that_would_overflow_is_refused() {
    let mut large = planted(68, 40, 5, 4);
    let limit = (f64::MAX / 16.0 / 40.0).sqrt();
    large.x[[0, 4]] = 0.4 * limit;
    large.x[[1, 4]] = -0.4 * limit;
    let mut gram = large.gram();
    for _ in 0..100 {
        let before = gram.try_clone().unwrap();
        if let Err(error) = gram.merge(large.gram()) {
            assert!(error.to_string().starts_with("neuron 4 of x reaches"), "{error}");
            assert_eq!(gram.n_samples(), before.n_samples());
            // What was accepted still has an answer, and the same one.
            let spectrum = spectrum_of_gram(&gram);
            assert_eq!(spectrum, spectrum_of_gram(&before));
            assert!(spectrum.x.iter().chain(&spectrum.y).all(|c| (0.0..=1.0).contains(c)));
            return;
        }
    }
    panic!("a hundred copies were accepted");
}

/// As far as squares reach, scale is nothing.
#[test]
fn very_large_and_very_small_neurons_are_ordinary() {
    let sides = planted(75, 40, 6, 5);
    let mut scaled = sides.clone();
    for side in [&mut scaled.x, &mut scaled.y] {
        for (j, mut column) in side.columns_mut().into_iter().enumerate() {
            column *= [1e150, 1.0, 1e-150][j % 3];
        }
    }
    for center in [false, true] {
        let (found, expected) =
            (spectrum_of(&scaled.problem(center)), spectrum_of(&sides.problem(center)));
        assert!(spectrum_difference(&found, &expected) < 1e-9);
    }
}

#[test]
fn squares_must_not_underflow() {
    let mut batch = planted(69, 40, 5, 4);
    batch.y.column_mut(1).mapv_inplace(|value| value * 1e-160);
    let gram = batch.gram();
    for center in [false, true] {
        let error = Problem::new(&gram, center).expect_err("too small");
        let is_y1 = matches!(&error, Error::Underflow { neuron, .. }
            if *neuron == Neuron { side: Side::Y, index: 1 });
        assert!(is_y1, "{error}");
        assert!(error.to_string().starts_with("neuron 1 of y stays below "), "{error}");
        assert!(error.to_string().contains("underflow"), "{error}");
    }
}
