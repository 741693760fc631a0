//! One v-minimum match: a match that holds v and inside which no smaller match does.

use crate::closure::{Speculation, remove_speculatively};
use crate::error::{Error, Result};
use crate::maximum_match::MaximumMatch;
use crate::neurons::{Neuron, NeuronSet};
use crate::progress::Progress;
use crate::random::shuffle;
use crate::solved::Solved;
use crate::tableau::TableauPair;

/// A v-minimum match, and what it took to find.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MinimumMatch {
    /// The match.
    pub neurons: NeuronSet,
    /// How many closures M(S \ D, ε) were tried.
    pub closures: usize,
}

impl MaximumMatch<'_> {
    /// One v-minimum match (Wang et al. 2018, algorithm 2), `None` where v is outside M(ε).
    ///
    /// The paper tries to delete every other neuron in turn. But "v in M(S, ε)" is monotone in S, so whole
    /// chunks can be tried at once: all that is not known to be needed first, then half of it after every
    /// failure, twice as much after every success. With m neurons in M(ε) and k in the result that takes at
    /// most about 3 k log2(1 + m/k) + log2 m closures (Marques-Silva, Janota & Belov 2013, "progression").
    /// A chunk that a closure would refuse at once is not tried either. `seed` orders the neurons that are
    /// tried; for ε > 0 a neuron can have many minimum matches.
    ///
    /// # Errors
    /// [`Error::NoSuchNeuron`], [`Error::OutOfMemory`], [`Error::Interrupted`].
    pub fn minimum_match(&self, neuron: Neuron, seed: u64) -> Result<Solved<Option<MinimumMatch>>> {
        let count = self.problem().count(neuron.side);
        if neuron.index >= count {
            return Err(Error::NoSuchNeuron { neuron, count });
        }
        self.ask(|matched| {
            let problem = matched.problem();
            let is_asked = |place: &&usize| problem.live()[**place] == neuron;
            let Some(&place) = matched.places().iter().find(is_asked) else { return Ok(None) };
            let search = Search::new(matched.tableau().try_clone()?, place, matched.limit());
            let (neurons, closures) = search.run(seed, matched.progress())?;
            Ok(Some(MinimumMatch { neurons: problem.set(neurons), closures }))
        })
    }
}

/// The search for one v-minimum match inside a match S.
pub(crate) struct Search<'p> {
    /// S: a match that holds v, shrinking. Prepared.
    within: TableauPair<'p>,
    limit: f64,
    /// By place: every match inside S that holds v holds this neuron.
    needed: Vec<bool>,
    /// The needed neurons whose own needs have not been looked up in the present S.
    fresh: Vec<usize>,
    closures: usize,
}

impl<'p> Search<'p> {
    pub(crate) fn new(within: TableauPair<'p>, neuron: usize, limit: f64) -> Self {
        let mut needed = vec![false; within.problem().live().len()];
        needed[neuron] = true;
        Self { within, limit, needed, fresh: vec![neuron], closures: 0 }
    }

    /// The neurons of the match, ascending, and the number of closures.
    pub(crate) fn run(mut self, seed: u64, progress: &Progress) -> Result<(Vec<usize>, usize)> {
        let mut order = self.within.neurons();
        shuffle(&mut order, seed);
        let mut chunk = order.len();
        loop {
            self.look_up_needs();
            order.retain(|&neuron| !self.needed[neuron]);
            if order.is_empty() {
                return Ok((self.within.neurons(), self.closures));
            }
            let tried = &order[..chunk.min(order.len())];
            self.closures += 1;
            if self.shrink(tried, progress)? {
                chunk = 2 * tried.len();
                let mut left = vec![false; self.needed.len()];
                for neuron in self.within.neurons() {
                    left[neuron] = true;
                }
                order.retain(|&neuron| left[neuron]);
                // Residuals have grown: every needed neuron may need more.
                self.fresh = (0..self.needed.len()).filter(|&i| self.needed[i]).collect();
            } else if let &[neuron] = tried {
                self.need(neuron);
                chunk = 1;
            } else {
                chunk = tried.len() / 2;
            }
        }
    }

    /// S <- M(S \ gone), unless that loses a needed neuron.
    fn shrink(&mut self, gone: &[usize], progress: &Progress) -> Result<bool> {
        let needed = |neuron: usize| self.needed[neuron];
        match remove_speculatively(&mut self.within, gone, self.limit, needed, progress)? {
            Speculation::Refused => return Ok(false),
            Speculation::InPlace(_) => {}
            Speculation::Foreseen(lost) => self.within.remove(&lost, progress)?,
            Speculation::Afresh(closure) => self.within = *closure,
        }
        self.within.prepare(progress)?;
        Ok(true)
    }

    /// Refusals that need no closure. If losing u alone takes v above ε at once, every match in S that
    /// holds v holds u. And so on from u: a match that holds v holds u, and hence what u needs.
    fn look_up_needs(&mut self) {
        while !self.fresh.is_empty() {
            let fresh = std::mem::take(&mut self.fresh);
            let is_known = |neuron: usize| self.needed[neuron];
            for neuron in self.within.needed_at_once(&fresh, self.limit, is_known) {
                self.need(neuron);
            }
        }
    }

    fn need(&mut self, neuron: usize) {
        if !std::mem::replace(&mut self.needed[neuron], true) {
            self.fresh.push(neuron);
        }
    }
}
