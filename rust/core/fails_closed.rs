//! A matrix that cannot be a Gram matrix never yields a false match: a question gives an error, or reports the
//! resolution that it needed.
#![allow(clippy::unwrap_used)]

use crate::error::{Error, Result};
use crate::linalg::LowerTriangle;
use crate::problem::Problem;
use crate::{
    Neuron, NeuronSet, Side, is_match, is_simple, linear_map, maximum_match, minimum_for,
    one_to_one, residuals, spectrum,
};

/// Three neurons a side; every cosine that is not named is `other`.
fn problem(other: f64, named: &[(usize, usize, f64)]) -> Problem {
    let mut unit = LowerTriangle::from_columns(6, |_, column| column.fill(other)).unwrap();
    for &(i, j, cosine) in named {
        unit[(i.max(j), i.min(j))] = cosine;
    }
    Problem::of_unit_gram(unit, 3)
}

/// What every function that solves says, with the resolution it used.
fn answers(problem: &Problem, eps: f64) -> Vec<(&'static str, Result<f64>)> {
    let all = NeuronSet::new(vec![0, 1, 2], vec![0, 1, 2]).unwrap();
    let neuron = Neuron { side: Side::X, index: 0 };
    let at = || problem.at(eps);
    vec![
        ("spectrum", spectrum(problem).map(|found| found.resolution)),
        ("maximum match", maximum_match(problem, eps).map(|found| found.resolution)),
        ("at", at().map(|matched| matched.resolution())),
        ("is match", is_match(problem, eps, &all).map(|found| found.resolution)),
        ("residuals", residuals(problem, &all).map(|found| found.resolution)),
        (
            "minimum match",
            at().and_then(|matched| Ok(matched.minimum_match(neuron, 0)?.resolution)),
        ),
        ("cover", at().and_then(|matched| Ok(matched.simple_cover(0)?.resolution))),
        ("minimum matches", at().and_then(|matched| Ok(matched.minimum_matches(0)?.resolution))),
        ("minimum for", minimum_for(problem, eps, &all).map(|found| found.resolution)),
        ("is simple", is_simple(problem, eps, &all).map(|found| found.resolution)),
        ("support", at().and_then(|matched| Ok(matched.support()?.resolution))),
        ("linear map", linear_map(problem, &all).map(|found| found.resolution)),
    ]
}

#[test]
fn what_no_pair_has_in_common_is_refused_pair_by_pair() {
    for cosine in [1.1, 1e3, -1e3, 1e308, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let answer = one_to_one(&problem(0.1, &[(1, 5, cosine)]));
        let Err(Error::NoResidual { neuron, .. }) = answer else { panic!("{cosine}: {answer:?}") };
        assert_eq!(neuron, Neuron { side: Side::X, index: 1 });
    }
    // By as little as δ may be raised for.
    let raised = one_to_one(&problem(0.1, &[(1, 5, 1.0 + 1e-6)])).unwrap();
    assert!(raised.resolution > 1e-6);
    assert_eq!((raised.x[1], raised.y[2]), (0.0, 0.0));
}

#[test]
fn what_is_no_gram_matrix_is_refused_by_every_function() {
    // Between the sides, then within one.
    for (i, j) in [(0, 3), (2, 4), (1, 5), (0, 2), (3, 4)] {
        for cosine in [1e3, -1e3, 1e308, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            for eps in [0.0, 0.5] {
                for (name, answer) in answers(&problem(0.1, &[(i, j, cosine)]), eps) {
                    let is_refused =
                        matches!(answer, Err(Error::NoResidual { .. } | Error::Indefinite(_)));
                    assert!(is_refused, "{name} with {cosine} at {i}, {j}: {answer:?}");
                }
            }
        }
    }
}

#[test]
fn the_neuron_of_which_too_much_is_explained_is_named() {
    let refused = spectrum(&problem(0.1, &[(1, 4, 1e3)]));
    let Err(Error::NoResidual { neuron, explained }) = refused else { panic!("{refused:?}") };
    assert!(neuron == Neuron { side: Side::X, index: 1 } && explained > 1e5, "{neuron}");
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("neuron 1 of x") && text.contains("from the samples"), "{text}");
}

#[test]
fn every_function_tells_how_far_it_raised_the_resolution() {
    let sound = problem(0.1, &[]);
    for (name, resolution) in answers(&sound, 0.995) {
        assert_eq!(resolution, Ok(sound.resolution()), "{name}");
    }
    // Three neurons of x in one direction but for rounding that is far too large: an eigenvalue of -1e-9 or so.
    let damaged = problem(0.1, &[(0, 1, 1.0 + 1e-9), (0, 2, 1.0), (1, 2, 1.0 - 1e-9)]);
    for (name, resolution) in answers(&damaged, 0.995) {
        let resolution = resolution.unwrap();
        assert!(resolution > damaged.resolution() && resolution < 1e-3, "{name}: {resolution}");
    }
}
