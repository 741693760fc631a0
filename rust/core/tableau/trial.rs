//! Trials: removals that are taken back at the cost of a few rows.

use super::downdate;
use super::members::Members;
use super::{State, Tableau};

impl Tableau<'_> {
    /// For a target, every predictor with what r² would be without it. Needs a settled tableau.
    pub(crate) fn squares_without(&self, target: usize) -> impl Iterator<Item = (usize, f64)> {
        let State::Deleting(downdate) = &self.state else { unreachable!("prepared before") };
        let t = self.targets.place[target];
        let square = self.squares[t];
        self.predictors.present().map(move |(j, neuron)| (neuron, square + downdate.loss(j, t)))
    }

    pub(crate) fn save(&mut self) -> Saved {
        Saved {
            predictors: self.predictors.clone(),
            targets: self.targets.clone(),
            squares: self.squares.clone(),
            downdate: self.state.downdate().save(),
        }
    }

    pub(crate) fn restore(&mut self, saved: Saved) {
        self.state.downdate().restore(saved.downdate);
        self.predictors = saved.predictors;
        self.targets = saved.targets;
        self.squares = saved.squares;
    }

    /// Removes what can be taken back by [`Tableau::restore`]; false where it had to stop in the middle.
    pub(crate) fn remove_reversibly(&mut self, targets: &[usize], predictors: &[usize]) -> bool {
        self.drop_targets(targets);
        if predictors.is_empty() || self.targets.count == 0 {
            return true;
        }
        self.state.downdate().has_room(predictors.len())
            && !self.is_cheaper_afresh(predictors.len())
            && predictors.iter().all(|&neuron| self.delete_one(neuron))
    }
}

/// A tableau before a trial.
#[derive(Debug)]
pub(crate) struct Saved {
    predictors: Members,
    targets: Members,
    squares: Vec<f64>,
    downdate: downdate::Saved,
}
