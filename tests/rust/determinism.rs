//! The same bits at any number of threads, and products that are right at sizes that no tile divides.

use ndarray::{Array1, Array2, Axis};
use spanmatch::{NeuronSet, Problem, maximum_match, residuals};

use crate::common::{Sides, bits, spectrum_bits, spectrum_of};
use crate::problems::{Generator, random};

/// Overlapping sides, a part of whose columns are duplicates, sums and near duplicates of others: every
/// path of the solver is taken.
fn mixed(seed: u64, samples: usize, n_x: usize, n_y: usize) -> Sides {
    let mut generator = Generator::new(seed);
    let shared = generator.normal(samples, n_x / 2);
    let mut side = |n: usize| {
        let mut side = shared.dot(&generator.normal(n_x / 2, n)) / 10.0;
        // Ever more noise: critical values of every size.
        let noise = Array1::linspace(0.0, 2.0, n);
        side += &(generator.normal(samples, n) * noise);
        for j in (3..n).step_by(12) {
            let sum = &side.column(j - 1) + &side.column(j - 2);
            side.column_mut(j).assign(&sum);
        }
        for j in (7..n).step_by(12) {
            let near = &side.column(j - 1) + &(1e-4 * &side.column(0));
            side.column_mut(j).assign(&near);
        }
        for j in (11..n).step_by(12) {
            let copy = -2.0 * &side.column(j - 1);
            side.column_mut(j).assign(&copy);
        }
        side
    };
    Sides { x: side(n_x), y: side(n_y) }
}

/// Everything that is computed of a pair, from the samples on, in a pool of this many threads.
fn answers(sides: &Sides, threads: usize) -> (Vec<Vec<u64>>, NeuronSet, usize) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let rows = sides.x.nrows();
        let gram = sides.gram_of_batches(&[1, rows / 3, rows - rows / 3 - 1]);
        let (plain, centred) =
            (Problem::new(&gram, false).unwrap(), Problem::new(&gram, true).unwrap());
        let spectrum = spectrum_of(&plain);
        let mut values = spectrum.x.clone();
        values.sort_by(f64::total_cmp);
        let matched = maximum_match(&plain, values[values.len() / 2].min(0.9)).unwrap().answer;
        let [x, y] = spectrum_bits(&spectrum);
        let [centred_x, centred_y] = spectrum_bits(&spectrum_of(&centred));
        let some = |n: usize| (0..n).step_by(2).collect();
        let chosen = NeuronSet::new(some(sides.x.ncols()), some(sides.y.ncols())).unwrap();
        let residuals = residuals(&plain, &chosen).unwrap().answer;
        let all = vec![x, y, centred_x, centred_y, bits(&residuals.x), bits(&residuals.y)];
        (all, matched, spectrum.refreshes)
    })
}

fn assert_same_bits(sides: &Sides) {
    let one = answers(sides, 1);
    assert!(one.2 > 0, "no refresh is met");
    assert!(!one.1.is_empty() && one.1.len() < sides.x.ncols() + sides.y.ncols());
    for threads in [2, 4] {
        assert!(one == answers(sides, threads), "{threads} threads give other bits than one");
    }
}

#[test]
fn odd_sizes_give_the_same_bits_in_pools_of_1_2_and_4_threads() {
    assert_same_bits(&mixed(50, 1003, 301, 257));
}

#[test]
fn large_odd_sizes_give_the_same_bits_in_pools_of_1_2_and_4_threads() {
    assert_same_bits(&mixed(51, 1201, 701, 653));
}

#[test]
fn fewer_neurons_than_threads_give_the_same_bits() {
    let sides = random(52, 29, 2, 1);
    let one = answers(&sides, 1);
    for threads in [2, 4] {
        assert!(one == answers(&sides, threads));
    }
}

/// At n = 5,018 a parallel product of faer's was once reported wrong (its issue 273). Products of
/// whole numbers are known exactly, and that of an x with a y shows in the residual of the one on the other
/// alone: `r² = 1 - cos² / (1 + δ²)`.
#[test]
fn products_are_right_at_a_large_odd_size() {
    const SAMPLES: usize = 37;
    let mut generator = Generator::new(53);
    let mut side = |n| {
        Array2::from_shape_simple_fn((SAMPLES, n), || {
            1 + u32::try_from(generator.below(9)).unwrap()
        })
    };
    let (x, y) = (side(2511), side(2507));
    let sides = Sides { x: x.mapv(f64::from), y: y.mapv(f64::from) };
    let problem = Problem::new(&sides.gram_of_batches(&[20, 17]), false).unwrap();
    let ridge = 1.0 + problem.resolution().powi(2);

    let square = |column: &[u32]| column.iter().map(|value| value * value).sum::<u32>();
    let columns = |side: &Array2<u32>| -> Vec<Vec<u32>> {
        side.axis_iter(Axis(1)).map(|column| column.to_vec()).collect()
    };
    let (x, y) = (columns(&x), columns(&y));
    for (i, x) in x.iter().enumerate() {
        let one = NeuronSet::new(vec![i], vec![]).unwrap();
        let found = residuals(&problem, &one).unwrap().answer.y;
        for (j, (y, found)) in y.iter().zip(&found).enumerate() {
            let product = x.iter().zip(y).map(|(x, y)| x * y).sum::<u32>();
            let cosine_square = f64::from(product).powi(2) / f64::from(square(x) * square(y));
            let apart = (found.powi(2) - (1.0 - cosine_square / ridge)).abs();
            // A product that is off by one moves this by 1e-3.
            assert!(apart < 1e-12, "x {i} and y {j}: {apart:e}");
        }
    }
}
