//! A check that lets a wrong answer pass is none: each is given some.
#![allow(clippy::unwrap_used)]

use spanmatch::{Gram, NeuronSet};

use crate::case::Case;
use crate::error::Error;
use crate::stage::{Answer, Stage};
use crate::standard::plan;

/// The planted problem, and the same arrays as a user's, with no truth to know.
fn cases() -> [Case; 2] {
    let duplicated = spanmatch::synthetic::Plan { duplicates: 3, ..plan(40, 1500) };
    let planted = Case::planted(duplicated).unwrap();
    let (x, y, eps) = (planted.x.clone(), planted.y.clone(), planted.eps);
    [planted, Case::of_arrays(x, y, Some(eps), 0).unwrap()]
}

fn refuse(stage: Stage, spoil: impl Fn(&mut Answer)) {
    for case in cases() {
        let mut answer = stage.run(&case).unwrap();
        stage.check(&case, &answer).unwrap();
        spoil(&mut answer);
        let result = stage.check(&case, &answer);
        let planted = if case.truth.is_some() { "planted" } else { "of arrays" };
        match result {
            Err(Error::Wrong { stage: named, .. }) => assert_eq!(named, stage),
            other => panic!("{stage}, {planted}: {other:?}"),
        }
    }
}

fn without_first(set: &NeuronSet) -> NeuronSet {
    NeuronSet::new(set.x()[1..].to_vec(), set.y().to_vec()).unwrap()
}

#[test]
fn one_wrong_product_of_a_gram_is_found() {
    refuse(Stage::Gram, |answer| {
        let Answer::Gram(gram) = answer else { unreachable!() };
        let mut parts = gram.state().unwrap();
        parts.products[[3, 3]] *= 1.0 - 1e-8;
        **gram = Gram::from_state(parts).unwrap();
    });
}

#[test]
fn a_missing_sample_of_a_gram_is_found() {
    refuse(Stage::Gram, |answer| {
        let Answer::Gram(gram) = answer else { unreachable!() };
        let mut parts = gram.state().unwrap();
        parts.n_samples -= 1;
        **gram = Gram::from_state(parts).unwrap();
    });
}

#[test]
fn a_critical_value_on_the_wrong_side_of_eps_is_found() {
    refuse(Stage::Spectrum, |answer| {
        let Answer::Spectrum(spectrum) = answer else { unreachable!() };
        let last = (0..40).max_by(|&i, &j| spectrum.x[i].total_cmp(&spectrum.x[j])).unwrap();
        spectrum.x[last] = 0.0;
    });
}

#[test]
fn a_maximum_match_that_lacks_a_neuron_is_found() {
    refuse(Stage::MaximumMatch, |answer| {
        let Answer::MaximumMatch(set) = answer else { unreachable!() };
        *set = without_first(set);
    });
}

#[test]
fn a_minimum_match_that_is_too_small_or_too_large_is_found() {
    refuse(Stage::MinimumMatch, |answer| {
        let Answer::MinimumMatch(Some(found)) = answer else { unreachable!() };
        found.neurons = without_first(&found.neurons);
    });
    refuse(Stage::MinimumMatch, |answer| *answer = Answer::MinimumMatch(None));
    for case in cases() {
        let mut answer = Stage::MinimumMatch.run(&case).unwrap();
        let Answer::MinimumMatch(Some(found)) = &mut answer else { unreachable!() };
        found.neurons = case.matched.clone();
        assert!(Stage::MinimumMatch.check(&case, &answer).is_err());
    }
}

#[test]
fn a_cover_that_lacks_a_match_or_is_not_of_simple_ones_is_found() {
    refuse(Stage::Cover, |answer| {
        let Answer::Cover(cover) = answer else { unreachable!() };
        cover.pop();
    });
    for case in cases() {
        let whole = Answer::Cover(vec![case.matched.clone()]);
        assert!(Stage::Cover.check(&case, &whole).is_err());
    }
}

#[test]
fn support_of_other_neurons_is_found() {
    let [planted, of_arrays] = cases();
    let other = Case::planted(plan(32, 1500)).unwrap();
    let answer = Stage::Support.run(&other).unwrap();
    for case in [planted, of_arrays] {
        assert!(Stage::Support.check(&case, &answer).is_err());
    }
}
