//! The structure inside a match against its definitions.

use ndarray::Array2;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use spanmatch::{Error, NeuronSet, Problem, is_match, is_simple, maximum_match, minimum_for};

use crate::brute_force::{BruteForce, Matches, Set, inside, union};
use crate::common::Sides;
use crate::problems::{Generator, planted, random, with_dependents};

fn check_searches(problem: &Problem, eps: f64, matches: &Matches<'_>, seeds: u64) {
    let of = matches.of;
    let top = matches.largest(Set::MAX);
    assert_eq!(of.set(&maximum_match(problem, eps).unwrap().answer), top);
    for bit in 0..of.n {
        for seed in 0..seeds {
            let found =
                problem.at(eps).unwrap().minimum_match(of.neuron(bit), seed).unwrap().answer;
            let found = found.map(|found| of.set(&found.neurons));
            assert_eq!(found.is_some(), top >> bit & 1 == 1, "neuron {bit} at {eps}");
            if let Some(found) = found {
                assert!(matches.is_minimum(found, bit), "{found:b} for {bit} at {eps}");
                assert!(inside(matches.core(bit), found), "{found:b} for {bit} at {eps}");
            }
        }
    }
    let as_sets = |found: Vec<NeuronSet>| found.iter().map(|set| of.set(set)).collect::<Vec<_>>();
    for seed in 0..seeds {
        let cover = as_sets(problem.at(eps).unwrap().simple_cover(seed).unwrap().answer);
        assert_eq!(union(cover.iter().copied()), top, "at {eps}");
        for (place, &part) in cover.iter().enumerate() {
            let others = cover.iter().enumerate().filter(|&(other, _)| other != place);
            assert!(!inside(part, union(others.map(|(_, &set)| set))), "{part:b} at {eps}");
            assert!(matches.is_simple(part), "{part:b} at {eps}");
        }
        let each = as_sets(problem.at(eps).unwrap().minimum_matches(seed).unwrap().answer);
        assert_eq!(each.len(), top.count_ones() as usize);
        for (bit, found) in of.bits(top).zip(each) {
            assert!(matches.is_minimum(found, bit), "{found:b} for {bit} at {eps}");
        }
    }
}

fn check_support(problem: &Problem, eps: f64, matches: &Matches<'_>) {
    let of = matches.of;
    let top = matches.largest(Set::MAX);
    let bits: Vec<usize> = of.bits(top).collect();
    let support = problem.at(eps).unwrap().support().unwrap().answer;
    assert_eq!(support.neurons(), of.neurons(top));
    assert_eq!(of.set(&support.neuron_set()), top);
    let by_definition: Vec<bool> = bits
        .iter()
        .flat_map(|u| {
            let left = matches.largest(top & !(1 << u));
            bits.iter().map(move |v| left >> v & 1 == 0)
        })
        .collect();
    assert_eq!(support.matrix(), by_definition, "at {eps}");
    for bit in 0..of.n {
        let core = if top >> bit & 1 == 1 { matches.core(bit) } else { 0 };
        assert_eq!(support.core(of.neuron(bit)), of.neurons(core), "core of {bit} at {eps}");
    }
}

fn check_sets(problem: &Problem, eps: f64, matches: &Matches<'_>, step: usize) {
    let of = matches.of;
    for set in of.sets().step_by(step) {
        let neurons = of.neuron_set(set);
        let is_one = matches.minimum_for(set).is_some();
        let found = is_match(problem, eps, &neurons).map(|solved| solved.answer);
        assert_eq!(found, Ok(is_one), "{set:b} at {eps}");
        let simple = is_simple(problem, eps, &neurons).map(|solved| solved.answer);
        assert_eq!(simple, Ok(matches.is_simple(set)), "{set:b} at {eps}");
        let only = matches.minimum_for(set).map(|only| of.neurons(only));
        let found = minimum_for(problem, eps, &neurons).map(|solved| solved.answer);
        assert_eq!(found, only.ok_or(Error::NoMatch { eps }), "{set:b} at {eps}");
    }
}

/// All of it, at some ε; every `step`th set.
fn check(sides: &Sides, center: bool, levels: usize, step: usize) {
    check_problem(&BruteForce::new(sides, center), &sides.problem(center), levels, step);
}

pub fn check_problem(exact: &BruteForce, problem: &Problem, levels: usize, step: usize) {
    for eps in exact.levels(levels) {
        let matches = exact.at(eps);
        check_searches(problem, eps, &matches, 3);
        check_support(problem, eps, &matches);
        check_sets(problem, eps, &matches, step);
    }
}

/// Both sides are noisy mixes of a few directions, with more neurons than directions: what one neuron
/// loses another can give, so minimum matches are many.
fn overlapping(seed: u64, n_x: usize, n_y: usize, directions: usize, noise: f64) -> Sides {
    let mut generator = Generator::new(seed);
    let shared = generator.normal(30, directions);
    let mut side =
        |n| shared.dot(&generator.normal(directions, n)) + noise * generator.normal(30, n);
    Sides { x: side(n_x), y: side(n_y) }
}

/// Up to four neurons a side: mixes, duplicates, sums, dead ones, undersampled at times.
pub fn sides() -> impl Strategy<Value = Sides> {
    let noise = prop_oneof![Just(0.0), 0.05..1.0];
    (1..5_usize, 1..5_usize, 3..30_usize, 1..4_usize, noise, any::<u64>()).prop_map(
        |(n_x, n_y, samples, directions, noise, seed)| {
            let mut generator = Generator::new(seed);
            let shared = generator.normal(samples, directions);
            let mut side = |n: usize| {
                let mixed = shared.dot(&generator.normal(directions, n));
                let side = mixed + noise * generator.normal(samples, n);
                with_dependents(side, 6, &mut generator)
            };
            Sides { x: side(n_x), y: side(n_y) }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        rng_seed: RngSeed::Fixed(1810),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn answers_about_any_few_neurons_are_their_definitions(sides in sides(), center: bool) {
        check(&sides, center, 6, 1);
    }
}

#[test]
fn answers_about_six_and_six_neurons_are_their_definitions() {
    for seed in 0..6 {
        // A step that shares no factor with the number of sets meets every kind of them.
        check(&planted(seed, 40, 6, 6), false, 5, 7);
        check(&random(100 + seed, 12, 6, 5), true, 5, 7);
        check(&overlapping(200 + seed, 6, 6, 3, 0.2), false, 5, 7);
        check(&overlapping(300 + seed, 5, 6, 2, 0.4), false, 5, 7);
    }
}

#[test]
fn the_problems_here_have_many_minimum_matches() {
    // Else the tests above could not tell a search from one that returns M(ε) or the core.
    let (mut several, mut above_core) = (0, 0);
    for seed in 0..6 {
        let exact = BruteForce::new(&overlapping(200 + seed, 6, 6, 3, 0.2), false);
        for eps in exact.levels(5) {
            let matches = exact.at(eps);
            for bit in exact.bits(matches.largest(Set::MAX)) {
                let minimum = matches.all.iter().filter(|&&set| matches.is_minimum(set, bit));
                several += usize::from(minimum.count() > 1);
                above_core += usize::from(!matches.is_minimum(matches.core(bit), bit));
            }
        }
    }
    assert!(several > 50 && above_core > 50, "{several} {above_core}");
}

#[test]
fn of_two_twins_one_is_enough() {
    // x = y1 = y2, also at ε = 0: duplicates must not be merged.
    let x = Generator::new(9).normal(20, 1);
    let y = Array2::from_shape_fn((20, 2), |(row, _)| x[(row, 0)]);
    let sides = Sides { x, y };
    check(&sides, false, 9, 1);
    let problem = sides.problem(false);
    for eps in [0.0, 0.5] {
        let found = problem.at(eps).unwrap().minimum_matches(0).unwrap().answer;
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|set| (set.x().len(), set.y().len()) == (1, 1)), "{found:?}");
    }
}
