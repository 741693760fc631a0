//! Planted answers against the definitions, and against the solvers at sizes beyond them.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use spanmatch::synthetic::{Plan, Planted, Truth};
use spanmatch::{Error, Neuron, NeuronSet, Side, spectrum};

use crate::brute_force::{BruteForce, Set};
use crate::common::Sides;

fn sides(plan: Plan) -> (Sides, Truth) {
    let Planted { x, y, truth } = Planted::new(plan).unwrap();
    (Sides { x, y }, truth)
}

fn few() -> Plan {
    Plan { n_x: 6, n_y: 6, samples: 400, shared: 4, block: 2, noise: 0.1, duplicates: 1, seed: 0 }
}

#[test]
fn planted_answers_are_the_definitions() {
    for seed in 0..10 {
        for plan in [
            Plan { seed, ..few() },
            Plan { seed, block: 3, shared: 3, duplicates: 2, ..few() },
            Plan { seed, block: 5, shared: 5, duplicates: 1, noise: 0.0, ..few() },
            Plan { seed, block: 1, shared: 3, duplicates: 0, n_y: 4, noise: 0.2, ..few() },
        ] {
            let (sides, truth) = sides(plan);
            let exact = BruteForce::new(&sides, false);
            let matches = exact.at(plan.eps().unwrap());
            assert_eq!(exact.set(&truth.maximum_match()), matches.largest(Set::MAX), "{plan:?}");
            for set in exact.sets() {
                let planted = truth.is_simple(&exact.neuron_set(set));
                assert_eq!(planted, matches.is_simple(set), "{plan:?}: {set:b}");
                // And minimum for all it holds.
                assert!(!planted || matches.minimum_for(set) == Some(set), "{plan:?}: {set:b}");
            }
            let top = matches.largest(Set::MAX);
            for bit in 0..exact.n {
                let core = if top >> bit & 1 == 1 { matches.core(bit) } else { 0 };
                assert_eq!(truth.core(exact.neuron(bit)), exact.neurons(core), "{plan:?}: {bit}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100,
        rng_seed: RngSeed::Fixed(1810),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever a plan is accepted for, the solvers find.
    #[test]
    fn where_the_answers_are_said_to_be_known_they_are_found(
        n_x in 1..60_usize,
        n_y in 1..60_usize,
        samples in 50..3000_usize,
        percent in (0..=100_usize, 0..=50_usize),
        block in 1..20_usize,
        noise in prop_oneof![Just(0.0), 0.001..0.5],
        seed: u64,
    ) {
        let narrow = n_x.min(n_y);
        let shared = narrow * percent.0 / 100;
        let duplicates = ((narrow - shared) * percent.1 / 100).min(shared);
        let plan = Plan { n_x, n_y, samples, shared, block, noise, duplicates, seed };
        prop_assume!(plan.eps().is_ok());
        let eps = plan.eps().unwrap();
        let (sides, truth) = sides(plan);
        let problem = sides.problem(false);
        let planted = truth.maximum_match();
        prop_assert_eq!(&sides.maximum_match(eps), &planted);
        let critical = spectrum(&problem).unwrap();
        for block in truth.blocks() {
            let mut values = block.iter().flatten().map(|neuron| {
                let side = if neuron.side == Side::X { &critical.x } else { &critical.y };
                side[neuron.index].to_bits()
            });
            let first = values.next();
            prop_assert!(values.all(|value| Some(value) == first));
        }
        let cover = problem.at(eps).unwrap().simple_cover(seed).unwrap().answer;
        prop_assert!(cover.iter().all(|set| truth.is_simple(set)));
        let each = problem.at(eps).unwrap().minimum_matches(seed).unwrap().answer;
        prop_assert!(each.iter().all(|set| truth.is_simple(set)));
        let support = problem.at(eps).unwrap().support().unwrap().answer;
        prop_assert_eq!(support.neuron_set(), planted);
        for &neuron in support.neurons() {
            prop_assert_eq!(support.core(neuron), truth.core(neuron));
        }
    }
}

#[test]
fn the_same_plan_gives_the_same_bits_and_another_seed_others() {
    let (one, truth) = sides(few());
    let (same, same_truth) = sides(few());
    assert_eq!((&one.x, &one.y, &truth), (&same.x, &same.y, &same_truth));
    let (other, _) = sides(Plan { seed: 1, ..few() });
    assert_ne!(one.x, other.x);
}

#[test]
fn copies_have_another_length_and_the_same_direction() {
    let (sides, truth) = sides(few());
    let copied: Vec<&Vec<Neuron>> =
        truth.blocks().iter().flatten().filter(|copies| copies.len() > 1).collect();
    assert_eq!(copied.len(), 2);
    for copies in copied {
        let column = |neuron: Neuron| {
            let side = if neuron.side == Side::X { &sides.x } else { &sides.y };
            side.column(neuron.index)
        };
        assert_eq!(&column(copies[0]) * -2.0, column(copies[1]));
    }
}

#[test]
fn what_was_not_planted_is_not_found() {
    let (_, truth) = sides(few());
    let all = truth.maximum_match();
    assert!(!truth.is_simple(&all) && !truth.is_simple(&NeuronSet::default()));
    let unrelated = (0..6).find(|index| all.x().binary_search(index).is_err()).unwrap();
    assert!(truth.core(Neuron { side: Side::X, index: unrelated }).is_empty());
}

#[test]
fn plans_that_do_not_work_out_are_refused() {
    for (plan, what) in [
        (Plan { samples: 0, ..few() }, "no samples"),
        (Plan { block: 0, ..few() }, "0 dimensions"),
        (Plan { shared: 2, duplicates: 3, ..few() }, "3 duplicates of 2"),
        (Plan { shared: 6, ..few() }, "need 7 neurons a side, but a side has 6"),
        (Plan { noise: -1.0, ..few() }, "noise is -1"),
        (Plan { noise: f64::NAN, ..few() }, "noise is NaN"),
    ] {
        let Err(Error::Plan(fault)) = Planted::new(plan) else { panic!("{plan:?} is planted") };
        let said = fault.to_string();
        assert!(said.contains(what), "{said}");
        assert_eq!(plan.eps().unwrap_err().to_string(), Error::Plan(fault).to_string());
    }
    for (plan, what) in [
        (Plan { noise: 1.0, ..few() }, "take less noise"),
        (
            Plan { n_x: 60, n_y: 60, shared: 30, block: 30, ..few() },
            "take smaller blocks (at most ",
        ),
        (Plan { samples: 20, noise: 0.0, ..few() }, "take more samples"),
    ] {
        // It can be planted, but what is to be found is not known.
        assert!(Planted::new(plan).is_ok());
        let Err(Error::Plan(fault)) = plan.eps() else { panic!("{plan:?} has known answers") };
        let said = fault.to_string();
        assert!(said.contains(what), "{said}");
    }
}
