//! Neurons that are others over again, taken together.

use std::sync::Arc;

use rayon::prelude::*;

use super::Problem;
use crate::error::Result;

/// Two columns with `1 - |cos|` below this may be one column, seen twice.
const DUPLICATE: f64 = 1e-13;
/// They are if their cosines with all others differ by no more than this. Unit columns with the first alone
/// may be 4e-7 apart, which is not nothing beside δ; this moves r² by at most about (1e-12 / δ)².
const SAME_COSINE: f64 = 1e-12;

impl Problem {
    /// For each neuron, whether one before it, of the same side, is parallel to it as far as their cosine
    /// tells: few are, and to tell takes one pass over the cosines.
    fn have_parallel(&self) -> Vec<bool> {
        let places = (0..self.live.len()).into_par_iter();
        let earlier = |place| &self.cosines(place)[self.places(self.side(place)).start..place];
        places.map(|place| earlier(place).iter().any(|&cosine| are_parallel(cosine))).collect()
    }

    fn are_duplicates(&self, a: usize, b: usize) -> bool {
        let cosine = self.cosines(a)[b];
        let mut others = self.cosines(a).iter().zip(self.cosines(b));
        are_parallel(cosine) && others.all(|(a, b)| (a - cosine.signum() * b).abs() <= SAME_COSINE)
    }

    /// The problem with every group of duplicates as one neuron, and for each neuron its place there.
    ///
    /// m copies of a column with coefficients w / m each cost `λ|w|² / m`: one column with the ridge
    /// λ / m. Copies have the same residual at every step of a peel, so they go together, and the
    /// critical ε are the same. (Not so in searches: x = y1 = y2 has the minimum match {x, y1}.)
    pub(crate) fn merge_duplicates(&self) -> Result<(Self, Vec<usize>)> {
        let mut representatives: Vec<usize> = Vec::new();
        let mut multiplicity: Vec<f64> = Vec::new();
        let mut merged = Vec::with_capacity(self.live.len());
        for (place, has_parallel) in self.have_parallel().into_iter().enumerate() {
            let first =
                representatives.partition_point(|&r| r < self.places(self.side(place)).start);
            let twin_among = |earlier: &[usize]| {
                earlier.iter().position(|&other| self.are_duplicates(place, other))
            };
            let twin = has_parallel.then(|| twin_among(&representatives[first..])).flatten();
            let group = twin.map_or(representatives.len(), |offset| first + offset);
            if group == representatives.len() {
                representatives.push(place);
                multiplicity.push(1.0);
            } else {
                multiplicity[group] += 1.0;
            }
            merged.push(group);
        }
        if representatives.len() == self.live.len() {
            return Ok((self.clone(), merged));
        }
        let mut unit = self.unit.try_clone()?;
        unit.keep(&representatives, &representatives);
        let problem = Self {
            live: representatives.iter().map(|&r| self.live[r]).collect(),
            norms: representatives.iter().map(|&r| self.norms[r]).collect(),
            means: representatives.iter().map(|&r| self.means[r]).collect(),
            live_x: representatives.partition_point(|&r| r < self.live_x),
            unit: Arc::new(unit),
            multiplicity,
            ..self.clone()
        };
        Ok((problem, merged))
    }
}

fn are_parallel(cosine: f64) -> bool {
    1.0 - cosine.abs() <= DUPLICATE
}
