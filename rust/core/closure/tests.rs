//! What is foreseen of a closure, against the definition and against what is factored afresh.

use ndarray::{Array1, Array2, Axis, concatenate};

use super::*;
use crate::gram::Gram;
use crate::neurons::Side;
use crate::random::{Numbers, shuffle};
use crate::spectrum::spectrum;

const SAMPLES: usize = 60;

fn random(rows: usize, columns: usize, numbers: &mut Numbers) -> Array2<f64> {
    Array2::from_shape_simple_fn((rows, columns), || numbers.unit())
}

/// Two sides that mix the same factors, sizes falling, with some noise.
fn mixed(seed: u64, samples: usize, n: usize, noise: f64) -> [Array2<f64>; 2] {
    let mut numbers = Numbers::new(seed);
    let mut factors = random(samples, n.div_ceil(2), &mut numbers);
    for (j, mut factor) in factors.columns_mut().into_iter().enumerate() {
        factor /= ((j + 1) as f64).sqrt();
    }
    [(); 2].map(|()| {
        factors.dot(&random(factors.ncols(), n, &mut numbers))
            + noise * random(samples, n, &mut numbers)
    })
}

/// The last column of each side is a multiple of the first, and the one before it the sum of two.
fn dependent(mut sides: [Array2<f64>; 2]) -> [Array2<f64>; 2] {
    for side in &mut sides {
        let n = side.ncols();
        let (twin, sum) = (-2.0 * &side.column(0), &side.column(1) + &side.column(2));
        side.column_mut(n - 1).assign(&twin);
        side.column_mut(n - 2).assign(&sum);
    }
    sides
}

fn problem_of([x, y]: &[Array2<f64>; 2]) -> Problem {
    let mut gram = Gram::default();
    gram.update(x, y).unwrap();
    Problem::new(&gram, false).unwrap()
}

/// r² of a unit column on others, `min |t - B w|² + δ² |w|²`: Gram and Schmidt on `[B; δ I]`, twice.
fn residual_square(target: &Array1<f64>, predictors: &[Array1<f64>], resolution: f64) -> f64 {
    let count = predictors.len();
    let extended = |column: &Array1<f64>, place: Option<usize>| {
        let mut below = Array1::zeros(count);
        if let Some(place) = place {
            below[place] = resolution;
        }
        concatenate![Axis(0), *column, below]
    };
    let mut basis: Vec<Array1<f64>> = Vec::new();
    let reduced = |mut column: Array1<f64>, basis: &[Array1<f64>]| {
        for direction in basis.iter().chain(basis) {
            let along = direction.dot(&column);
            column.scaled_add(-along, direction);
        }
        column
    };
    for (place, column) in predictors.iter().enumerate() {
        let rest = reduced(extended(column, Some(place)), &basis);
        let length = rest.dot(&rest).sqrt();
        basis.push(rest / length);
    }
    let rest = reduced(extended(target, None), &basis);
    rest.dot(&rest)
}

/// By set (bit i is neuron i, the x first): the largest r² in it.
fn worst_by_set([x, y]: &[Array2<f64>; 2], resolution: f64) -> Vec<(f64, Vec<f64>)> {
    let units = |side: &Array2<f64>| -> Vec<Array1<f64>> {
        side.columns().into_iter().map(|c| &c / c.dot(&c).sqrt()).collect()
    };
    let (x, y) = (units(x), units(y));
    let on = |targets: &[Array1<f64>], predictors: &[Array1<f64>]| -> Vec<Vec<f64>> {
        let chosen = |mask: usize| -> Vec<Array1<f64>> {
            let held = (0..predictors.len()).filter(|i| mask >> i & 1 == 1);
            held.map(|i| predictors[i].clone()).collect()
        };
        let all = |mask| {
            let predictors = chosen(mask);
            targets.iter().map(|t| residual_square(t, &predictors, resolution)).collect()
        };
        (0..1 << predictors.len()).map(all).collect()
    };
    let (x_on_y, y_on_x) = (on(&x, &y), on(&y, &x));
    let n_x = x.len();
    (0..1_usize << (n_x + y.len()))
        .map(|set| {
            let (of_x, of_y) = (set & ((1 << n_x) - 1), set >> n_x);
            let held = |mask: usize, squares: &[f64]| -> Vec<f64> {
                (0..squares.len()).filter(|i| mask >> i & 1 == 1).map(|i| squares[i]).collect()
            };
            let squares = [held(of_x, &x_on_y[of_y]), held(of_y, &y_on_x[of_x])].concat();
            (squares.iter().copied().fold(0.0, f64::max), squares)
        })
        .collect()
}

fn bits(neurons: &[usize]) -> usize {
    neurons.iter().fold(0, |set, neuron| set | 1 << neuron)
}

/// Between two critical values, where there are two.
fn levels(problem: &Problem) -> Vec<f64> {
    let spectrum = spectrum(problem).unwrap();
    let mut critical = [&[0.0], &spectrum.x[..], &spectrum.y].concat();
    critical.sort_unstable_by(f64::total_cmp);
    critical.dedup_by(|a, b| *a - *b < 1e-4);
    critical.push(1.0);
    critical.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])).collect()
}

#[derive(Default)]
struct Seen {
    closed: usize,
    refused: usize,
    unclear: usize,
}

#[test]
fn what_is_foreseen_is_the_largest_match_of_all_there_are() {
    let (mut seen, progress) = (Seen::default(), Progress::default());
    for seed in 0..12 {
        let plain = mixed(seed, SAMPLES, 5, if seed % 2 == 0 { 0.02 } else { 0.3 });
        for sides in [dependent(plain.clone()), plain] {
            let problem = problem_of(&sides);
            let worst = worst_by_set(&sides, problem.resolution());
            for eps in levels(&problem) {
                let limit = problem.limit(eps).unwrap().powi(2);
                // Where rounding could decide nothing is to be learned.
                if worst.iter().any(|(_, all)| all.iter().any(|s| (s - limit).abs() < 1e-9)) {
                    continue;
                }
                let matches: Vec<usize> =
                    (0..worst.len()).filter(|&set| worst[set].0 <= limit).collect();
                let largest = |within: usize| {
                    let inside = matches.iter().filter(|&&set| set & !within == 0);
                    inside.fold(0, |union, set| union | set)
                };
                let mut matched = maximum(&problem, limit, &progress).unwrap();
                let all = bits(&matched.neurons());
                assert_eq!(all, largest(worst.len() - 1));
                matched.prepare(&progress).unwrap();
                for gone in (1..worst.len()).filter(|gone| gone & !all == 0) {
                    let left = largest(all & !gone);
                    let named = |set: usize| (0..10).filter(move |i| set >> i & 1 == 1);
                    let gone: Vec<usize> = named(gone).collect();
                    for v in [None].into_iter().chain(named(all & !bits(&gone)).map(Some)) {
                        let mut lost = gone.clone();
                        let must_stay = |neuron| Some(neuron) == v;
                        let foreseen =
                            foresee(&matched, &mut lost, limit, must_stay, &progress).unwrap();
                        // Whatever comes of it: what is lost is in no match.
                        assert_eq!(bits(&lost) & left, 0);
                        match foreseen {
                            Foresight::Closed => {
                                assert_eq!(all & !bits(&lost), left);
                                seen.closed += 1;
                            }
                            Foresight::Refused => {
                                assert!(v.is_some_and(|v| left >> v & 1 == 0));
                                seen.refused += 1;
                            }
                            Foresight::Unclear => seen.unclear += 1,
                        }
                    }
                }
            }
        }
    }
    let Seen { closed, refused, unclear } = seen;
    assert!(closed > 1_000 && refused > 1_000 && unclear > 1_000, "{closed} {refused} {unclear}");
}

#[test]
fn long_closures_are_foreseen_as_they_are_factored() {
    let (mut seen, progress) = (Seen::default(), Progress::default());
    for (noise, tenths) in [(0.02, 5), (0.02, 10), (0.5, 5), (0.5, 8)] {
        let sides = mixed(3, 600, 90, noise);
        for sides in [dependent(sides.clone()), sides] {
            let problem = problem_of(&sides);
            let levels = levels(&problem);
            let eps = levels[(levels.len() - 2) * tenths / 10];
            let limit = problem.limit(eps).unwrap().powi(2);
            let mut matched = maximum(&problem, limit, &progress).unwrap();
            matched.prepare(&progress).unwrap();
            let all = matched.neurons();
            for (place, &v) in all.iter().enumerate().step_by(3) {
                let count = [1, 2, 5, 20][place % 4];
                let mut gone = all.clone();
                shuffle(&mut gone, place as u64);
                gone.truncate(count);
                if gone.contains(&v) {
                    continue;
                }
                let rest: Vec<usize> =
                    all.iter().copied().filter(|neuron| !gone.contains(neuron)).collect();
                let mut afresh = TableauPair::of(&problem, &rest, &progress).unwrap();
                close(&mut afresh, limit, |_| false, &progress).unwrap();
                let left = afresh.neurons();
                let mut lost = gone.clone();
                match foresee(&matched, &mut lost, limit, |u| u == v, &progress).unwrap() {
                    Foresight::Closed => {
                        let mut kept = all.clone();
                        kept.retain(|neuron| !lost.contains(neuron));
                        assert_eq!(kept, left);
                        seen.closed += usize::from(lost.len() > gone.len());
                    }
                    Foresight::Refused => {
                        assert!(!left.contains(&v));
                        seen.refused += 1;
                    }
                    Foresight::Unclear => {
                        assert!(lost.iter().all(|neuron| !left.contains(neuron)));
                        seen.unclear += 1;
                    }
                }
            }
            assert!(all.iter().any(|&place| problem.side(place) == Side::Y));
        }
    }
    let Seen { closed, refused, unclear } = seen;
    assert!(closed > 5 && refused > 5 && unclear > 5, "{closed} {refused} {unclear}");
}
