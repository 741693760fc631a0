//! Residuals of targets on predictors, kept while both are removed.

mod downdate;
mod equations;
mod gathered;
mod members;
mod pair;
mod speculative;

use crate::error::{Error, Result};
use crate::invariant::pairs;
use crate::linalg::{Factor, Matrix, largest};
use crate::problem::Problem;
use crate::progress::Progress;
use downdate::{Deleted, Downdate, Preview};
use equations::Equations;
use gathered::{gather_across, gather_square, residual_squares};
use members::Members;
pub(crate) use pair::{SavedPair, TableauPair};
use speculative::SavedTableau;

/// So many targets are passed over at once where none of them is looked for.
const PIECE: usize = 128;
/// One row in so many is looked at for less than a factorisation costs.
const RENEWED: usize = 16;

/// The neurons of one side as targets, explained by neurons of the other as predictors.
///
/// Deleting a predictor costs `O(n²)`, factoring `O(n³)`; removing a target is free.
#[derive(Debug)]
pub(crate) struct Tableau<'p> {
    problem: &'p Problem,
    predictors: Members,
    targets: Members,
    /// r² of the target at every place; -inf where it has gone.
    squares: Vec<f64>,
    state: State,
    refreshes: usize,
    /// Of those, since the factorisation.
    recomputed: usize,
    /// Of the factorisation; what is left after deletions has no smaller one.
    smallest_pivot: f64,
}

#[derive(Debug)]
enum State {
    /// Residuals are known; nothing has been deleted yet.
    Factored {
        factor: Factor,
        whitened: Matrix,
    },
    Deleting(Box<Downdate>),
}

impl Default for State {
    fn default() -> Self {
        Self::Factored { factor: Factor::default(), whitened: Matrix::default() }
    }
}

impl State {
    fn try_clone(&self) -> Result<Self> {
        Ok(match self {
            Self::Factored { factor, whitened } => {
                Self::Factored { factor: factor.try_clone()?, whitened: whitened.try_clone()? }
            }
            Self::Deleting(downdate) => Self::Deleting(Box::new(downdate.try_clone()?)),
        })
    }

    /// Deletion begins with `Tableau::prepare`, which every path to this passes.
    fn downdate(&mut self) -> &mut Downdate {
        match self {
            Self::Deleting(downdate) => downdate,
            Self::Factored { .. } => unreachable!("prepared before"),
        }
    }
}

impl<'p> Tableau<'p> {
    /// Bytes that a tableau of so many neurons takes once it deletes: while P is made, beside W, there is the factor.
    pub(crate) fn bytes(predictors: usize, targets: usize) -> u64 {
        let square = Matrix::bytes(predictors, predictors);
        square.saturating_mul(2).saturating_add(Matrix::bytes(targets, predictors))
    }

    /// Factors afresh: `r² = 1 - |G_tB U⁻¹|²` for every target t, with `Uᵀ U = G_BB + ridge`.
    pub(crate) fn new(
        problem: &'p Problem,
        predictors: &[usize],
        targets: &[usize],
        progress: &Progress,
    ) -> Result<Self> {
        let Some(factor) = Factor::new(gather_square(problem, predictors)?, progress)? else {
            return Err(Error::Indefinite(problem.side(predictors[0])));
        };
        let mut whitened = gather_across(problem, targets, predictors)?;
        let explained = factor.half_solve(&mut whitened, progress)?;
        let smallest_pivot = factor.smallest_pivot();
        Ok(Self {
            problem,
            predictors: Members::new(problem, predictors),
            targets: Members::new(problem, targets),
            squares: residual_squares(problem, targets, &explained)?,
            state: State::Factored { factor, whitened },
            refreshes: 0,
            recomputed: 0,
            smallest_pivot,
        })
    }

    pub(crate) fn try_clone(&self) -> Result<Self> {
        Ok(Self {
            predictors: self.predictors.clone(),
            targets: self.targets.clone(),
            squares: self.squares.clone(),
            state: self.state.try_clone()?,
            ..*self
        })
    }

    /// r² of every target that is left; in the order given, until something has been removed.
    pub(crate) fn squares(&self) -> impl Iterator<Item = (usize, f64)> {
        self.targets.present().map(|(place, neuron)| (neuron, self.squares[place]))
    }

    /// The largest r²; -inf where no target is left.
    pub(crate) fn largest_square(&self) -> f64 {
        largest(&self.squares)
    }

    /// The targets whose r² is at least this, in no order.
    pub(crate) fn targets_from(&self, square: f64) -> impl Iterator<Item = usize> {
        assert_eq!(self.targets.neurons.len(), self.squares.len(), "an r² for every target");
        let pieces = self.targets.neurons.chunks(PIECE).zip(self.squares.chunks(PIECE));
        let pieces = pieces.filter(move |(_, squares)| largest(squares) >= square);
        let targets = pieces.flat_map(|(neurons, squares)| pairs(neurons, squares));
        targets.filter(move |&(_, &other)| other >= square).map(|(&neuron, _)| neuron)
    }

    /// `G_TB (G_BB + ridge)⁻¹`, a row for every target, of a tableau from which nothing has been removed.
    pub(crate) fn into_coefficients(self, progress: &Progress) -> Result<Matrix> {
        let State::Factored { factor, mut whitened } = self.state else {
            unreachable!("nothing has been removed")
        };
        factor.finish_solve(&mut whitened, progress)?;
        Ok(whitened)
    }

    pub(crate) fn smallest_pivot(&self) -> f64 {
        self.smallest_pivot
    }

    /// How often a row had lost its digits when it was needed, and was computed anew.
    pub(crate) fn refreshes(&self) -> usize {
        self.refreshes
    }

    /// Removes targets and predictors that are here.
    pub(crate) fn remove(
        &mut self,
        targets: &[usize],
        predictors: &[usize],
        progress: &Progress,
    ) -> Result<()> {
        self.drop_targets(targets);
        if predictors.is_empty() || self.targets.count == 0 {
            return Ok(());
        }
        if self.is_cheaper_afresh(predictors.len()) {
            return self.factor_without(predictors, progress);
        }
        self.delete(predictors, progress)?;
        self.check_squares()
    }

    /// Whether every r² is one. Where deletions make it what is no number, or far more than the whole, the matrix
    /// has not been what it seemed.
    fn check_squares(&self) -> Result<()> {
        if self.squares.iter().all(|&square| is_square(square)) {
            return Ok(());
        }
        let mut squares = self.squares();
        let wrong = squares.find(|&(_, square)| !is_square(square));
        wrong.map_or(Ok(()), |(target, square)| {
            let neuron = self.problem.live()[target];
            Err(Error::NoResidual { neuron, explained: 1.0 - square })
        })
    }

    /// Makes ready to delete, and to read losses.
    pub(crate) fn prepare(&mut self, progress: &Progress) -> Result<()> {
        if let State::Factored { factor, whitened } = &mut self.state {
            let downdate = Downdate::new(factor, std::mem::take(whitened), progress)?;
            self.state = State::Deleting(Box::new(downdate));
        }
        Ok(())
    }

    /// Whether it would cost less to factor what is left afresh than to delete this many predictors.
    pub(crate) fn is_cheaper_afresh(&self, count: usize) -> bool {
        let cost = |p: f64, t: f64| (p * p * p / 3.0 + p * p * t, p * p * p / 1.5 + p * p * t);
        let (p, t) = (self.predictors.count as f64, self.targets.count as f64);
        let prepare = match self.state {
            State::Factored { .. } => cost(p, t).1,
            State::Deleting(_) => 0.0,
        };
        let (factor, prepare_later) = cost(p - count as f64, t);
        // Of P one triangle counts. Deleting runs at about four fifths of the rate of factoring.
        1.25 * (p + 2.0 * t) * p * count as f64 + prepare > factor + prepare_later
    }

    fn delete(&mut self, predictors: &[usize], progress: &Progress) -> Result<()> {
        self.prepare(progress)?;
        for (done, &neuron) in predictors.iter().enumerate() {
            progress.check()?;
            self.make_room()?;
            // What many rows would cost one by one is more than a factorisation, which does it for all.
            let is_tedious = 4 * self.recomputed > self.predictors.count;
            if is_tedious || !self.delete_one(neuron) {
                return self.factor_without(&predictors[done..], progress);
            }
        }
        Ok(())
    }

    /// Deletes a predictor; false where its row has lost its digits for good.
    fn delete_one(&mut self, neuron: usize) -> bool {
        let (place, problem) = (self.predictors.place[neuron], self.problem);
        let State::Deleting(downdate) = &mut self.state else { unreachable!("prepared before") };
        let mut deleted = Deleted::AsItWas;
        if !downdate.delete(place, &mut self.squares) {
            let (predictors, targets) = (&self.predictors, &self.targets);
            let equations = Equations { problem, predictors, targets };
            deleted = downdate.delete_suspect(place, &mut self.squares, &equations);
        }
        if deleted != Deleted::AsItWas {
            self.refreshes += 1;
            self.recomputed += 1;
        }
        if deleted != Deleted::Not {
            self.predictors.remove(neuron);
        }
        deleted != Deleted::Not
    }

    fn deleting(&self) -> &Downdate {
        let State::Deleting(downdate) = &self.state else { unreachable!("prepared before") };
        downdate
    }

    fn drop_targets(&mut self, targets: &[usize]) {
        for &neuron in targets {
            let place = self.targets.remove(neuron);
            self.squares[place] = f64::NEG_INFINITY;
        }
    }

    fn factor_without(&mut self, gone: &[usize], progress: &Progress) -> Result<()> {
        for &neuron in gone {
            self.predictors.remove(neuron);
        }
        let left = |members: &Members| -> Vec<usize> {
            let mut neurons: Vec<usize> = members.present().map(|(_, neuron)| neuron).collect();
            neurons.sort_unstable();
            neurons
        };
        let (predictors, targets) = (left(&self.predictors), left(&self.targets));
        // What it held makes room for what comes.
        self.state = State::default();
        let fresh = Self::new(self.problem, &predictors, &targets, progress)?;
        *self = Self { refreshes: self.refreshes, ..fresh };
        Ok(())
    }

    fn make_room(&mut self) -> Result<()> {
        if self.state.downdate().has_room(1) { Ok(()) } else { self.apply_pending() }
    }

    /// Sees to it that every row has its digits, where no deletions are kept back.
    pub(crate) fn renew(&mut self, progress: &Progress) -> Result<()> {
        let State::Deleting(downdate) = &mut self.state else { unreachable!("prepared before") };
        // What many rows would cost one by one is more than a factorisation, which does it for all.
        if RENEWED * downdate.count_suspects() <= self.predictors.count {
            let (problem, predictors, targets) = (self.problem, &self.predictors, &self.targets);
            let equations = Equations { problem, predictors, targets };
            if let Some(recomputed) = downdate.recompute_suspects(&equations) {
                self.refreshes += recomputed;
                return Ok(());
            }
        }
        self.factor_without(&[], progress)?;
        self.prepare(progress)
    }

    /// Applies the deletions kept back, for good, and drops all that has gone.
    pub(crate) fn apply_pending(&mut self) -> Result<()> {
        if self.predictors.has_gaps() || self.targets.has_gaps() {
            let (predictors, targets) = (self.predictors.fill_gaps(), self.targets.fill_gaps());
            targets.apply(&mut self.squares);
            self.squares.truncate(targets.left);
            self.state.downdate().apply_pending(&predictors, &targets)?;
        }
        Ok(())
    }
}

/// Whether this can be an r², which is 1 at most and no rounding makes 2. What is no number cannot.
fn is_square(value: f64) -> bool {
    value <= 2.0
}
