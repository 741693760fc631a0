//! Seeded problems, each with something that has broken a fast path before.

use ndarray::{Array2, Axis, concatenate, s};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use spanmatch::synthetic::orthogonal;

use crate::common::Sides;

pub struct Generator(StdRng);

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// Standard normal values (Box and Muller).
    pub fn normal(&mut self, rows: usize, columns: usize) -> Array2<f64> {
        Array2::from_shape_simple_fn((rows, columns), || {
            let (u, v): (f64, f64) = (self.0.random(), self.0.random());
            (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
        })
    }

    /// Uniform in [low, high).
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        self.0.random_range(low..high)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound)
    }

    /// 0..n in random order.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }

    /// Each of 0..n with this probability.
    pub fn subset(&mut self, n: usize, probability: f64) -> Vec<usize> {
        (0..n).filter(|_| self.0.random_bool(probability)).collect()
    }

    /// An orthogonal matrix.
    pub fn rotation(&mut self, n: usize) -> Array2<f64> {
        orthogonal(self.normal(n, n))
    }
}

/// Of every `odds` columns about one becomes a multiple of an earlier one, one a sum of two, and one dead.
pub fn with_dependents(
    mut side: Array2<f64>,
    odds: usize,
    generator: &mut Generator,
) -> Array2<f64> {
    for j in 1..side.ncols() {
        let (a, b) = (generator.below(j), generator.below(j));
        let column = match generator.below(odds) {
            0 => -2.0 * &side.column(a),
            1 => &side.column(a) + &side.column(b),
            2 => 0.0 * &side.column(a),
            _ => continue,
        };
        side.column_mut(j).assign(&column);
    }
    side
}

/// Independent columns on both sides.
pub fn random(seed: u64, samples: usize, n_x: usize, n_y: usize) -> Sides {
    let mut generator = Generator::new(seed);
    Sides { x: generator.normal(samples, n_x), y: generator.normal(samples, n_y) }
}

/// Blocks of y are mixes of blocks of x: the first exactly, the others ever less; what is left over on
/// either side is unrelated.
pub fn planted(seed: u64, samples: usize, n_x: usize, n_y: usize) -> Sides {
    let Sides { x, mut y } = random(seed, samples, n_x, n_y);
    let mut generator = Generator::new(seed + 1);
    let mut noise = 0.0;
    for first in (0..n_x.min(n_y)).step_by(3) {
        let block = first..(first + 3).min(n_x).min(n_y);
        let mix = generator.normal(block.len(), block.len());
        let mixed = x.slice(s![.., block.clone()]).dot(&mix);
        let blurred = mixed + noise * generator.normal(samples, block.len());
        y.slice_mut(s![.., block]).assign(&blurred);
        noise += 0.2;
    }
    Sides { x, y }
}

/// Two mixes of one set of `n / 2` directions of ever less weight, with a little noise: nearly every neuron holds up
/// every other.
pub fn much_mixed(seed: u64, samples: usize, n: usize, noise: f64) -> Sides {
    let mut generator = Generator::new(seed);
    let mut factors = generator.normal(samples, n / 2);
    for (j, mut factor) in factors.columns_mut().into_iter().enumerate() {
        factor /= ((j + 1) as f64).sqrt();
    }
    let mut side =
        || factors.dot(&generator.normal(n / 2, n)) + noise * generator.normal(samples, n);
    Sides { x: side(), y: side() }
}

pub fn dead(seed: u64) -> Sides {
    let mut sides = planted(seed, 50, 13, 11);
    for (side, index) in [(&mut sides.x, [0, 5, 12]), (&mut sides.y, [1, 2, 10])] {
        for j in index {
            side.column_mut(j).fill(0.0);
        }
    }
    sides
}

/// `copies` columns of each side are others of it, scaled, half of them with the sign turned.
pub fn duplicated(seed: u64, copies: usize) -> Sides {
    let mut generator = Generator::new(seed);
    let Sides { x, y } = planted(seed + 1, 70, 12, 10);
    let mut extend = |side: Array2<f64>| {
        let sources: Vec<usize> = (0..copies).map(|_| generator.below(side.ncols())).collect();
        let mut twins = side.select(Axis(1), &sources);
        for (j, mut twin) in twins.columns_mut().into_iter().enumerate() {
            twin *= if j % 2 == 0 { -1.7 } else { 0.3 };
        }
        shuffled(&beside(&side, &twins), &mut generator)
    };
    Sides { x: extend(x), y: extend(y) }
}

/// 16 columns of rank 8 on each side, of which the sides share four.
pub fn rank_half(seed: u64) -> Sides {
    let mut generator = Generator::new(seed);
    let shared = generator.normal(60, 4);
    let mut side = || {
        let own = generator.normal(60, 4);
        let few = beside(&shared, &own);
        let mix = generator.normal(8, 8);
        shuffled(&beside(&few, &few.dot(&mix)), &mut generator)
    };
    Sides { x: side(), y: side() }
}

/// Columns of each side that differ from another one, or from a mix of all others, by `distance` times
/// their length.
pub fn nearly_dependent(seed: u64, distance: f64) -> Sides {
    let mut generator = Generator::new(seed);
    let samples = 240;
    let mut extend = |side: Array2<f64>| {
        let twins = side.select(Axis(1), &[0, 4, 8]);
        let mixes = side.dot(&generator.normal(side.ncols(), 3)) / (side.ncols() as f64).sqrt();
        let near = beside(&twins, &mixes) + distance * generator.normal(samples, 6);
        shuffled(&beside(&side, &near), &mut generator)
    };
    let Sides { x, y } = planted(seed + 1, samples, 10, 9);
    Sides { x: extend(x), y: extend(y) }
}

/// The same, harder: few samples, and both sides near one space of six dimensions, so that the small
/// differences are a good part of what the sides do not share.
pub fn entangled(seed: u64, distance: f64) -> Sides {
    let mut generator = Generator::new(seed);
    let common = generator.normal(60, 6);
    let mut side = |noise: f64| {
        let own = common.dot(&generator.normal(6, 6)) + noise * generator.normal(60, 6);
        let twins = own.select(Axis(1), &[0, 1, 2]);
        let mixes = own.dot(&generator.normal(6, 4));
        let near = beside(&twins, &mixes) + distance * generator.normal(60, 7);
        let unrelated = generator.normal(60, 2);
        shuffled(&beside(&beside(&own, &near), &unrelated), &mut generator)
    };
    Sides { x: side(0.0), y: side(0.3) }
}

/// Columns of y are pairs that differ by `distance` in directions that are neurons of x: those are reached
/// only with coefficients of 1 / distance, the worst that can be asked of a Gram matrix.
pub fn hidden_directions(seed: u64, distance: f64) -> Sides {
    let mut generator = Generator::new(seed);
    let (common, hidden) = (generator.normal(60, 6), generator.normal(60, 3));
    let twins = common.select(Axis(1), &[0, 1, 2]) + distance * &hidden;
    let blurred = common.dot(&generator.rotation(6)) + 0.1 * generator.normal(60, 6);
    Sides { x: beside(&blurred, &hidden), y: beside(&common, &twins) }
}

/// 32 columns of rank 4 on each side; the two spaces share two directions.
pub fn rank_four(seed: u64) -> Sides {
    let mut generator = Generator::new(seed);
    let basis = generator.normal(80, 6);
    let mut side = |first: usize| {
        let mix = generator.normal(4, 32);
        let mut mixed = basis.slice(s![.., first..first + 4]).dot(&mix);
        // Some of them lie in the directions that are shared.
        let shared = basis.slice(s![.., 2..4]).dot(&generator.normal(2, 6));
        mixed.slice_mut(s![.., ..6]).assign(&shared);
        mixed
    };
    Sides { x: side(0), y: side(2) }
}

/// Fewer samples than neurons of x, more than of y.
pub fn undersampled(seed: u64) -> Sides {
    planted(seed, 20, 26, 13)
}

/// Fewer samples than neurons of either side.
pub fn undersampled_twice(seed: u64) -> Sides {
    random(seed, 12, 18, 15)
}

/// Means of 1,000 deviations.
pub fn huge_mean(seed: u64) -> Sides {
    let mut sides = planted(seed, 60, 12, 12);
    let mut generator = Generator::new(seed + 2);
    for side in [&mut sides.x, &mut sides.y] {
        for mut column in side.columns_mut() {
            column += generator.uniform(500.0, 1500.0);
        }
    }
    sides
}

/// Columns of 1e-30 next to columns of 1e30.
pub fn scaled(seed: u64) -> Sides {
    let mut sides = planted(seed, 60, 12, 12);
    for side in [&mut sides.x, &mut sides.y] {
        for (j, mut column) in side.columns_mut().into_iter().enumerate() {
            column *= [1e-30, 1.0, 1e30][j % 3];
        }
    }
    sides
}

/// Cut off below 0, as rectified units are, with a common mean.
pub fn rectified(seed: u64) -> Sides {
    let Sides { x, y } = planted(seed, 90, 14, 12);
    Sides { x: x.mapv(|value| (value + 0.5).max(0.0)), y: y.mapv(|value| (value + 0.5).max(0.0)) }
}

/// Some samples, the first among them, are 10,000 times the others, as the first token of a text can be.
pub fn massive(seed: u64) -> Sides {
    let mut sides = planted(seed, 600, 8, 7);
    for side in [&mut sides.x, &mut sides.y] {
        for row in [0, 1, 150, 599] {
            side.row_mut(row).mapv_inplace(|value| 1e4 * value);
        }
    }
    sides
}

/// What is exact only thanks to duplicates: two columns of y are 1/140 apart, so that x, their difference,
/// takes coefficients of 200 in all, more than EXACT allows. 16 copies of each share them: 50.
pub fn shared_coefficients(seed: u64) -> Sides {
    let Sides { x, .. } = random(seed, 40, 2, 0);
    let far = &x.column(0) + &(&x.column(1) / 140.0);
    let pair = beside(&x.select(Axis(1), &[0]), &far.insert_axis(Axis(1)));
    let copies: Vec<usize> = (0..32).map(|j| j / 16).collect();
    Sides { y: pair.select(Axis(1), &copies), x }
}

/// One problem of every kind, by name.
pub fn every() -> Vec<(&'static str, Sides)> {
    vec![
        ("random", random(1, 40, 12, 9)),
        ("planted", planted(2, 60, 14, 12)),
        ("dead", dead(3)),
        ("15 duplicates a side", duplicated(4, 15)),
        ("rank half", rank_half(5)),
        ("nearly dependent 1e-4", nearly_dependent(6, 1e-4)),
        ("nearly dependent 1e-5", nearly_dependent(7, 1e-5)),
        ("nearly dependent 1e-7", nearly_dependent(8, 1e-7)),
        ("entangled 1e-5", entangled(15, 1e-5)),
        ("hidden directions 1e-3", hidden_directions(16, 1e-3)),
        ("hidden directions 1e-5", hidden_directions(17, 1e-5)),
        ("hidden directions 3e-7", hidden_directions(18, 3e-7)),
        ("rank 4 of 32", rank_four(9)),
        ("undersampled", undersampled(10)),
        ("undersampled twice", undersampled_twice(11)),
        ("huge mean", huge_mean(12)),
        ("scaled", scaled(13)),
        ("rectified", rectified(14)),
        ("massive", massive(19)),
        ("shared coefficients", shared_coefficients(20)),
    ]
}

fn beside(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    concatenate(Axis(1), &[a.view(), b.view()]).unwrap()
}

fn shuffled(side: &Array2<f64>, generator: &mut Generator) -> Array2<f64> {
    side.select(Axis(1), &generator.permutation(side.ncols()))
}
