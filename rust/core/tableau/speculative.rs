//! Speculative removals, which can be undone at the cost of a few rows.

use super::downdate::{self, Preview};
use super::members::Members;
use super::{Tableau, is_square};
use crate::error::Result;
use crate::invariant::pairs;
use crate::progress::Progress;

impl Tableau<'_> {
    /// The predictors, not known yet, without which one of the targets is above the limit, in no order. Needs a
    /// tableau without pending deletions.
    pub(crate) fn needed_at_once(
        &self,
        targets: &[usize],
        limit: f64,
        is_known: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = usize> {
        let downdate = self.deleting();
        let mut targets: Vec<usize> = targets.iter().map(|&t| self.targets.place[t]).collect();
        // In the order in which they lie in memory.
        targets.sort_unstable();
        let unknown = self.predictors.present().filter(move |&(_, neuron)| !is_known(neuron));
        let needed = unknown.filter(move |&(j, _)| {
            targets.iter().any(|&t| self.squares[t] + downdate.loss(j, t) > limit)
        });
        needed.map(|(_, neuron)| neuron)
    }

    /// Whether deleting these predictors together is seen to take a target that must stay above the limit:
    /// far cheaper than to factor what would be left. Needs a tableau without pending deletions.
    pub(crate) fn is_too_much(
        &self,
        predictors: &[usize],
        limit: f64,
        must_stay: impl Fn(usize) -> bool,
        progress: &Progress,
    ) -> Result<bool> {
        let staying = self.targets.present().filter(|&(_, neuron)| must_stay(neuron));
        let staying: Vec<usize> = staying.map(|(place, _)| place).collect();
        // Beyond half of the predictors this is no longer cheaper.
        if staying.is_empty() || 2 * predictors.len() > self.predictors.count {
            return Ok(false);
        }
        let places: Vec<usize> =
            predictors.iter().map(|&neuron| self.predictors.place[neuron]).collect();
        let Some(losses) = self.deleting().losses(&places, &staying, progress)? else {
            return Ok(false);
        };
        let mut losses = pairs(&staying, &losses);
        Ok(losses.any(|(&place, loss)| self.squares[place] + loss > limit))
    }

    /// Whether so few predictors are to be removed that a preview is worth beginning.
    pub(super) fn is_previewed(&self, predictors: usize) -> bool {
        4 * predictors <= self.predictors.count
    }

    /// A preview in which nothing is deleted yet. The tableau itself stays as it is. Needs a tableau without
    /// pending deletions.
    pub(super) fn preview(&self) -> Result<Preview> {
        Preview::new(self.squares.clone())
    }

    /// Removes more from a preview. Returns false where the preview can no longer tell what is left, or where
    /// factoring afresh soon costs no more.
    pub(super) fn remove_from(
        &self,
        preview: &mut Preview,
        targets: &[usize],
        predictors: &[usize],
        progress: &Progress,
    ) -> Result<bool> {
        for &neuron in targets {
            preview.squares[self.targets.place[neuron]] = f64::NEG_INFINITY;
        }
        if predictors.is_empty() {
            return Ok(true);
        }
        if 2 * (preview.count() + predictors.len()) > self.predictors.count {
            return Ok(false);
        }
        let places: Vec<usize> =
            predictors.iter().map(|&neuron| self.predictors.place[neuron]).collect();
        Ok(preview.delete(&places, self.deleting(), progress)?
            && preview.squares.iter().all(|&square| is_square(square)))
    }

    /// The targets of a preview whose r² is above the limit, in no order.
    pub(super) fn targets_above(
        &self,
        preview: &Preview,
        limit: f64,
    ) -> impl Iterator<Item = usize> {
        let targets = pairs(&self.targets.neurons, &preview.squares);
        targets.filter(move |&(_, &square)| square > limit).map(|(&neuron, _)| neuron)
    }

    pub(crate) fn save(&mut self) -> SavedTableau {
        SavedTableau {
            predictors: self.predictors.clone(),
            targets: self.targets.clone(),
            squares: self.squares.clone(),
            recomputed: self.recomputed,
            downdate: self.state.downdate().save(),
        }
    }

    pub(crate) fn restore(&mut self, saved: SavedTableau) {
        self.state.downdate().restore(&saved.downdate);
        self.predictors = saved.predictors;
        self.targets = saved.targets;
        self.squares = saved.squares;
        self.recomputed = saved.recomputed;
    }

    /// Removes neurons so that [`Tableau::restore`] can undo it. Returns false where it had to stop in the middle.
    pub(crate) fn remove_reversibly(
        &mut self,
        targets: &[usize],
        predictors: &[usize],
    ) -> Result<bool> {
        self.drop_targets(targets);
        if predictors.is_empty() || self.targets.count == 0 {
            return Ok(true);
        }
        let is_removed = self.state.downdate().has_room(predictors.len())
            && !self.is_cheaper_afresh(predictors.len())
            && predictors.iter().all(|&neuron| self.delete_one(neuron));
        self.check_squares()?;
        Ok(is_removed)
    }
}

/// A tableau before a speculative removal.
#[derive(Debug)]
pub(crate) struct SavedTableau {
    predictors: Members,
    targets: Members,
    squares: Vec<f64>,
    recomputed: usize,
    downdate: downdate::Saved,
}
