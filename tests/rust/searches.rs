//! What the searches promise beyond their answers: cost, the same bits, a quick end; and the linear map.

use std::thread;
use std::time::{Duration, Instant};

use ndarray::Array2;
use spanmatch::synthetic::{Plan, Planted};
use spanmatch::{
    Error, Neuron, NeuronSet, Problem, Side, is_simple, linear_map, maximum_match, minimum_for,
    residuals, spectrum,
};

use crate::common::{Sides, bits, difference};
use crate::problems::{Generator, every, random};

/// Blocks of `size` dimensions that both sides share up to noise, half of each side; the rest unrelated.
fn blocks(seed: u64, samples: usize, n: usize, size: usize, noise: f64) -> Sides {
    let (shared, block, duplicates) = (n / 2, size, 0);
    let plan = Plan { n_x: n, n_y: n, samples, shared, block, noise, duplicates, seed };
    let Planted { x, y, .. } = Planted::new(plan).unwrap();
    Sides { x, y }
}

/// As trained layers are: one space of directions of ever less weight, seen by each side through its own
/// mix, its own noise and a rectifier.
fn trained_like(seed: u64, n_x: usize, n_y: usize) -> Sides {
    const DIRECTIONS: usize = 20;
    let mut generator = Generator::new(seed);
    let mut shared = generator.normal(400, DIRECTIONS);
    for (i, mut column) in shared.columns_mut().into_iter().enumerate() {
        column *= 1.0 / (1.0 + i as f64);
    }
    let mut side = |n: usize| {
        let mixed = shared.dot(&generator.normal(DIRECTIONS, n)) + 0.1 * generator.normal(400, n);
        let bias = generator.uniform(-0.3, 0.6);
        mixed.mapv(|value| (value + bias).max(0.0))
    };
    Sides { x: side(n_x), y: side(n_y) }
}

fn neurons(set: &NeuronSet) -> Vec<Neuron> {
    let x = set.x().iter().map(|&index| Neuron { side: Side::X, index });
    x.chain(set.y().iter().map(|&index| Neuron { side: Side::Y, index })).collect()
}

/// 0, and where a fifth, two fifths, ... of the neurons match.
fn levels(problem: &Problem) -> Vec<f64> {
    let spectrum = spectrum(problem).unwrap();
    let mut critical = [spectrum.x, spectrum.y].concat();
    critical.sort_unstable_by(f64::total_cmp);
    let fifths = (1..5).map(|fifth| critical[critical.len() * fifth / 5]);
    let mut levels: Vec<f64> = [0.0].into_iter().chain(fifths).filter(|&eps| eps < 1.0).collect();
    levels.dedup();
    levels
}

#[test]
fn no_search_takes_more_closures_than_promised() {
    let (mut searches, mut tight) = (0, 0.0_f64);
    let mut count = |name: &str, sides: &Sides, center: bool| {
        let problem = sides.problem(center);
        for eps in levels(&problem) {
            let matched = maximum_match(&problem, eps).unwrap().answer;
            for neuron in neurons(&matched) {
                for seed in 0..2 {
                    let found = problem
                        .at(eps)
                        .unwrap()
                        .minimum_match(neuron, seed)
                        .unwrap()
                        .answer
                        .unwrap();
                    let (k, m) = (found.neurons.len() as f64, matched.len() as f64);
                    let bound = 3.0 * k * (1.0 + m / k).log2() + m.log2();
                    let closures = found.closures as f64;
                    assert!(
                        closures <= bound,
                        "{name} at {eps}, seed {seed}: {closures} closures for {neuron}, k = {k}, m = {m}"
                    );
                    searches += 1;
                    tight = tight.max(closures / bound);
                }
            }
        }
    };
    for seed in 0..8 {
        count("blocks of 4", &blocks(seed, 200, 32, 4, 0.1), false);
        count("noisy blocks of 8", &blocks(20 + seed, 100, 32, 8, 0.4), false);
        count("random", &random(40 + seed, 50, 26, 22), seed % 2 == 0);
        count("trained-like", &trained_like(60 + seed, 30, 26), seed % 2 == 0);
    }
    for (name, sides) in every() {
        count(name, &sides, false);
    }
    // A bound that is nowhere near shows nothing, and searches that are free are not counted at all.
    assert!(searches > 5_000 && tight > 0.1, "{searches} searches, at most {tight} of the bound");
}

#[test]
fn a_neuron_alone_with_its_twin_costs_few_closures() {
    // k = 2 of m = 200: the bound is 47, a closure for every neuron would be 199.
    let x = random(3, 300, 100, 1).x;
    let problem = Sides { y: 2.0 * &x, x }.problem(false);
    for seed in 0..20 {
        let neuron = Neuron { side: Side::Y, index: 5 };
        let found = problem.at(0.1).unwrap().minimum_match(neuron, seed).unwrap().answer.unwrap();
        assert_eq!((found.neurons.x(), found.neurons.y()), ([5].as_slice(), [5].as_slice()));
        assert!(found.closures <= 47, "{}", found.closures);
    }
}

#[test]
fn searches_give_the_same_at_any_number_of_threads_and_for_the_same_seed() {
    // Minimum matches are many here, other than in blocks that share nothing: there is a choice to differ in.
    let sides = trained_like(7, 97, 83);
    let eps = levels(&sides.problem(false))[3];
    let answers = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let problem = sides.problem(false);
            let one = |neuron| problem.at(eps).unwrap().minimum_match(neuron, seed).unwrap().answer;
            let matched = maximum_match(&problem, eps).unwrap().answer;
            let some: Vec<_> = neurons(&matched).into_iter().step_by(9).map(one).collect();
            let map = linear_map(&problem, &matched).unwrap().answer;
            let map = [map.x, map.y].map(|side| {
                let coefficients: Vec<f64> = side.coefficients.iter().copied().collect();
                [bits(&coefficients), bits(&side.offset), bits(&side.residuals)]
            });
            (
                some,
                problem.at(eps).unwrap().simple_cover(seed).unwrap().answer,
                problem.at(eps).unwrap().minimum_matches(seed).unwrap().answer,
                problem.at(eps).unwrap().support().unwrap().answer,
                minimum_for(&problem, eps, &matched).unwrap().answer,
                map,
            )
        })
    };
    let one = answers(1, 3);
    assert!(one.1.len() >= 2 && one.2.len() > 60, "{} {}", one.1.len(), one.2.len());
    for threads in [1, 2, 4] {
        assert!(one == answers(threads, 3), "{threads} threads");
    }
    // The seed is heard.
    assert!((0..5).any(|seed| answers(1, seed).2 != one.2));
}

#[test]
fn a_cancelled_search_ends_at_once() {
    let (problem, progress) = blocks(5, 100, 12, 3, 0.1).watched_problem();
    let found = problem.at(0.4).unwrap();
    let matched = maximum_match(&problem, 0.4).unwrap().answer;
    assert!(matched.len() > 4);
    progress.cancel();
    let neuron = neurons(&matched)[0];
    assert_eq!(problem.at(0.4).unwrap_err(), Error::Interrupted);
    assert_eq!(found.minimum_match(neuron, 0), Err(Error::Interrupted));
    assert_eq!(found.simple_cover(0), Err(Error::Interrupted));
    assert_eq!(found.minimum_matches(0), Err(Error::Interrupted));
    assert_eq!(minimum_for(&problem, 0.4, &matched), Err(Error::Interrupted));
    assert_eq!(is_simple(&problem, 0.4, &matched), Err(Error::Interrupted));
    assert_eq!(found.support(), Err(Error::Interrupted));
    assert_eq!(linear_map(&problem, &matched), Err(Error::Interrupted));
}

type Search = fn(&Problem) -> Option<Error>;

#[test]
fn long_searches_end_within_a_second_of_the_wish() {
    // Few more samples than neurons: everything matches, by many choices, and each search is long.
    let sides = random(6, 600, 500, 500);
    let searches: [Search; 2] = [
        |problem| problem.at(0.6).and_then(|matched| matched.simple_cover(0)).err(),
        |problem| problem.at(0.6).and_then(|matched| matched.minimum_matches(0)).err(),
    ];
    for search in searches {
        let (problem, progress) = sides.watched_problem();
        let (error, took) = thread::scope(|scope| {
            let run = scope.spawn(|| search(&problem));
            while progress.steps().1 == 0 && !run.is_finished() {
                thread::sleep(Duration::from_millis(1));
            }
            let begun = Instant::now();
            progress.cancel();
            (run.join().unwrap(), begun.elapsed())
        });
        assert_eq!(error, Some(Error::Interrupted));
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}

#[test]
fn eps_is_in_range() {
    let (problem, set) = (blocks(5, 100, 12, 3, 0.1).problem(false), NeuronSet::default());
    for eps in [-0.1, 1.0, f64::INFINITY] {
        assert_eq!(problem.at(eps).unwrap_err(), Error::Eps(eps));
        assert_eq!(minimum_for(&problem, eps, &set), Err(Error::Eps(eps)));
        assert_eq!(is_simple(&problem, eps, &set), Err(Error::Eps(eps)));
    }
}

#[test]
fn a_linear_map_has_the_units_of_the_samples() {
    let mut generator = Generator::new(11);
    // y = 7 + x K, columns of x of very different size.
    let scale = Array2::from_diag(&ndarray::array![1e-3, 1.0, 50.0, 1e4]);
    let x: Array2<f64> = (generator.normal(200, 4) + 0.5).dot(&scale);
    let k: Array2<f64> = generator.rotation(4) + 2.0 * Array2::eye(4);
    let y: Array2<f64> = x.dot(&k) + 7.0;
    let sides = Sides { x: x.clone(), y: y.clone() };
    let all = NeuronSet::new(vec![0, 1, 2, 3], vec![0, 1, 2, 3]).unwrap();

    let map = linear_map(&sides.problem(true), &all).unwrap().answer;
    for ((i, j), &want) in k.indexed_iter() {
        let apart = (map.y.coefficients[(i, j)] - want).abs();
        assert!(apart < 1e-3, "{i} {j}: {apart:e}");
    }
    assert!(map.y.offset.iter().all(|offset| (offset - 7.0).abs() < 1e-2), "{:?}", map.y.offset);

    let problem = sides.problem(false);
    let some = NeuronSet::new(vec![0, 2, 3], vec![1, 3]).unwrap();
    let map = linear_map(&problem, &some).unwrap().answer;
    assert_eq!((map.x.coefficients.dim(), map.y.coefficients.dim()), ((2, 3), (3, 2)));
    assert!([&map.x.offset, &map.y.offset].iter().all(|side| side.iter().all(|&o| o == 0.0)));
    let found = residuals(&problem, &some).unwrap().answer;
    let want_x: Vec<f64> = some.x().iter().map(|&i| found.x[i]).collect();
    let want_y: Vec<f64> = some.y().iter().map(|&i| found.y[i]).collect();
    assert!(difference(&map.x.residuals, &want_x) < 1e-12);
    assert!(difference(&map.y.residuals, &want_y) < 1e-12);
    // And those are what the coefficients leave.
    let (in_x, in_y) = (x.select(ndarray::Axis(1), some.x()), y.select(ndarray::Axis(1), some.y()));
    for (target, predictors, side) in [(&in_x, &in_y, &map.x), (&in_y, &in_x, &map.y)] {
        let rest = target - &predictors.dot(&side.coefficients);
        for (j, &residual) in side.residuals.iter().enumerate() {
            let norm = |column: ndarray::ArrayView1<'_, f64>| column.dot(&column).sqrt();
            let left = norm(rest.column(j)) / norm(target.column(j));
            assert!((left - residual).abs() < 1e-5, "{left} {residual}");
        }
    }
}

#[test]
fn a_linear_map_of_a_dead_neuron_is_refused() {
    let mut sides = random(12, 40, 3, 4);
    sides.y.column_mut(2).fill(0.0);
    let problem = sides.problem(false);
    let set = NeuronSet::new(vec![0], vec![1, 2]).unwrap();
    let dead = Error::Dead(Neuron { side: Side::Y, index: 2 });
    assert_eq!(linear_map(&problem, &set), Err(dead));
    let empty = linear_map(&problem, &NeuronSet::default()).unwrap().answer;
    assert_eq!(empty.x.coefficients.dim(), (0, 0));
}
