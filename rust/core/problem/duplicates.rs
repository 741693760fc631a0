//! Merges neurons that duplicate others.

use rayon::prelude::*;

use super::Problem;
use super::cosines::Cosines;

/// Two columns with `1 - |cos|` below this may be one column, seen twice.
const DUPLICATE: f64 = 1e-13;
/// They are if their cosines with all others differ by no more than this. Unit columns with the first alone
/// may be 4e-7 apart, which is not nothing beside δ; this moves r² by at most about (1e-12 / δ)².
const SAME_COSINE: f64 = 1e-12;

impl Problem {
    /// The problem with every group of duplicates as one neuron, and for each neuron its place there.
    ///
    /// m copies of a column with coefficients w / m each cost `λ|w|² / m`: one column with the ridge
    /// λ / m. Copies have the same residual at every step of a peel, so they go together, and the
    /// critical ε are the same. (Not so in searches: x = y1 = y2 has the minimum match {x, y1}.)
    pub(crate) fn merge_duplicates(&self) -> (Self, Vec<usize>) {
        let mut representatives: Vec<usize> = Vec::new();
        let mut multiplicity: Vec<f64> = Vec::new();
        let mut merged: Vec<Option<usize>> = vec![None; self.live.len()];
        let mut row = vec![0.0; self.live.len()];
        for (place, has_parallel) in self.have_parallel().into_iter().enumerate() {
            if merged[place].is_some() {
                continue;
            }
            let group = representatives.len();
            merged[place] = Some(group);
            representatives.push(place);
            multiplicity.push(1.0);
            if !has_parallel {
                continue;
            }
            self.cosines.write_row(place, &mut row);
            let behind = place + 1..self.places(self.side(place)).end;
            for (later, merged) in behind.clone().zip(&mut merged[behind]) {
                if merged.is_none() && self.repeats(later, place, &row) {
                    *merged = Some(group);
                    multiplicity[group] += 1.0;
                }
            }
        }
        let merged = merged.into_iter().flatten().collect();
        if representatives.len() == self.live.len() {
            return (self.clone(), merged);
        }
        let problem = Self {
            live: representatives.iter().map(|&r| self.live[r]).collect(),
            norms: representatives.iter().map(|&r| self.norms[r]).collect(),
            means: representatives.iter().map(|&r| self.means[r]).collect(),
            live_x: representatives.partition_point(|&r| r < self.live_x),
            cosines: self.cosines.select(&representatives),
            multiplicity,
            ..self.clone()
        };
        (problem, merged)
    }

    /// For each neuron, whether one behind it, of the same side, is parallel to it as far as their cosine tells: few are,
    /// and to tell takes one pass over the cosines.
    fn have_parallel(&self) -> Vec<bool> {
        let has_parallel = |cosines: &mut Vec<f64>, place: usize| {
            let behind = place + 1..self.places(self.side(place)).end;
            cosines.resize(behind.len(), 0.0);
            self.cosines.write(place, &self.cosines, behind, cosines);
            cosines.iter().any(|&cosine| are_parallel(cosine))
        };
        (0..self.live.len()).into_par_iter().map_init(Vec::new, has_parallel).collect()
    }

    /// Whether a neuron duplicates the one at a place, whose cosines are given.
    fn repeats(&self, other: usize, place: usize, row: &[f64]) -> bool {
        let sign = row[other].signum();
        let same = |(i, cosine): (usize, &f64)| {
            (cosine - sign * self.cosines.between(other, i)).abs() <= SAME_COSINE
        };
        debug_assert!(place < other, "the first of a group stands for it");
        are_parallel(row[other]) && row.iter().enumerate().all(same)
    }
}

impl Cosines {
    /// Writes the cosines of a neuron with all.
    fn write_row(&self, place: usize, row: &mut [f64]) {
        let (before, from_here) = row.split_at_mut(place);
        for (other, cosine) in before.iter_mut().enumerate() {
            *cosine = self.between(place, other);
        }
        self.write(place, self, place..self.len(), from_here);
    }
}

fn are_parallel(cosine: f64) -> bool {
    1.0 - cosine.abs() <= DUPLICATE
}
