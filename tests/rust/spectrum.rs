//! Spectrum, maximum match, residuals and the test of matches, against the oracle.

use spanmatch::{NeuronSet, Problem, is_match, maximum_match, residuals};

use crate::common::{Sides, TOLERANCE, difference, set_at, spectrum_of};
use crate::oracle::{Critical, Oracle};
use crate::problems::{self, Generator};

/// Values of ε this close to a critical one are not compared; more where a Gram matrix cannot tell.
const MARGIN: f64 = 1e-6;

fn margin(critical: &Critical) -> f64 {
    critical.doubt.max(MARGIN)
}

/// Every problem, as it is and centred, with its oracle.
fn every(check: impl Fn(&str, &Problem, &Oracle)) {
    for (name, sides) in problems::every() {
        for center in [false, true] {
            let label = format!("{name}{}", if center { ", centred" } else { "" });
            check(&label, &sides.problem(center), &Oracle::new(&sides, center));
        }
    }
}

/// A grid, and the middle between neighbours among the critical values; none within the margin of one.
fn eps_apart_from(critical: &Critical, exact: f64) -> Vec<f64> {
    let mut values = critical.all();
    values.retain(|c| c.is_finite());
    values.extend([0.0, 1.0]);
    values.sort_by(f64::total_cmp);
    let middles = values.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
    let grid = (0..20).map(|step| f64::from(step) / 20.0);
    // What is compared with a residual is at least EXACT.
    let apart = |eps: &f64| values.iter().all(|c| (eps.max(exact) - c).abs() > margin(critical));
    middles.chain(grid).filter(|eps| *eps < 1.0).filter(apart).collect()
}

#[test]
fn the_spectrum_is_the_oracles_at_every_eps_apart_from_a_critical_one() {
    every(|name, problem, oracle| {
        let (spectrum, critical) = (spectrum_of(problem), oracle.critical());
        let eps_values = eps_apart_from(&critical, oracle.exact());
        assert!(eps_values.len() >= 10, "{name}: only {} values to compare", eps_values.len());
        for eps in eps_values {
            let limit = eps.max(oracle.exact()) + TOLERANCE;
            let found = set_at(&spectrum.x, &spectrum.y, limit);
            assert_eq!(found, set_at(&critical.x, &critical.y, limit), "{name}: eps {eps}");
        }
        let floor = |values: Vec<f64>| -> Vec<f64> {
            values.into_iter().map(|value| value.max(oracle.exact())).collect()
        };
        let found = [&spectrum.x[..], &spectrum.y].concat();
        let apart = difference(&floor(found), &floor(critical.all()));
        let margin = margin(&critical);
        assert!(apart <= margin, "{name}: critical values differ by {apart:e} (margin {margin:e})");
        assert_eq!(spectrum.resolution.to_bits(), oracle.delta().to_bits(), "{name}");
    });
}

#[test]
fn a_gram_matrix_is_in_doubt_only_where_columns_are_nearly_dependent() {
    every(|name, _, oracle| {
        let doubt = oracle.critical().doubt;
        let near = ["nearly dependent", "entangled", "hidden"];
        let is_near = near.iter().any(|kind| name.starts_with(kind));
        assert!(is_near || doubt < MARGIN / 1000.0, "{name}: {doubt:e}");
        assert!(doubt < 1e-3, "{name}: too little is left to compare: {doubt:e}");
    });
}

#[test]
fn exact_critical_values_are_zero_and_none_lies_between_zero_and_exact() {
    every(|name, problem, oracle| {
        let spectrum = spectrum_of(problem);
        for c in spectrum.x.iter().chain(&spectrum.y) {
            assert!(*c == 0.0 || *c > oracle.exact(), "{name}: {c}");
            assert!(*c <= 1.0 || c.is_infinite(), "{name}: {c}");
        }
    });
}

#[test]
fn maximum_match_is_the_oracles() {
    every(|name, problem, oracle| {
        let eps_values = eps_apart_from(&oracle.critical(), oracle.exact());
        for &eps in eps_values.iter().step_by(7) {
            let found = maximum_match(problem, eps).unwrap().answer;
            assert_eq!(found, oracle.maximum_match(eps), "{name}: eps {eps}");
        }
    });
}

fn assert_maximum_match_is_the_spectrums(name: &str, problem: &Problem) {
    let spectrum = spectrum_of(problem);
    let mut values = [&spectrum.x[..], &spectrum.y].concat();
    values.retain(|&c| c < 1.0);
    values.sort_by(f64::total_cmp);
    values.dedup();
    for c in values {
        let found = maximum_match(problem, c).unwrap().answer;
        let expected = set_at(&spectrum.x, &spectrum.y, c.max(problem.exact()) + TOLERANCE);
        assert_eq!(found, expected, "{name}: critical value {c}");
    }
}

#[test]
fn maximum_match_at_every_critical_value_is_the_spectrums() {
    every(|name, problem, _| {
        if !name.starts_with("entangled") {
            assert_maximum_match_is_the_spectrums(name, problem);
        }
    });
}

#[test]
fn maximum_match_is_the_spectrums_even_where_rounding_decides() {
    for seed in 0..5 {
        let problem = problems::entangled(40 + seed, 1e-5).problem(false);
        assert_maximum_match_is_the_spectrums("entangled", &problem);
    }
}

#[test]
fn residuals_are_the_oracles_on_any_set() {
    let mut generator = Generator::new(20);
    for (name, sides) in problems::every() {
        for center in [false, true] {
            let (problem, oracle) = (sides.problem(center), Oracle::new(&sides, center));
            for probability in [0.0, 0.3, 0.7, 1.0] {
                let mut some = |n| generator.subset(n, probability);
                let set = NeuronSet::new(some(sides.x.ncols()), some(sides.y.ncols())).unwrap();
                let found = residuals(&problem, &set).unwrap().answer;
                let [x, y] = oracle.residuals(&set);
                for (found, expected) in [(&found.x, &x), (&found.y, &y)] {
                    for (found, expected) in found.iter().zip(expected) {
                        // Squares: near 0 a residual itself has half of the digits.
                        let apart = (found.powi(2) - expected.value.powi(2)).abs();
                        let alike = found.is_nan() && expected.value.is_nan();
                        assert!(
                            alike || apart <= expected.doubt,
                            "{name}, centred {center}, on {set:?}: {found} and {expected:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn matches_are_told_from_other_sets_as_by_the_oracle() {
    let mut generator = Generator::new(21);
    let (mut yes, mut no) = (0, 0);
    for (name, sides) in problems::every() {
        let (problem, oracle) = (sides.problem(false), Oracle::new(&sides, false));
        for eps in eps_apart_from(&oracle.critical(), oracle.exact()).into_iter().step_by(9) {
            let whole = oracle.maximum_match(eps);
            let mut part = |index: &[usize]| -> Vec<usize> {
                let kept = generator.subset(index.len(), 0.8);
                kept.into_iter().map(|i| index[i]).collect()
            };
            let part = NeuronSet::new(part(whole.x()), part(whole.y())).unwrap();
            for set in [whole, part, NeuronSet::default()] {
                let expected = oracle.is_match(eps, &set);
                let found = is_match(&problem, eps, &set).unwrap().answer;
                assert_eq!(found, expected, "{name}: eps {eps}, {set:?}");
                *(if expected { &mut yes } else { &mut no }) += 1;
            }
        }
    }
    assert!(yes > 20 && no > 20, "both answers are met: {yes} times yes, {no} times no");
}

#[test]
fn small_maximum_matches_are_the_union_of_all_matches() {
    for seed in 0..3 {
        let few = problems::planted(30 + seed, 12, 4, 4);
        let twins = Sides { y: few.x.clone() + 0.3 * &few.y, x: few.y.clone() };
        for sides in [few, twins] {
            let oracle = Oracle::new(&sides, false);
            for eps in eps_apart_from(&oracle.critical(), oracle.exact()).into_iter().step_by(3) {
                let union = oracle.union_of_all_matches(eps);
                assert_eq!(union, oracle.maximum_match(eps), "oracle, seed {seed}, eps {eps}");
                assert_eq!(union, sides.maximum_match(eps), "seed {seed}, eps {eps}");
            }
        }
    }
}
