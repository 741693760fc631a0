//! From arrays to answers, and sets from critical values.

use std::sync::Arc;

use ndarray::{Array2, Axis, s};
use spanmatch::{Gram, NeuronSet, Problem, Progress, Spectrum, maximum_match, spectrum};

/// What every comparison with ε forgives (design, 3).
pub const TOLERANCE: f64 = 1e-7;

/// The activations of two networks on the same samples.
#[derive(Clone, Debug)]
pub struct Sides {
    pub x: Array2<f64>,
    pub y: Array2<f64>,
}

impl Sides {
    pub fn swapped(&self) -> Self {
        Self { x: self.y.clone(), y: self.x.clone() }
    }

    /// The columns of a set, as a pair of its own.
    pub fn columns(&self, set: &NeuronSet) -> Self {
        Self { x: self.x.select(Axis(1), set.x()), y: self.y.select(Axis(1), set.y()) }
    }

    pub fn gram(&self) -> Gram {
        self.gram_of_batches(&[self.x.nrows()])
    }

    /// The Gram of the rows cut into batches of these sizes.
    pub fn gram_of_batches(&self, sizes: &[usize]) -> Gram {
        let (mut gram, mut first) = (Gram::default(), 0);
        for &size in sizes {
            let rows = s![first..first + size, ..];
            gram.update(self.x.slice(rows), self.y.slice(rows)).unwrap();
            first += size;
        }
        assert_eq!(first, self.x.nrows());
        gram
    }

    pub fn problem(&self, center: bool) -> Problem {
        Problem::new(&self.gram(), center).unwrap()
    }

    /// The problem, and what tells how far its solvers are, and cancels them.
    pub fn watched_problem(&self) -> (Problem, Arc<Progress>) {
        let progress = Arc::new(Progress::default());
        (self.problem(false).with_progress(progress.clone()), progress)
    }

    pub fn spectrum(&self) -> Spectrum {
        spectrum_of(&self.problem(false))
    }

    pub fn maximum_match(&self, eps: f64) -> NeuronSet {
        maximum_match(&self.problem(false), eps).unwrap().answer
    }
}

pub fn spectrum_of(problem: &Problem) -> Spectrum {
    spectrum(problem).unwrap()
}

pub fn spectrum_of_gram(gram: &Gram) -> Spectrum {
    spectrum_of(&Problem::new(gram, false).unwrap())
}

/// The neurons with a critical value of at most `limit`.
pub fn set_at(x: &[f64], y: &[f64], limit: f64) -> NeuronSet {
    let chosen = |side: &[f64]| (0..side.len()).filter(|&i| side[i] <= limit).collect();
    NeuronSet::new(chosen(x), chosen(y)).unwrap()
}

/// What compares equal exactly when every bit agrees, NaN included.
pub fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// The bits of both sides of a spectrum.
pub fn spectrum_bits(spectrum: &Spectrum) -> [Vec<u64>; 2] {
    [bits(&spectrum.x), bits(&spectrum.y)]
}

/// The largest difference of two vectors that hold NaN and infinity in the same places.
pub fn difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let pairs =
        a.iter().zip(b).filter(|(a, b)| a.to_bits() != b.to_bits() && !(a.is_nan() && b.is_nan()));
    pairs
        .map(|(a, b)| if (a - b).is_finite() { (a - b).abs() } else { f64::INFINITY })
        .fold(0.0, f64::max)
}

/// The largest difference of two spectra.
pub fn spectrum_difference(a: &Spectrum, b: &Spectrum) -> f64 {
    difference(&a.x, &b.x).max(difference(&a.y, &b.y))
}
