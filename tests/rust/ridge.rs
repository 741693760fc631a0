//! Every answer with a ridge, against oracles that solve with it; and what is no ridge.

use ndarray::Array2;
use proptest::prelude::*;
use spanmatch::{
    Error, NeuronSet, Problem, chance, is_match, linear_map, maximum_match, residuals,
};

use crate::brute_force::BruteForce;
use crate::common::{Sides, TOLERANCE, bits, difference, set_at, spectrum_of};
use crate::oracle::Oracle;
use crate::problems::{self, Generator};
use crate::properties::config;
use crate::{definitions, one_to_one};

const RIDGES: [f64; 4] = [1e-6, 1e-3, 0.3, 10.0];
/// By how much a residual from a Gram matrix may differ from that of the samples.
const SAME: f64 = 1e-7;

fn solved(sides: &Sides, center: bool, ridge: f64) -> Problem {
    sides.problem(center).with_ridge(ridge).unwrap()
}

/// Every problem with every ridge, as it is or centred, in turn.
fn every(check: impl Fn(&str, &Problem, &Oracle)) {
    for (place, (name, sides)) in problems::every().into_iter().enumerate() {
        for (i, ridge) in RIDGES.into_iter().enumerate() {
            let center = (place + i) % 2 == 1;
            let oracle = Oracle::new(&sides, center).with_ridge(ridge);
            let label = format!("{name}, ridge {ridge}, centred {center}");
            check(&label, &solved(&sides, center, ridge), &oracle);
        }
    }
}

#[test]
fn the_spectrum_and_each_maximum_match_are_the_oracles() {
    every(|name, problem, oracle| {
        let (spectrum, critical) = (spectrum_of(problem), oracle.critical());
        let found = [&spectrum.x[..], &spectrum.y].concat();
        let expected: Vec<f64> = critical.all();
        let floor = |values: Vec<f64>| -> Vec<f64> {
            values.into_iter().map(|value| value.max(oracle.exact())).collect()
        };
        let apart = difference(&floor(found.clone()), &floor(expected.clone()));
        assert!(apart <= SAME.max(critical.doubt), "{name}: apart by {apart:e}");
        assert_eq!(spectrum.resolution.to_bits(), oracle.delta().to_bits(), "{name}");
        assert!(found.iter().all(|&c| c == 0.0 || c > oracle.exact()), "{name}");

        let mut values: Vec<f64> = found.into_iter().filter(|&c| c < 1.0).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        for &eps in values.iter().step_by(3) {
            let limit = eps.max(oracle.exact()) + TOLERANCE;
            let found = maximum_match(problem, eps).unwrap().answer;
            assert_eq!(found, set_at(&spectrum.x, &spectrum.y, limit), "{name}: eps {eps}");
        }
        for gap in values.windows(2).step_by(4) {
            let eps = f64::midpoint(gap[0], gap[1]);
            let far = gap[1] - gap[0] > 4.0 * (SAME.max(critical.doubt) + TOLERANCE);
            if far && (eps - oracle.exact()).abs() > SAME {
                let found = maximum_match(problem, eps).unwrap().answer;
                assert_eq!(found, oracle.maximum_match(eps), "{name}: eps {eps}");
            }
        }
    });
}

#[test]
fn residuals_and_matches_are_the_oracles_on_any_set() {
    every(|name, problem, oracle| {
        let mut generator = Generator::new(40);
        for probability in [0.0, 0.4, 1.0] {
            let mut some = |side| generator.subset(problem.count(side), probability);
            let (x, y) = (some(spanmatch::Side::X), some(spanmatch::Side::Y));
            let set = NeuronSet::new(x, y).unwrap();
            let found = residuals(problem, &set).unwrap().answer;
            let [x, y] = oracle.residuals(&set);
            let mut edge = 0.0_f64;
            for (found, expected, chosen) in [(&found.x, &x, set.x()), (&found.y, &y, set.y())] {
                for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
                    let alike = found.is_nan() && expected.value.is_nan();
                    let apart = (found.powi(2) - expected.value.powi(2)).abs();
                    assert!(alike || apart <= expected.doubt, "{name}: {found} {expected:?}");
                    if chosen.contains(&place) {
                        edge = if alike { 2.0 } else { edge.max(expected.value) };
                    }
                }
            }
            for eps in [edge - 1e-4, edge + 1e-4, 0.6] {
                if (0.0..1.0).contains(&eps) && (eps - edge).abs() > 1e-6 {
                    let found = is_match(problem, eps, &set).unwrap().answer;
                    assert_eq!(found, oracle.is_match(eps, &set), "{name}: eps {eps}");
                }
            }
        }
    });
}

#[test]
fn pairs_are_those_of_the_ridge() {
    for (name, sides) in problems::every() {
        for ridge in RIDGES {
            one_to_one::check_problem(name, &sides, &solved(&sides, false, ridge), ridge);
        }
    }
}

#[test]
fn a_linear_map_shrinks_by_the_ridge() {
    let x = Array2::from_shape_fn((6, 1), |(i, _)| if i == 2 { 3.0 } else { 0.0 });
    let sides = Sides { y: -2.0 * &x, x };
    let both = NeuronSet::new(vec![0], vec![0]).unwrap();
    for ridge in RIDGES {
        let problem = solved(&sides, false, ridge);
        let found = linear_map(&problem, &both).unwrap().answer;
        let shrunk = 1.0 / (1.0 + ridge);
        assert!((found.y.coefficients[(0, 0)] + 2.0 * shrunk).abs() < 1e-14);
        assert!((found.x.coefficients[(0, 0)] + 0.5 * shrunk).abs() < 1e-14);
        assert!((found.x.residuals[0].powi(2) - ridge * shrunk).abs() < 1e-14);
    }
}

#[test]
fn what_is_exact_is_of_the_resolution() {
    let x = problems::random(401, 60, 5, 1).x;
    let sides = Sides { y: x.clone(), x };
    let plain = sides.problem(false);
    for (ridge, is_exact) in [(1e-12, true), (1e-9, true), (1e-6, false), (0.3, false)] {
        let problem = sides.problem(false).with_ridge(ridge).unwrap();
        assert_eq!(problem.exact().to_bits(), plain.exact().to_bits());
        assert_eq!(problem.limit(0.5), plain.limit(0.5));
        assert_eq!(problem.ridge().to_bits(), f64::to_bits(ridge));
        assert_eq!(spectrum_of(&problem).x.iter().all(|&c| c == 0.0), is_exact, "{ridge}");
    }
    let (least, none) = (sides.problem(false).with_ridge(1e-12).unwrap(), spectrum_of(&plain));
    assert_eq!(bits(&spectrum_of(&least).x), bits(&none.x));
}

#[test]
fn what_is_no_ridge_is_refused() {
    let sides = problems::random(400, 10, 3, 3);
    for ridge in [0.0, -1.0, 9.9e-13, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = sides.problem(false).with_ridge(ridge).expect_err("no ridge");
        assert!(matches!(error, Error::Ridge { least, .. } if (least - 1e-12).abs() < 1e-27));
        assert!(error.to_string().contains("must be finite and at least 1e-12"), "{error}");
    }
    for ridge in [1e-12, f64::MIN_POSITIVE.recip(), f64::MAX] {
        assert!(sides.problem(false).with_ridge(ridge).is_ok());
    }
    // δ² of many neurons is larger.
    let wide = problems::random(402, 4, 1300, 1300).problem(false);
    let least = wide.resolution().powi(2);
    assert!(least > 1.1e-12);
    let error = wide.clone().with_ridge(1.1e-12).expect_err("below δ²");
    assert_eq!(error, Error::Ridge { ridge: 1.1e-12, least });
    assert_eq!(wide.with_ridge(least).unwrap().ridge().to_bits(), least.to_bits());
}

#[test]
fn chance_with_a_ridge_is_the_trace_of_what_is_projected() {
    // y: m orthogonal columns of mean 0, by which λ leaves 1 - m / (n (1 + λ)) on average.
    let (n, m) = (16.0, 3.0);
    let y = Array2::from_shape_fn((16, 3), |(i, j)| if i >> j & 1 == 0 { 1.0 } else { -1.0 });
    let gram = Sides { x: Array2::eye(16), y }.gram();
    for ridge in [0.0, 1e-3, 0.3, 10.0] {
        let (x, _) = chance(&gram, true, ridge).unwrap();
        let expected = (1.0 - m / (n * (1.0 + ridge))).sqrt();
        assert!(x.iter().all(|c| (c - expected).abs() < 1e-12), "{ridge}: {x:?}");
    }
    let found = residuals(
        &Problem::new(&gram, false).unwrap().with_ridge(0.3).unwrap(),
        &NeuronSet::new(vec![], vec![0, 1, 2]).unwrap(),
    );
    let squares: f64 = found.unwrap().answer.x.iter().map(|r| r.powi(2)).sum();
    assert!((squares / n - (1.0 - m / (n * 1.3))).abs() < 1e-12);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..config() })]

    #[test]
    fn searches_are_their_definitions_with_a_ridge(
        sides in definitions::sides(), center: bool, place in 0..4_usize
    ) {
        let ridge = RIDGES[place];
        let oracle = Oracle::new(&sides, center).with_ridge(ridge);
        let exact = BruteForce::of(&sides, &oracle);
        definitions::check_problem(&exact, &solved(&sides, center, ridge), 6, 1);
    }

    #[test]
    fn more_ridge_is_no_smaller_critical_value(
        sides in definitions::sides(), center: bool, power in -6.0..2.0_f64
    ) {
        let ridge = 10.0_f64.powf(power);
        let less = spectrum_of(&solved(&sides, center, ridge));
        let more = spectrum_of(&solved(&sides, center, 1.5 * ridge));
        for (less, more) in less.x.iter().chain(&less.y).zip(more.x.iter().chain(&more.y)) {
            prop_assert!(*more >= less - SAME);
        }
    }
}
