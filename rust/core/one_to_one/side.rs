//! One side of a graph between two: whom each neuron may be paired with, and is.

use crate::error::{Purpose, Result};
use crate::memory;

/// Neurons in a word of a set.
const WORD: usize = 64;

/// One side.
pub(super) struct Half {
    /// Row by row: the neurons of the other side that one may be paired with, a bit each.
    neighbours: Vec<u64>,
    /// Words of a row.
    words: usize,
    /// Whether a row has any.
    has_neighbours: Vec<bool>,
    /// The partner of each neuron that is covered.
    pub(super) partner: Vec<Option<usize>>,
    /// The place of each neuron among those to be covered first.
    pub(super) rank: Vec<usize>,
    /// Neurons by rank.
    order: Vec<usize>,
    /// All before this one, by rank, are covered.
    first_free: usize,
}

impl Half {
    /// A side without edges. Neurons of smaller `nearest` are to be covered first; of those alike the first.
    pub(super) fn new(nearest: &[f64], others: usize) -> Result<Self> {
        let (count, words) = (nearest.len(), others.div_ceil(WORD));
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| nearest[a].total_cmp(&nearest[b]));
        let mut rank = vec![0; count];
        for (place, &neuron) in order.iter().enumerate() {
            rank[neuron] = place;
        }
        Ok(Self {
            neighbours: memory::repeated(0, count.saturating_mul(words), Purpose::Solver)?,
            words,
            has_neighbours: vec![false; count],
            partner: vec![None; count],
            rank,
            order,
            first_free: 0,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.partner.len()
    }

    pub(super) fn add_neighbour(&mut self, neuron: usize, other: usize) {
        self.neighbours[neuron * self.words + other / WORD] |= 1 << (other % WORD);
        self.has_neighbours[neuron] = true;
    }

    /// Takes out of a set the neighbours of a neuron, and gives them, rising.
    pub(super) fn take_neighbours(
        &self,
        neuron: usize,
        set: &mut Set,
        mut each: impl FnMut(usize),
    ) {
        if !self.has_neighbours[neuron] {
            return;
        }
        let row = &self.neighbours[neuron * self.words..][..self.words];
        for (place, (&word, left)) in row.iter().zip(&mut set.words).enumerate() {
            let mut taken = word & *left;
            if taken != 0 {
                *left &= !taken;
                while taken != 0 {
                    each(place * WORD + taken.trailing_zeros() as usize);
                    taken &= taken - 1;
                }
            }
        }
    }

    pub(super) fn is_free(&self, neuron: usize) -> bool {
        self.partner[neuron].is_none()
    }

    /// The free neuron that is to be covered before all others.
    pub(super) fn first_free(&mut self) -> Option<usize> {
        while self.order.get(self.first_free).is_some_and(|&neuron| !self.is_free(neuron)) {
            self.first_free += 1;
        }
        self.order.get(self.first_free).copied()
    }
}

/// Some neurons of a side, a bit each.
pub(super) struct Set {
    words: Vec<u64>,
}

impl Set {
    pub(super) fn all(count: usize) -> Self {
        Self { words: vec![u64::MAX; count.div_ceil(WORD)] }
    }

    pub(super) fn fill(&mut self) {
        self.words.fill(u64::MAX);
    }

    pub(super) fn holds(&self, neuron: usize) -> bool {
        self.words[neuron / WORD] >> (neuron % WORD) & 1 == 1
    }

    pub(super) fn remove(&mut self, neuron: usize) {
        self.words[neuron / WORD] &= !(1 << (neuron % WORD));
    }
}
