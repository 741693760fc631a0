//! What minimum matches, covers and support are, at sizes beyond brute force.

use spanmatch::{
    Error, Neuron, NeuronSet, Problem, Side, is_match, is_simple, linear_map, maximum_match,
    minimum_for, residuals, spectrum,
};

use crate::problems::{duplicated, much_mixed, planted, random, rank_half};

fn neurons(set: &NeuronSet) -> Vec<Neuron> {
    let x = set.x().iter().map(|&index| Neuron { side: Side::X, index });
    x.chain(set.y().iter().map(|&index| Neuron { side: Side::Y, index })).collect()
}

fn problems() -> Vec<(&'static str, Problem)> {
    let mut problems = Vec::new();
    for seed in 0..4 {
        problems.push(("planted", planted(seed, 120, 30, 24).problem(false)));
        problems.push(("random", random(seed, 60, 24, 20).problem(false)));
        problems.push(("duplicated", duplicated(seed, 15).problem(false)));
        problems.push(("rank half", rank_half(seed).problem(true)));
    }
    problems
}

/// ε at which some, half and most neurons match.
fn levels(problem: &Problem) -> Vec<f64> {
    let spectrum = spectrum(problem).unwrap();
    let mut critical = [spectrum.x, spectrum.y].concat();
    critical.sort_unstable_by(f64::total_cmp);
    let quarters = [1, 2, 3].map(|quarter| critical[critical.len() * quarter / 4]);
    quarters.into_iter().filter(|&eps| eps < 1.0).collect()
}

#[test]
fn covers_and_minimum_matches_are_what_they_say() {
    for (name, problem) in problems() {
        for eps in levels(&problem) {
            let matched = neurons(&maximum_match(&problem, eps).unwrap().answer);
            let cover = problem.at(eps).unwrap().simple_cover(1).unwrap().answer;
            let mut covered: Vec<Neuron> = cover.iter().flat_map(neurons).collect();
            covered.sort_unstable();
            covered.dedup();
            assert_eq!(covered, matched, "{name} at {eps}");
            for part in &cover {
                assert!(is_match(&problem, eps, part).unwrap().answer, "{name} at {eps}");
                assert!(is_simple(&problem, eps, part).unwrap().answer, "{name} at {eps}");
            }
            let support = problem.at(eps).unwrap().support().unwrap().answer;
            assert_eq!(support.neurons(), matched);
            let each = problem.at(eps).unwrap().minimum_matches(1).unwrap().answer;
            assert_eq!(each.len(), matched.len());
            for (&neuron, found) in matched.iter().zip(&each) {
                let minimum = minimum_for(&problem, eps, found).unwrap().answer;
                assert!(minimum.contains(&neuron), "{name} at {eps}: {neuron}");
                let members = neurons(found);
                assert!(support.core(neuron).iter().all(|u| members.contains(u)));
            }
        }
    }
}

/// What a search deletes is not in doubt, what it keeps is needed: also where that was foreseen, of closures too long
/// to be taken back. They take 260 neurons a side at least.
#[test]
fn minimum_matches_of_wide_mixed_sides_hold_nothing_that_can_go() {
    for (seed, noise, tenths) in [(0, 0.02, 5), (2, 2.0, 7)] {
        let sides = much_mixed(seed, 1_200, 400, noise);
        let problem = sides.problem(false);
        let spectrum = spectrum(&problem).unwrap();
        let mut critical = [spectrum.x, spectrum.y].concat();
        critical.sort_unstable_by(f64::total_cmp);
        let eps = critical[(critical.len() - 1) * tenths / 10];
        let neuron = neurons(&maximum_match(&problem, eps).unwrap().answer)[7];
        // Whether M(S \ u) holds it, of a pair that has no other columns, and never had.
        let survives = |set: &NeuronSet, u: Neuron| {
            let kept = |side: Side| {
                let of = if side == Side::X { set.x() } else { set.y() };
                of.iter().copied().filter(|&index| u != Neuron { side, index }).collect::<Vec<_>>()
            };
            let (x, y) = (kept(Side::X), kept(Side::Y));
            let left =
                sides.columns(&NeuronSet::new(x.clone(), y.clone()).unwrap()).maximum_match(eps);
            let named =
                |names: &[usize], places: &[usize]| places.iter().map(|&i| names[i]).collect();
            NeuronSet::new(named(&x, left.x()), named(&y, left.y())).unwrap().contains(neuron)
        };
        for order in 0..2 {
            let found =
                problem.at(eps).unwrap().minimum_match(neuron, order).unwrap().answer.unwrap();
            assert!(is_match(&problem, eps, &found.neurons).unwrap().answer);
            assert!(found.neurons.contains(neuron));
            for u in neurons(&found.neurons).into_iter().step_by(41).filter(|&u| u != neuron) {
                assert!(!survives(&found.neurons, u), "{u} at {eps}, seed {seed}");
            }
        }
    }
}

#[test]
fn bad_questions_are_refused_and_every_search_can_be_cancelled() {
    let (problem, progress) = planted(3, 120, 12, 10).watched_problem();
    let neuron = Neuron { side: Side::Y, index: 10 };
    let missing = Error::NoSuchNeuron { neuron, count: 10 };
    assert_eq!(problem.at(0.3).unwrap().minimum_match(neuron, 0), Err(missing));
    let lonely = NeuronSet::new(vec![0], vec![]).unwrap();
    assert_eq!(minimum_for(&problem, 0.3, &lonely), Err(Error::NoMatch { eps: 0.3 }));
    assert_eq!(is_simple(&problem, 0.3, &lonely).map(|solved| solved.answer), Ok(false));
    assert_eq!(
        is_simple(&problem, 0.3, &NeuronSet::default()).map(|solved| solved.answer),
        Ok(false)
    );
    let beyond = NeuronSet::new(vec![0], vec![3, 10]).unwrap();
    let missing = || Error::NoSuchNeuron { neuron, count: 10 };
    assert_eq!(is_match(&problem, 0.3, &beyond), Err(missing()));
    assert_eq!(minimum_for(&problem, 0.3, &beyond), Err(missing()));
    assert_eq!(residuals(&problem, &beyond).unwrap_err(), missing());
    assert_eq!(linear_map(&problem, &beyond).unwrap_err(), missing());
    let (matched, first) = (problem.at(0.3).unwrap(), Neuron { side: Side::X, index: 0 });
    progress.cancel();
    assert_eq!(problem.at(0.3).unwrap_err(), Error::Interrupted);
    assert_eq!(matched.minimum_match(first, 0), Err(Error::Interrupted));
    assert_eq!(matched.simple_cover(0), Err(Error::Interrupted));
    assert_eq!(matched.minimum_matches(0), Err(Error::Interrupted));
    assert_eq!(matched.support(), Err(Error::Interrupted));
}
