//! Pairs of single neurons, against residuals from the samples and matchings by plain augmenting paths.

use std::thread;

use proptest::prelude::*;
use spanmatch::{Error, OneToOne, Problem, one_to_one, spectrum};

use crate::common::{Sides, TOLERANCE, bits};
use crate::problems::{self, Generator, random};
use crate::properties::{config, sides};

/// By how much a residual from a Gram matrix may differ from that of the samples.
const SAME: f64 = 1e-9;

fn solve(problem: &Problem) -> OneToOne {
    one_to_one(problem).unwrap()
}

/// Of every x on every y; infinite where either is dead.
fn residuals(sides: &Sides, ridge: f64, exact: f64) -> Vec<Vec<f64>> {
    let unit = |column: ndarray::ArrayView1<'_, f64>| {
        let largest = column.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let scaled: Vec<f64> = column.iter().map(|value| value / largest).collect();
        let norm = scaled.iter().map(|value| value * value).sum::<f64>().sqrt();
        (largest > 0.0).then(|| scaled.iter().map(|value| value / norm).collect::<Vec<_>>())
    };
    let columns = |side: &ndarray::Array2<f64>| side.columns().into_iter().map(unit).collect();
    let (xs, ys): (Vec<_>, Vec<_>) = (columns(&sides.x), columns(&sides.y));
    let residual = |x: &Option<Vec<f64>>, y: &Option<Vec<f64>>| {
        let (Some(x), Some(y)) = (x, y) else { return f64::INFINITY };
        let cosine: f64 = x.iter().zip(y).map(|(x, y)| x * y).sum();
        let weight = cosine / (1.0 + ridge);
        let rest = x.iter().zip(y).map(|(x, y)| (x - weight * y).powi(2)).sum::<f64>();
        let root = (rest + ridge * weight.powi(2)).sqrt().min(1.0);
        if root <= exact { 0.0 } else { root }
    };
    xs.iter().map(|x| ys.iter().map(|y| residual(x, y)).collect()).collect()
}

/// How many disjoint pairs are within a limit, by one augmenting path after another.
fn count_pairs(residuals: &[Vec<f64>], limit: f64) -> usize {
    fn try_pair(
        x: usize,
        edges: &[Vec<bool>],
        seen: &mut [bool],
        partner: &mut [Option<usize>],
    ) -> bool {
        for y in 0..seen.len() {
            if edges[x][y] && !std::mem::replace(&mut seen[y], true) {
                let is_free = partner[y].is_none_or(|other| try_pair(other, edges, seen, partner));
                if is_free {
                    partner[y] = Some(x);
                    return true;
                }
            }
        }
        false
    }
    let within = |row: &Vec<f64>| row.iter().map(|&r| r <= limit).collect();
    let edges: Vec<Vec<bool>> = residuals.iter().map(within).collect();
    let n_y = edges.first().map_or(0, Vec::len);
    let mut partner = vec![None; n_y];
    (0..edges.len()).filter(|&x| try_pair(x, &edges, &mut vec![false; n_y], &mut partner)).count()
}

/// Limits between residuals that differ by more than rounding.
fn limits(residuals: &[Vec<f64>]) -> Vec<f64> {
    let mut values: Vec<f64> =
        residuals.iter().flatten().copied().filter(|r| r.is_finite()).collect();
    values.extend([0.0, 1.0]);
    values.sort_by(f64::total_cmp);
    let apart = values.windows(2).filter(|two| two[1] - two[0] > 4.0 * SAME);
    let middles: Vec<f64> = apart.map(|two| f64::midpoint(two[0], two[1])).collect();
    let step = 1 + middles.len() / 40;
    middles.into_iter().step_by(step).chain([1.0]).collect()
}

fn check(name: &str, sides: &Sides) {
    let problem = sides.problem(false);
    check_problem(name, sides, &problem, problem.resolution().powi(2));
}

/// The pairs of a problem of these sides, λ known.
pub fn check_problem(name: &str, sides: &Sides, problem: &Problem, ridge: f64) {
    let exact = 100.0 * problem.resolution();
    let (found, residuals) = (solve(problem), residuals(sides, ridge, exact));
    for limit in limits(&residuals) {
        let eps = if limit < 1.0 { (limit - TOLERANCE).max(0.0) } else { 1.0 - SAME };
        let (pairs, limit) = (found.pairs(eps).unwrap(), problem.limit(eps).unwrap());
        assert_eq!(pairs.len(), count_pairs(&residuals, limit), "{name}: limit {limit}");
        let (xs, mut ys): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
        ys.sort_unstable();
        // The covered neurons are those of the pairs, so no neuron has two partners; and they are nested.
        let covered = |side: &[f64]| -> Vec<usize> {
            (0..side.len()).filter(|&i| side[i] <= limit).collect()
        };
        assert_eq!((xs, ys), (covered(&found.x), covered(&found.y)), "{name}: limit {limit}");
        for (x, y) in pairs {
            assert!(residuals[x][y] <= limit + SAME, "{name}: {x} and {y} at {limit}");
        }
    }
    let near = |own: &[f64], nearest: &[f64]| own.iter().zip(nearest).all(|(c, near)| c >= near);
    assert!(near(&found.x, &found.nearest_x.residual), "{name}");
    assert!(near(&found.y, &found.nearest_y.residual), "{name}");
    for (x, row) in residuals.iter().enumerate() {
        let best = row.iter().copied().fold(f64::INFINITY, f64::min);
        let residual = found.nearest_x.residual[x];
        assert!((residual - best).abs() <= SAME || residual.to_bits() == best.to_bits(), "{name}");
        assert_eq!(found.nearest_x.index[x].is_some(), best.is_finite(), "{name}");
        if let Some(y) = found.nearest_x.index[x] {
            assert!((row[y] - best).abs() <= SAME, "{name}");
        }
    }
}

#[test]
fn every_problem_has_as_many_pairs_as_plain_augmenting_paths_find() {
    for (name, sides) in problems::every() {
        check(name, &sides);
        check(name, &sides.swapped());
    }
}

#[test]
fn a_side_three_times_over_is_shared_by_half() {
    let y = random(300, 80, 12, 1).x;
    let x = ndarray::concatenate![ndarray::Axis(1), y, -2.0 * &y, 3.0 * &y];
    let found = solve(&Sides { x, y }.problem(false));
    assert_eq!(found.pairs(0.0).unwrap(), (0..12).map(|i| (i, i)).collect::<Vec<_>>());
    assert!(found.nearest_x.residual.iter().all(|&r| r == 0.0));
    assert!(found.x[12..].iter().all(|c| c.is_infinite()));
}

#[test]
fn the_same_bits_in_pools_of_1_2_and_4_threads() {
    let sides = problems::planted(301, 300, 201, 150);
    let answers = [1, 2, 4].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| solve(&sides.problem(false)));
        let critical = [bits(&found.x), bits(&found.y), bits(&found.nearest_x.residual)];
        (critical, found.nearest_y.index, found.changes)
    });
    assert!(answers[0] == answers[1] && answers[0] == answers[2]);
}

#[test]
fn a_run_is_cancelled_and_says_how_far_it_is() {
    let (problem, progress) = random(302, 60, 30, 20).watched_problem();
    one_to_one(&problem).unwrap();
    assert_eq!(progress.steps(), (20, 20));
    progress.cancel();
    assert_eq!(one_to_one(&problem), Err(Error::Interrupted));

    let (problem, progress) = random(303, 400, 2_000, 2_000).watched_problem();
    thread::scope(|scope| {
        let run = scope.spawn(|| one_to_one(&problem));
        while progress.steps().0 < 10 && !run.is_finished() {
            thread::sleep(std::time::Duration::from_millis(1));
        }
        let stopped = std::time::Instant::now();
        progress.cancel();
        assert_eq!(run.join().unwrap(), Err(Error::Interrupted));
        assert!(stopped.elapsed() < std::time::Duration::from_secs(1));
    });
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn pairs_are_a_part_of_what_is_near_and_of_the_spans(sides in sides(), eps in 0.0..0.99) {
        check("any", &sides);
        let problem = sides.problem(false);
        let (found, whole) = (solve(&problem), spectrum(&problem).unwrap());
        let limit = problem.limit(eps).unwrap();
        for (critical, near, spans) in [
            (&found.x, &found.nearest_x.residual, &whole.x),
            (&found.y, &found.nearest_y.residual, &whole.y),
        ] {
            let count = |side: &[f64], limit: f64| side.iter().filter(|&&c| c <= limit).count();
            prop_assert!(count(critical, limit) <= count(near, limit));
            prop_assert!(count(near, limit) <= count(spans, limit + SAME));
        }
    }

    #[test]
    fn the_order_of_neurons_changes_no_count(sides in sides(), seed in any::<u64>()) {
        let mut generator = Generator::new(seed);
        let mut order = |n: usize| {
            let mut order: Vec<usize> = (0..n).collect();
            for i in (1..n).rev() {
                order.swap(i, generator.below(i + 1));
            }
            order
        };
        let (order_x, order_y) = (order(sides.x.ncols()), order(sides.y.ncols()));
        let axis = ndarray::Axis(1);
        let other = Sides { x: sides.x.select(axis, &order_x), y: sides.y.select(axis, &order_y) };
        let sorted = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values
        };
        let (a, b) = (solve(&sides.problem(false)), solve(&other.problem(false)));
        for (a, b) in [(a.x, b.x), (a.y, b.y), (a.nearest_x.residual, b.nearest_x.residual)] {
            for (a, b) in sorted(a).into_iter().zip(sorted(b)) {
                prop_assert!((a - b).abs() <= SAME || a.to_bits() == b.to_bits());
            }
        }
    }
}
