//! Residuals of targets on predictors, kept up to date while both are removed.

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

/// How many targets a search skips at once where none of them qualifies.
const PIECE: usize = 128;
/// Examining one row in this many costs less than a factorisation.
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
    /// How many of those since the factorisation.
    recomputed: usize,
    /// The smallest pivot of the factorisation; deletions leave none that is smaller.
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

    /// Every path to this function has called `Tableau::prepare`.
    fn downdate(&mut self) -> &mut Downdate {
        match self {
            Self::Deleting(downdate) => downdate,
            Self::Factored { .. } => unreachable!("prepared before"),
        }
    }
}

impl<'p> Tableau<'p> {
    /// The bytes that a tableau of so many neurons takes once it deletes, with the factor that exists beside W while
    /// P is computed.
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

    /// How often a row that was needed had lost its digits, so that it was computed anew.
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

    /// Checks that every value can be an r². Where deletions make it NaN, or far larger than 1, the matrix is not
    /// the Gram matrix that it seemed to be.
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

    /// Prepares for deletions and for reading losses.
    pub(crate) fn prepare(&mut self, progress: &Progress) -> Result<()> {
        if let State::Factored { factor, whitened } = &mut self.state {
            let downdate = Downdate::new(factor, std::mem::take(whitened), progress)?;
            self.state = State::Deleting(Box::new(downdate));
        }
        Ok(())
    }

    /// Whether factoring the remaining predictors afresh would cost less than deleting this many.
    pub(crate) fn is_cheaper_afresh(&self, count: usize) -> bool {
        let cost = |p: f64, t: f64| (p * p * p / 3.0 + p * p * t, p * p * p / 1.5 + p * p * t);
        let (p, t) = (self.predictors.count as f64, self.targets.count as f64);
        let prepare = match self.state {
            State::Factored { .. } => cost(p, t).1,
            State::Deleting(_) => 0.0,
        };
        let (factor, prepare_later) = cost(p - count as f64, t);
        // Only one triangle of P counts. Deleting runs at about four fifths of the rate of factoring.
        1.25 * (p + 2.0 * t) * p * count as f64 + prepare > factor + prepare_later
    }

    fn delete(&mut self, predictors: &[usize], progress: &Progress) -> Result<()> {
        self.prepare(progress)?;
        for (done, &neuron) in predictors.iter().enumerate() {
            progress.check()?;
            self.make_room()?;
            // Recomputing many rows one by one costs more than a factorisation, which renews all of them.
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
        // Frees the old state before the new one is allocated.
        self.state = State::default();
        let fresh = Self::new(self.problem, &predictors, &targets, progress)?;
        *self = Self { refreshes: self.refreshes, ..fresh };
        Ok(())
    }

    fn make_room(&mut self) -> Result<()> {
        if self.state.downdate().has_room(1) { Ok(()) } else { self.apply_pending() }
    }

    /// Makes sure that every row has its digits. No deletions may be pending.
    pub(crate) fn renew(&mut self, progress: &Progress) -> Result<()> {
        let State::Deleting(downdate) = &mut self.state else { unreachable!("prepared before") };
        // Recomputing many rows one by one costs more than a factorisation, which renews all of them.
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

    /// Applies the pending deletions for good, and drops everything that was removed.
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

/// Whether this can be an r², which is at most 1 and which rounding never raises to 2. NaN cannot.
fn is_square(value: f64) -> bool {
    value <= 2.0
}
