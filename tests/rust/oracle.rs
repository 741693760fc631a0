//! The slow oracle. It shares no algorithm with the crate: no Gram matrix, no Cholesky, no downdating.
//!
//! Every residual is a least-squares problem solved afresh on the unit columns, `r² = min |x - B w|² +
//! λ|w|²` as the plain problem on `[B; √λ I]`, through its singular vectors (one-sided Jacobi, which keeps
//! the small ones accurate). λ is δ² unless a ridge is given; what counts as exact is of δ. The rules of comparison are those of design section 3.
//!
//! It also says how far a Gram matrix can be trusted: a relative rounding error E in it changes r² by
//! at most `E (1 + |w|₁)²`, w the coefficients. That is nothing until columns are nearly dependent.

use ndarray::Array2;
use spanmatch::NeuronSet;

use crate::common::{Sides, TOLERANCE};

pub struct Oracle {
    /// The unit column of every neuron of x, then of y; none where dead.
    sides: [Vec<Option<Vec<f64>>>; 2],
    delta: f64,
    /// √λ.
    root: f64,
}

/// A residual, and how far it may be off where it is computed from a Gram matrix.
#[derive(Clone, Copy, Debug)]
pub struct Residual {
    pub value: f64,
    /// Of r².
    pub doubt: f64,
}

/// Critical ε, not rounded down to 0 where exact; infinite where dead.
#[derive(Clone, Debug)]
pub struct Critical {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    /// How far those above EXACT may be off where they are computed from a Gram matrix.
    pub doubt: f64,
}

impl Critical {
    pub fn all(&self) -> Vec<f64> {
        [&self.x[..], &self.y].concat()
    }
}

/// The relative error of a Gram matrix: some roundings of float64. Half of it is met in these tests.
const GRAM_ERROR: f64 = 2e-15;

/// A set of neurons as flags, x and y.
type Flags = [Vec<bool>; 2];

impl Oracle {
    pub fn new(sides: &Sides, center: bool) -> Self {
        let n = sides.x.ncols() + sides.y.ncols();
        let rounding = 4.0 * n as f64 * 2.0_f64.powi(-53);
        let delta = rounding.sqrt().max(1e-6);
        let sides = [&sides.x, &sides.y].map(|side| unit_columns(side, center));
        Self { sides, delta, root: delta }
    }

    pub fn with_ridge(self, ridge: f64) -> Self {
        Self { root: ridge.sqrt(), ..self }
    }

    pub fn delta(&self) -> f64 {
        self.delta
    }

    /// EXACT: residuals up to this count as none.
    pub fn exact(&self) -> f64 {
        100.0 * self.delta
    }

    fn limit(&self, eps: f64) -> f64 {
        eps.max(self.exact()) + TOLERANCE
    }

    /// Every neuron's residual on the chosen ones of the other side; NaN where dead.
    pub fn residuals(&self, chosen: &NeuronSet) -> [Vec<Residual>; 2] {
        self.residuals_on(&self.flags(chosen))
    }

    pub fn is_match(&self, eps: f64, set: &NeuronSet) -> bool {
        let (flags, limit) = (self.flags(set), self.limit(eps));
        let residuals = self.residuals_on(&flags);
        // A dead neuron has the residual NaN, which is no match.
        members(&flags).all(|(side, i)| residuals[side][i].value <= limit)
    }

    /// The naive peel, one neuron a step.
    pub fn critical(&self) -> Critical {
        let mut remaining = self.live();
        let [x, y] = self.sides.clone().map(|side| vec![f64::INFINITY; side.len()]);
        let mut critical = Critical { x, y, doubt: 0.0 };
        let mut smallest = 1.0_f64;
        loop {
            let residuals = self.residuals_on(&remaining);
            let by_residual = |a: &(usize, usize), b: &(usize, usize)| {
                residuals[a.0][a.1].value.total_cmp(&residuals[b.0][b.1].value)
            };
            let Some((side, i)) = members(&remaining).max_by(by_residual) else {
                return critical;
            };
            let Residual { value, doubt } = residuals[side][i];
            if value > self.exact() {
                critical.doubt = critical.doubt.max(doubt / (2.0 * value));
            }
            smallest = smallest.min(value);
            *(if side == 0 { &mut critical.x[i] } else { &mut critical.y[i] }) = smallest;
            remaining[side][i] = false;
        }
    }

    /// M(ε), by deleting violators until none is left.
    pub fn maximum_match(&self, eps: f64) -> NeuronSet {
        let mut remaining = self.live();
        loop {
            let residuals = self.residuals_on(&remaining);
            let violators: Vec<_> = members(&remaining)
                .filter(|&(side, i)| residuals[side][i].value > self.limit(eps))
                .collect();
            if violators.is_empty() {
                return set_of(&remaining);
            }
            for (side, i) in violators {
                remaining[side][i] = false;
            }
        }
    }

    /// M(ε) by its definition: the union of all matches, found by trying every set of neurons.
    pub fn union_of_all_matches(&self, eps: f64) -> NeuronSet {
        let [n_x, n_y] = [self.sides[0].len(), self.sides[1].len()];
        let mut union = [vec![false; n_x], vec![false; n_y]];
        for subset in 0..1_u32 << (n_x + n_y) {
            let holds = |i: usize| subset >> i & 1 == 1;
            let flags = [(0..n_x).map(holds).collect(), (n_x..n_x + n_y).map(holds).collect()];
            if self.is_match(eps, &set_of(&flags)) {
                for (side, i) in members(&flags) {
                    union[side][i] = true;
                }
            }
        }
        set_of(&union)
    }

    fn live(&self) -> Flags {
        self.sides.clone().map(|side| side.iter().map(Option::is_some).collect())
    }

    fn flags(&self, set: &NeuronSet) -> Flags {
        let mut flags = self.sides.clone().map(|side| vec![false; side.len()]);
        for (side, index) in [set.x(), set.y()].into_iter().enumerate() {
            for &i in index {
                flags[side][i] = true;
            }
        }
        flags
    }

    fn residuals_on(&self, chosen: &Flags) -> [Vec<Residual>; 2] {
        [0, 1].map(|side| {
            let other = self.sides[1 - side].iter().zip(&chosen[1 - side]);
            let basis =
                other.filter(|&(_, &chosen)| chosen).filter_map(|(column, _)| column.clone());
            let basis = singular_vectors(basis.collect(), self.root);
            let distance = |target| distance(target, &basis, self.root);
            self.sides[side].iter().map(|target| distance(target.as_deref())).collect()
        })
    }
}

fn members(flags: &Flags) -> impl Iterator<Item = (usize, usize)> {
    (0..2).flat_map(move |side| {
        (0..flags[side].len()).filter(move |&i| flags[side][i]).map(move |i| (side, i))
    })
}

fn set_of(flags: &Flags) -> NeuronSet {
    let index = |side: &[bool]| (0..side.len()).filter(|&i| side[i]).collect();
    NeuronSet::new(index(&flags[0]), index(&flags[1])).unwrap()
}

fn unit_columns(side: &Array2<f64>, center: bool) -> Vec<Option<Vec<f64>>> {
    let columns = side.columns().into_iter().map(|column| {
        let mut column = column.to_vec();
        let constant = column.iter().all(|value| value - column[0] == 0.0);
        if constant && (center || column[0] == 0.0) {
            return None;
        }
        let largest = column.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        // By a power of two: division by anything else would round.
        let scale = largest.log2().floor().exp2().recip();
        for value in &mut column {
            *value *= scale;
        }
        if center {
            // Twice: the second pass takes away what rounding left of a mean that is huge.
            for _ in 0..2 {
                let mean = column.iter().sum::<f64>() / column.len() as f64;
                for value in &mut column {
                    *value -= mean;
                }
            }
        }
        let norm = dot(&column, &column).sqrt();
        Some(column.iter().map(|value| value / norm).collect())
    });
    columns.collect()
}

/// Left singular vectors of `[B; √λ I]`: its columns are rotated in pairs until all are orthogonal.
fn singular_vectors(mut columns: Vec<Vec<f64>>, root: f64) -> Vec<Vec<f64>> {
    const SWEEPS: usize = 60;
    let n = columns.len();
    for (j, column) in columns.iter_mut().enumerate() {
        column.extend((0..n).map(|i| if i == j { root } else { 0.0 }));
    }
    for sweep in 0.. {
        assert!(sweep < SWEEPS, "the oracle's Jacobi rotations do not converge");
        let mut rotated = false;
        for j in 1..n {
            let (before, rest) = columns.split_at_mut(j);
            for a in before {
                rotated |= orthogonalise(a, &mut rest[0]);
            }
        }
        if !rotated {
            break;
        }
    }
    for column in &mut columns {
        let norm = dot(column, column).sqrt();
        for value in column {
            *value /= norm;
        }
    }
    columns
}

/// One Jacobi rotation; false where the two columns are orthogonal already.
fn orthogonalise(a: &mut [f64], b: &mut [f64]) -> bool {
    let (aa, bb, ab) = (dot(a, a), dot(b, b), dot(a, b));
    if ab.abs() <= 1e-15 * (aa * bb).sqrt() {
        return false;
    }
    let zeta = (bb - aa) / (2.0 * ab);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = cosine * tangent;
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
    true
}

/// The distance of a unit column, padded with zeros, from the span of an orthonormal basis; NaN for none.
fn distance(target: Option<&[f64]>, basis: &[Vec<f64>], root: f64) -> Residual {
    let Some(target) = target else { return Residual { value: f64::NAN, doubt: 0.0 } };
    let mut rest = target.to_vec();
    rest.resize(basis.first().map_or(target.len(), Vec::len), 0.0);
    // Twice: the second pass takes away what rounding left.
    for _ in 0..2 {
        for vector in basis {
            let along = dot(vector, &rest);
            rest.iter_mut().zip(vector).for_each(|(value, unit)| *value -= along * unit);
        }
    }
    // `[x; 0] - [B; √λ I] w`: below, the coefficients.
    let coefficients = rest[target.len()..].iter().map(|value| (value / root).abs());
    let doubt = GRAM_ERROR * (1.0 + coefficients.sum::<f64>()).powi(2);
    Residual { value: dot(&rest, &rest).sqrt(), doubt }
}

/// In lanes, so that the compiler can use the processor's vectors.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut lanes = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f64>() + rest
}
