//! What holds of every pair: the properties of the theory, and what an answer must not depend on.

use ndarray::{Array2, Axis, concatenate, s};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use spanmatch::{Gram, NeuronSet, is_match};

use crate::common::{Sides, set_at, spectrum_difference, spectrum_of_gram};
use crate::problems::{Generator, with_dependents};

/// By how much critical values may move when nothing that matters has changed.
const SAME: f64 = 1e-7;

/// The same cases in every run, and no file of failures: a failure prints its case.
pub fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(1810),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Up to nine neurons a side that share some directions, with duplicates, sums and dead ones among them,
/// undersampled at times.
pub fn sides() -> impl Strategy<Value = Sides> {
    let noise = prop_oneof![Just(0.0), 0.01..1.0];
    (1..10_usize, 1..10_usize, 3..40_usize, noise, any::<u64>()).prop_map(
        |(n_x, n_y, samples, noise, seed)| {
            let mut generator = Generator::new(seed);
            let shared = generator.normal(samples, 4);
            let mut side = |n: usize, noise: f64| {
                let mixed = shared.dot(&generator.normal(4, n));
                let side = mixed + noise * generator.normal(samples, n);
                with_dependents(side, 8, &mut generator)
            };
            Sides { x: side(n_x, 0.5 * noise), y: side(n_y, noise) }
        },
    )
}

fn permuted(values: &[f64], order: &[usize]) -> Vec<f64> {
    order.iter().map(|&i| values[i]).collect()
}

fn scaled(side: &Array2<f64>, generator: &mut Generator) -> Array2<f64> {
    let mut side = side.clone();
    for mut column in side.columns_mut() {
        let sign = if generator.below(2) == 0 { -1.0 } else { 1.0 };
        column *= sign * 10.0_f64.powf(generator.uniform(-8.0, 8.0));
    }
    side
}

fn union(a: &[usize], b: &[usize]) -> Vec<usize> {
    let mut both = [a, b].concat();
    both.sort_unstable();
    both.dedup();
    both
}

/// The maximum match among the chosen columns, as a set of the whole.
fn match_among(sides: &Sides, chosen: &NeuronSet, eps: f64) -> NeuronSet {
    let found = sides.columns(chosen).maximum_match(eps);
    let back = |index: &[usize], chosen: &[usize]| index.iter().map(|&i| chosen[i]).collect();
    NeuronSet::new(back(found.x(), chosen.x()), back(found.y(), chosen.y())).unwrap()
}

fn is_subset(a: &NeuronSet, b: &NeuronSet) -> bool {
    let within = |a: &[usize], b: &[usize]| a.iter().all(|i| b.binary_search(i).is_ok());
    within(a.x(), b.x()) && within(a.y(), b.y())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_maximum_match_grows_with_eps(sides in sides(), a in 0.0..1.0, b in 0.0..1.0) {
        let (low, high) = (f64::min(a, b), f64::max(a, b));
        prop_assert!(is_subset(&sides.maximum_match(low), &sides.maximum_match(high)));
    }

    #[test]
    fn a_maximum_match_is_a_match_and_the_spectrums(sides in sides(), eps in 0.0..1.0) {
        let (problem, spectrum) = (sides.problem(false), sides.spectrum());
        let found = sides.maximum_match(eps);
        prop_assert!(is_match(&problem, eps, &found).unwrap().answer);
        let limit = eps.max(problem.exact());
        // Away from critical values, where rounding may decide.
        let near = |c: &f64| (c - limit).abs() < 1e-6;
        prop_assume!(!spectrum.x.iter().chain(&spectrum.y).any(near));
        prop_assert_eq!(found, set_at(&spectrum.x, &spectrum.y, limit));
    }

    #[test]
    fn samples_may_be_rotated(sides in sides(), seed in any::<u64>()) {
        let q = Generator::new(seed).rotation(sides.x.nrows());
        let rotated = Sides { x: q.dot(&sides.x), y: q.dot(&sides.y) };
        prop_assert!(spectrum_difference(&sides.spectrum(), &rotated.spectrum()) <= SAME);
    }

    #[test]
    fn neurons_may_be_scaled(sides in sides(), seed in any::<u64>()) {
        let mut generator = Generator::new(seed);
        let (x, y) = (scaled(&sides.x, &mut generator), scaled(&sides.y, &mut generator));
        let found = Sides { x, y }.spectrum();
        prop_assert!(spectrum_difference(&sides.spectrum(), &found) <= SAME);
    }

    #[test]
    fn neurons_may_be_permuted(sides in sides(), seed in any::<u64>()) {
        let mut generator = Generator::new(seed);
        let order_x = generator.permutation(sides.x.ncols());
        let order_y = generator.permutation(sides.y.ncols());
        let x = sides.x.select(Axis(1), &order_x);
        let found = Sides { x, y: sides.y.select(Axis(1), &order_y) }.spectrum();
        let spectrum = sides.spectrum();
        let mut expected = spectrum.clone();
        expected.x = permuted(&spectrum.x, &order_x);
        expected.y = permuted(&spectrum.y, &order_y);
        prop_assert!(spectrum_difference(&found, &expected) <= SAME);
    }

    #[test]
    fn sides_may_be_swapped(sides in sides()) {
        let (spectrum, swapped) = (sides.spectrum(), sides.swapped().spectrum());
        let mut back = swapped.clone();
        (back.x, back.y) = (swapped.y, swapped.x);
        prop_assert!(spectrum_difference(&spectrum, &back) <= SAME);
    }

    #[test]
    fn samples_may_come_in_batches(sides in sides(), cut in any::<Index>()) {
        let rows = sides.x.nrows();
        // Both batches hold a row.
        let first = 1 + cut.index(rows - 1);
        let batches = sides.gram_of_batches(&[first, rows - first]);
        let whole = sides.spectrum();
        prop_assert!(spectrum_difference(&whole, &spectrum_of_gram(&batches)) <= SAME);

        let rows_of = |range: std::ops::Range<usize>| Sides {
            x: sides.x.slice(s![range.clone(), ..]).to_owned(),
            y: sides.y.slice(s![range, ..]).to_owned(),
        };
        let mut merged: Gram = rows_of(first..rows).gram();
        merged.merge(rows_of(0..first).gram()).unwrap();
        prop_assert!(spectrum_difference(&whole, &spectrum_of_gram(&merged)) <= SAME);
    }

    #[test]
    fn samples_may_be_repeated(sides in sides()) {
        let twice = |side: &Array2<f64>| concatenate(Axis(0), &[side.view(), side.view()]).unwrap();
        let repeated = Sides { x: twice(&sides.x), y: twice(&sides.y) };
        prop_assert!(spectrum_difference(&sides.spectrum(), &repeated.spectrum()) <= SAME);
    }

    #[test]
    fn a_well_conditioned_map_makes_an_exact_match(
        n in 1..9_usize,
        log_condition in 0.0..30.0_f64.log10(),
        seed in any::<u64>(),
    ) {
        let mut generator = Generator::new(seed);
        let x = generator.normal(20 * n, n);
        let (u, v) = (generator.rotation(n), generator.rotation(n));
        // Singular values from 1 to the condition number, at most 30.
        let step = |j: usize| j as f64 / (n - 1).max(1) as f64;
        let stretch = Array2::from_diag(&ndarray::Array1::from_shape_fn(n, |j| {
            10.0_f64.powf(log_condition * step(j))
        }));
        let y = x.dot(&u.dot(&stretch).dot(&v));
        let spectrum = Sides { x, y }.spectrum();
        prop_assert!(spectrum.x.iter().chain(&spectrum.y).all(|&c| c == 0.0), "{spectrum:?}");
    }

    #[test]
    fn the_union_of_two_matches_is_a_match(
        sides in sides(),
        eps in 0.0..1.0,
        seed in any::<u64>(),
    ) {
        let mut generator = Generator::new(seed);
        let mut found = || {
            let (x, y) = (generator.subset(sides.x.ncols(), 0.6), generator.subset(sides.y.ncols(), 0.6));
            match_among(&sides, &NeuronSet::new(x, y).unwrap(), eps)
        };
        let (a, b) = (found(), found());
        let union = NeuronSet::new(union(a.x(), b.x()), union(a.y(), b.y())).unwrap();
        let problem = sides.problem(false);
        for set in [&a, &b, &union] {
            prop_assert!(is_match(&problem, eps, set).unwrap().answer, "{set:?}");
        }
        prop_assert!(is_subset(&union, &sides.maximum_match(eps)));
    }
}
