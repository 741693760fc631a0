//! From a neuron, by pairs there are and pairs there may be in turn, to the free one that is covered first.

use super::side::{Half, Set};

/// Buffers kept from one search to the next, so that a search need not allocate them again.
pub(super) struct Search {
    unseen: Set,
    /// Of each neuron that is seen the partner it has in the new pairs, one of the other side.
    step: Vec<usize>,
    queue: Vec<usize>,
}

impl Search {
    pub(super) fn new(count: usize) -> Self {
        Self { unseen: Set::all(count), step: vec![0; count], queue: Vec::with_capacity(count) }
    }

    /// Frees a neuron of the partner it may have, which goes to another neuron, and so on until one is met that was
    /// free: of all that can be, that of lowest rank, by a shortest path. Gives that one; `changed` is called with the
    /// neurons and partners of all new pairs.
    pub(super) fn free(
        &mut self,
        start: usize,
        own: &mut Half,
        other: &mut Half,
        mut changed: impl FnMut(usize, usize),
    ) -> usize {
        let end = self.nearest_free(start, own, other);
        let mut neuron = end;
        while neuron != start {
            let partner = self.step[neuron];
            let before = other.partner[partner].replace(neuron);
            own.partner[neuron] = Some(partner);
            changed(neuron, partner);
            neuron = before.expect("a path goes over partners that were taken");
        }
        end
    }

    fn nearest_free(&mut self, start: usize, own: &mut Half, other: &Half) -> usize {
        if own.is_free(start) {
            return start;
        }
        self.unseen.fill();
        self.unseen.remove(start);
        self.queue.clear();
        self.queue.push(start);
        let (first, mut best, mut next) = (own.first_free(), None, 0);
        while next < self.queue.len() {
            let neuron = self.queue[next];
            next += 1;
            if let Some(partner) = own.partner[neuron] {
                let (step, queue) = (&mut self.step, &mut self.queue);
                other.take_neighbours(partner, &mut self.unseen, |seen| {
                    step[seen] = partner;
                    queue.push(seen);
                });
            } else {
                let is_better = |best: usize| own.rank[neuron] < own.rank[best];
                best = best.filter(|&best| !is_better(best)).or(Some(neuron));
                if best == first {
                    break;
                }
            }
        }
        best.expect("a free neuron is in reach where a path was found")
    }
}
