//! A set of neurons from which some are removed, and the residual of each on those left of the other side.

use crate::error::{Purpose, Result};
use crate::memory;
use crate::neurons::Side;
use crate::problem::Problem;
use crate::progress::Progress;

use super::{Preview, SavedTableau, Tableau};

/// The neurons not removed yet, and the residual of each on those of the other side.
#[derive(Debug)]
pub(crate) struct TableauPair<'p> {
    problem: &'p Problem,
    /// x as targets.
    x: Tableau<'p>,
    /// y as targets.
    y: Tableau<'p>,
}

impl<'p> TableauPair<'p> {
    pub(crate) fn all(problem: &'p Problem, progress: &Progress) -> Result<Self> {
        let places = |side| problem.places(side).collect::<Vec<_>>();
        Self::new(problem, &places(Side::X), &places(Side::Y), progress)
    }

    /// The named neurons, x first, ascending.
    pub(crate) fn of(problem: &'p Problem, neurons: &[usize], progress: &Progress) -> Result<Self> {
        let (x, y) = neurons.split_at(neurons.partition_point(|&n| problem.side(n) == Side::X));
        Self::new(problem, x, y, progress)
    }

    pub(crate) fn new(
        problem: &'p Problem,
        x: &[usize],
        y: &[usize],
        progress: &Progress,
    ) -> Result<Self> {
        // They are taken one by one: what does not fit as a whole is not begun.
        let bytes = Tableau::bytes(y.len(), x.len());
        let bytes = bytes.saturating_add(Tableau::bytes(x.len(), y.len()));
        memory::require(bytes, Purpose::Solver)?;
        let (on_y, on_x) = rayon::join(
            || Tableau::new(problem, y, x, progress),
            || Tableau::new(problem, x, y, progress),
        );
        Ok(Self { problem, x: on_y?, y: on_x? })
    }

    pub(crate) fn try_clone(&self) -> Result<Self> {
        Ok(Self { problem: self.problem, x: self.x.try_clone()?, y: self.y.try_clone()? })
    }

    pub(crate) fn problem(&self) -> &'p Problem {
        self.problem
    }

    /// r² of every neuron that is left, in no order.
    pub(crate) fn squares(&self) -> impl Iterator<Item = (usize, f64)> {
        self.x.squares().chain(self.y.squares())
    }

    /// The largest r² there is; -inf where no neuron is left.
    pub(crate) fn largest_square(&self) -> f64 {
        self.x.largest_square().max(self.y.largest_square())
    }

    /// The neurons whose r² is at least this, x first, ascending.
    pub(crate) fn neurons_from(&self, square: f64) -> Vec<usize> {
        ascending(self.x.targets_from(square).chain(self.y.targets_from(square)))
    }

    /// The neurons of whose r² this is true, x first, ascending.
    pub(crate) fn neurons_where(&self, chosen: impl Fn(f64) -> bool) -> Vec<usize> {
        ascending(self.squares().filter(|&(_, square)| chosen(square)).map(|(neuron, _)| neuron))
    }

    pub(crate) fn neurons(&self) -> Vec<usize> {
        self.neurons_where(|_| true)
    }

    pub(crate) fn remove(&mut self, neurons: &[usize], progress: &Progress) -> Result<()> {
        let (x, y) = self.split(neurons);
        if x.is_empty() || y.is_empty() {
            // One tableau loses targets, at no cost: what the other keeps at hand stays with this core.
            self.x.remove(&x, &y, progress)?;
            return self.y.remove(&y, &x, progress);
        }
        let (on_y, on_x) =
            rayon::join(|| self.x.remove(&x, &y, progress), || self.y.remove(&y, &x, progress));
        on_y.and(on_x)
    }

    /// The smallest pivot of the factors: small where columns are nearly dependent, and r² is less sure.
    pub(crate) fn smallest_pivot(&self) -> f64 {
        self.x.smallest_pivot().min(self.y.smallest_pivot())
    }

    /// How often a row had lost its digits when it was needed.
    pub(crate) fn refreshes(&self) -> usize {
        self.x.refreshes() + self.y.refreshes()
    }

    /// Prepares for speculative removals and for [`TableauPair::needed_at_once`].
    pub(crate) fn prepare(&mut self, progress: &Progress) -> Result<()> {
        for tableau in [&mut self.x, &mut self.y] {
            tableau.prepare(progress)?;
            tableau.apply_pending()?;
            tableau.renew(progress)?;
        }
        Ok(())
    }

    /// The neurons, not known yet, whose loss alone takes one of `neurons` above the limit at once, in no order.
    /// Needs to be prepared.
    pub(crate) fn needed_at_once(
        &self,
        neurons: &[usize],
        limit: f64,
        is_known: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        let (x, y) = self.split(neurons);
        let of_x = self.x.needed_at_once(&x, limit, &is_known);
        of_x.chain(self.y.needed_at_once(&y, limit, &is_known)).collect()
    }

    /// Whether the loss of all of `gone` together is seen to take a neuron that must stay above the limit at
    /// once. Needs to be prepared.
    pub(crate) fn is_too_much(
        &self,
        gone: &[usize],
        limit: f64,
        must_stay: impl Fn(usize) -> bool,
        progress: &Progress,
    ) -> Result<bool> {
        let (x, y) = self.split(gone);
        Ok(self.x.is_too_much(&y, limit, &must_stay, progress)?
            || self.y.is_too_much(&x, limit, &must_stay, progress)?)
    }

    /// Whether a preview without these neurons costs little even if it fails: they are at most a quarter of each side.
    pub(crate) fn is_previewed(&self, neurons: &[usize]) -> bool {
        let (x, y) = self.split(neurons);
        self.x.is_previewed(y.len()) && self.y.is_previewed(x.len())
    }

    /// A preview from which nothing is removed yet. Needs to be prepared.
    pub(crate) fn preview(&self) -> Result<PairPreview> {
        Ok(PairPreview { x: self.x.preview()?, y: self.y.preview()? })
    }

    /// Removes more from a preview of this set. Returns false where the preview can no longer tell what is left, or
    /// where factoring afresh soon costs no more.
    pub(crate) fn remove_from(
        &self,
        preview: &mut PairPreview,
        neurons: &[usize],
        progress: &Progress,
    ) -> Result<bool> {
        let (x, y) = self.split(neurons);
        let (on_y, on_x) = rayon::join(
            || self.x.remove_from(&mut preview.x, &x, &y, progress),
            || self.y.remove_from(&mut preview.y, &y, &x, progress),
        );
        Ok(on_y? && on_x?)
    }

    /// The neurons left in a preview of this set whose r² is above the limit, x first, ascending.
    pub(crate) fn neurons_above(&self, preview: &PairPreview, limit: f64) -> Vec<usize> {
        let of_x = self.x.targets_above(&preview.x, limit);
        ascending(of_x.chain(self.y.targets_above(&preview.y, limit)))
    }

    /// The state before a speculative removal. Needs to be prepared.
    pub(crate) fn save(&mut self) -> SavedPair {
        SavedPair { x: self.x.save(), y: self.y.save() }
    }

    pub(crate) fn restore(&mut self, saved: SavedPair) {
        self.x.restore(saved.x);
        self.y.restore(saved.y);
    }

    /// Removes neurons so that [`TableauPair::restore`] can undo it. Returns false where it had to stop in the middle.
    pub(crate) fn remove_reversibly(&mut self, neurons: &[usize]) -> Result<bool> {
        let (x, y) = self.split(neurons);
        Ok(self.x.remove_reversibly(&x, &y)? && self.y.remove_reversibly(&y, &x)?)
    }

    fn split(&self, neurons: &[usize]) -> (Vec<usize>, Vec<usize>) {
        neurons.iter().partition(|&&neuron| self.problem.side(neuron) == Side::X)
    }
}

/// Neurons in joint order, wherever they lie in a tableau.
fn ascending(neurons: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut neurons: Vec<usize> = neurons.collect();
    neurons.sort_unstable();
    neurons
}

/// A preview of a [`TableauPair`] without some neurons. The pair itself stays as it is.
#[derive(Debug)]
pub(crate) struct PairPreview {
    x: Preview,
    y: Preview,
}

/// A [`TableauPair`] before a speculative removal.
#[derive(Debug)]
pub(crate) struct SavedPair {
    x: SavedTableau,
    y: SavedTableau,
}
