//! A maximum matching of a bipartite graph, kept maximum while edges are added.

use super::search::Search;
use super::side::{Half, Set};
use crate::error::Result;

/// The matching, and what alternating paths from free x come to: an edge between two neurons makes an augmenting
/// path exactly where its x is reached and from its y a free one can be. All other edges are looked at once.
///
/// After each augmentation the reached are found anew. Neighbours are bits, so that takes at most `n_x n_y / 64`
/// steps, and all augmentations together `n³ / 64` in a side's neurons n.
pub(super) struct Matching {
    x: Half,
    y: Half,
    is_reached: Vec<bool>,
    /// The y that no path from a free x comes to.
    unreached: Set,
    /// The reached x whose neighbours are still to be looked at.
    waiting: Vec<usize>,
    searches: [Search; 2],
    len: usize,
    /// The x whose partner may be another since the changes were taken.
    touched: Vec<usize>,
    /// Their partners then.
    taken: Vec<Option<usize>>,
}

impl Matching {
    /// No edges yet. Of free neurons in reach that of smallest value here is covered, then of lowest index.
    pub(super) fn new(nearest_x: &[f64], nearest_y: &[f64]) -> Result<Self> {
        let (n_x, n_y) = (nearest_x.len(), nearest_y.len());
        Ok(Self {
            x: Half::new(nearest_x, n_y)?,
            y: Half::new(nearest_y, n_x)?,
            is_reached: vec![true; n_x],
            unreached: Set::all(n_y),
            waiting: Vec::with_capacity(n_x),
            searches: [Search::new(n_x), Search::new(n_y)],
            len: 0,
            touched: Vec::new(),
            taken: vec![None; n_x],
        })
    }

    /// How many pairs there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds an edge; where that makes a larger matching, gives the x and the y that are covered now.
    pub(super) fn insert(&mut self, x: usize, y: usize) -> Option<(usize, usize)> {
        self.x.add_neighbour(x, y);
        self.y.add_neighbour(y, x);
        if !self.is_reached[x] || !self.unreached.holds(y) {
            return None;
        }
        self.unreached.remove(y);
        let meets_free = match self.y.partner[y] {
            None => true,
            Some(partner) => {
                self.reach(partner);
                self.reach_on()
            }
        };
        meets_free.then(|| self.augment(x, y))
    }

    /// The pairs that are new since this was last asked, x rising.
    pub(super) fn take_changes(&mut self) -> impl Iterator<Item = (usize, usize)> {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        touched.into_iter().filter_map(|x| {
            let partner = self.x.partner[x];
            let before = std::mem::replace(&mut self.taken[x], partner);
            partner.filter(|_| before != partner).map(|y| (x, y))
        })
    }

    /// Augments along a path over this edge. Without the edge there is no augmenting path, so that the two halves of
    /// the path share no neuron: otherwise there would be a path without it.
    fn augment(&mut self, x: usize, y: usize) -> (usize, usize) {
        let [from_x, from_y] = &mut self.searches;
        let touched = &mut self.touched;
        let covered_x = from_x.free(x, &mut self.x, &mut self.y, |x, _| touched.push(x));
        let covered_y = from_y.free(y, &mut self.y, &mut self.x, |_, x| touched.push(x));
        self.x.partner[x] = Some(y);
        self.y.partner[y] = Some(x);
        touched.push(x);
        self.len += 1;
        self.reach_anew();
        (covered_x, covered_y)
    }

    fn reach_anew(&mut self) {
        self.unreached.fill();
        self.waiting.clear();
        self.is_reached.fill(false);
        for x in 0..self.x.len() {
            if self.x.is_free(x) {
                self.reach(x);
            }
        }
        let meets_free = self.reach_on();
        debug_assert!(!meets_free, "a matching just augmented is maximum");
    }

    fn reach(&mut self, x: usize) {
        self.is_reached[x] = true;
        self.waiting.push(x);
    }

    /// Looks at the neighbours of all that wait; whether a free y is among them.
    fn reach_on(&mut self) -> bool {
        let Self { x: own, y: other, is_reached, unreached, waiting, .. } = self;
        let mut meets_free = false;
        while let Some(x) = waiting.pop() {
            own.take_neighbours(x, unreached, |y| match other.partner[y] {
                None => meets_free = true,
                Some(partner) => {
                    is_reached[partner] = true;
                    waiting.push(partner);
                }
            });
            if meets_free {
                return true;
            }
        }
        false
    }
}
