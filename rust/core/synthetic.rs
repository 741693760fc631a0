//! Planted problems with known answers: what benchmarks time, and tests compare with.

mod plan;

use ndarray::{Array2, Axis};

use crate::error::{Purpose, Result};
use crate::invariant::shaped;
use crate::memory;
use crate::neurons::{Neuron, NeuronSet, Side};
use crate::random::{Numbers, shuffle};
pub use plan::Plan;

/// Activations of two networks in which blocks of neurons match, and nothing else.
///
/// A block is a few dimensions that both networks see, each with noise of its own, by as many neurons as
/// there are dimensions, y through a rotation. Some of these neurons come twice, the second time of another
/// length and sign. All other neurons are unrelated. Columns are in random order.
///
/// ```
/// use spanmatch::synthetic::{Plan, Planted};
/// use spanmatch::{Gram, Problem, maximum_match};
///
/// let plan = Plan { n_x: 12, n_y: 10, samples: 500, shared: 6, block: 3, noise: 0.1, duplicates: 1, seed: 0 };
/// let (planted, mut gram) = (Planted::new(plan)?, Gram::default());
/// gram.update(&planted.x, &planted.y)?;
/// let found = maximum_match(&Problem::new(&gram, false)?, plan.eps()?)?.answer;
/// assert_eq!(found, planted.truth.maximum_match());
/// assert_eq!(found.len(), 2 * (6 + 1));
/// # Ok::<(), spanmatch::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Planted {
    /// Activations of the first network: a row for every sample, a column for every neuron.
    pub x: Array2<f64>,
    /// Activations of the second network on the same samples.
    pub y: Array2<f64>,
    /// What there is to find.
    pub truth: Truth,
}

/// The answers at [`Plan::eps`], where the largest residual of a neuron on its block is allowed, and little
/// more:
///
/// - *The maximum match is the neurons of all blocks.* Each is within ε of the span of its block, and an
///   unrelated one of no span.
/// - *A match that holds a neuron holds, of its whole block, every neuron or its copy.* The rotation is
///   dense: without one neuron, some on the other side of the block are above ε, and so on until none is
///   left.
/// - So the *simple matches* are a block with one copy of each neuron, and each is minimum for all that it
///   holds; the *core of a neuron* is itself, and those of its block that come once.
/// - So a block is lost whole once one of its neurons is: all have *one critical ε*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    blocks: Vec<Block>,
}

/// The neurons of a block: a list for each, with its copy where it has one.
pub type Block = Vec<Vec<Neuron>>;

impl Planted {
    /// Plants.
    ///
    /// # Errors
    /// [`Error::Plan`](crate::Error::Plan) where the plan does not fit its sizes,
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(plan: Plan) -> Result<Self> {
        plan.check()?;
        let mut numbers = Numbers::new(plan.seed);
        let firsts = (0..plan.shared).step_by(plan.block);
        let dimensions: Vec<Array2<f64>> = firsts
            .map(|first| values(plan.samples, plan.block.min(plan.shared - first), &mut numbers))
            .collect::<Result<_>>()?;
        let rotations: Vec<Array2<f64>> = dimensions
            .iter()
            .map(|dimensions| dense_rotation(dimensions.ncols(), &mut numbers))
            .collect::<Result<_>>()?;
        let mut blocks = vec![Block::new(); dimensions.len()];
        let mut side = |side: Side, n: usize| {
            let mut columns = values(plan.samples, n, &mut numbers)?;
            let mut order: Vec<usize> = (0..n).collect();
            shuffle(&mut order, numbers.next());
            let (planted, rest) = order.split_at(plan.shared);
            let mut copies = rest[..plan.duplicates].iter();
            let places = planted.chunks(plan.block);
            let seen = dimensions.iter().zip(&rotations).map(|(seen, rotation)| {
                if side == Side::X { seen.clone() } else { seen.dot(rotation) }
            });
            for ((block, seen), places) in blocks.iter_mut().zip(seen).zip(places) {
                for (&index, seen) in places.iter().zip(seen.columns()) {
                    let mut column = columns.column_mut(index);
                    column *= plan.noise;
                    column += &seen;
                    let mut neuron = vec![Neuron { side, index }];
                    if let Some(&copy) = copies.next() {
                        // A power of two: the copy is exact.
                        let values = -2.0 * &column;
                        columns.column_mut(copy).assign(&values);
                        neuron.push(Neuron { side, index: copy });
                    }
                    block.push(neuron);
                }
            }
            Ok(columns)
        };
        let (x, y) = (side(Side::X, plan.n_x)?, side(Side::Y, plan.n_y)?);
        Ok(Self { x, y, truth: Truth { blocks } })
    }
}

impl Truth {
    /// What was planted, block by block.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// All neurons of all blocks.
    #[must_use]
    pub fn maximum_match(&self) -> NeuronSet {
        let side = |side: Side| {
            let neurons = self.blocks.iter().flatten().flatten();
            let mut index: Vec<usize> =
                neurons.filter(|neuron| neuron.side == side).map(|neuron| neuron.index).collect();
            index.sort_unstable();
            index
        };
        NeuronSet::from_sorted(side(Side::X), side(Side::Y))
    }

    /// Whether a set is a simple match: one block, each of its neurons or the copy of it.
    #[must_use]
    pub fn is_simple(&self, set: &NeuronSet) -> bool {
        let holds = |neuron: &&Neuron| set.contains(**neuron);
        self.blocks.iter().any(|block| {
            block.len() == set.len()
                && block.iter().all(|copies| copies.iter().filter(holds).count() == 1)
        })
    }

    /// What every match that holds a neuron holds, x first, ascending; empty for an unrelated neuron.
    #[must_use]
    pub fn core(&self, neuron: Neuron) -> Vec<Neuron> {
        let Some(block) =
            self.blocks.iter().find(|block| block.iter().flatten().any(|&other| other == neuron))
        else {
            return Vec::new();
        };
        let single = block.iter().filter(|copies| copies.len() == 1).flatten().copied();
        let mut core: Vec<Neuron> = single.chain([neuron]).collect();
        core.sort_unstable();
        core.dedup();
        core
    }
}

/// Makes the columns of a square matrix orthonormal: Gram and Schmidt, twice. Random ones give a random
/// rotation.
///
/// ```
/// use ndarray::array;
/// let q = spanmatch::synthetic::orthogonal(array![[3.0, 1.0], [4.0, 1.0]]);
/// assert!((q.t().dot(&q) - array![[1.0, 0.0], [0.0, 1.0]]).iter().all(|v| v.abs() < 1e-15));
/// ```
#[must_use]
pub fn orthogonal(mut q: Array2<f64>) -> Array2<f64> {
    for j in 0..q.ncols() {
        let (done, mut rest) = q.view_mut().split_at(Axis(1), j);
        let mut column = rest.column_mut(0);
        for _ in 0..2 {
            let along = done.t().dot(&column);
            column -= &done.dot(&along);
        }
        let norm = column.dot(&column).sqrt();
        column /= norm;
    }
    q
}

/// Independent values of mean 0 and variance 1. Uniform, as a match knows no more of them than that, and
/// they need no function whose last bit depends on the machine.
fn values(rows: usize, columns: usize, numbers: &mut Numbers) -> Result<Array2<f64>> {
    let count = rows.saturating_mul(columns);
    let mut values = memory::reserved(count, Purpose::Synthetic)?;
    values.extend((0..count).map(|_| numbers.unit()));
    Ok(shaped((rows, columns), values))
}

/// A rotation by which every neuron of a block depends on every other: where the entries of at least
/// `1 / sqrt(2 n)` link a row with a column, all are linked, at least by way of others.
fn dense_rotation(n: usize, numbers: &mut Numbers) -> Result<Array2<f64>> {
    // Few attempts are enough: a third of the 2 x 2 rotations are dense, more of larger ones, soon all.
    loop {
        let q = orthogonal(values(n, n, numbers)?);
        if links_all(&q) {
            return Ok(q);
        }
    }
}

fn links_all(q: &Array2<f64>) -> bool {
    let n = q.ncols();
    // The rows, then the columns.
    let mut is_reached = vec![false; 2 * n];
    let mut fresh = vec![0];
    while let Some(place) = fresh.pop() {
        if std::mem::replace(&mut is_reached[place], true) {
            continue;
        }
        let (entries, others) =
            if place < n { (q.row(place), n) } else { (q.column(place - n), 0) };
        let linked = (0..n).filter(|&i| 2.0 * n as f64 * entries[i].powi(2) >= 1.0);
        fresh.extend(linked.map(|i| others + i));
    }
    is_reached.into_iter().all(|is_reached| is_reached)
}
