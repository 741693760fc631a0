//! Everything that can go wrong, in one place. Messages say what this crate knows: the Python module puts them in
//! terms of its own arguments.

mod faults;
mod purpose;

pub use self::faults::{Counted, PlanFault, Replicates, SparseFault, StateFault};
pub use self::purpose::Purpose;
use crate::neuron::{Neuron, Side};
use purpose::in_units;

/// What was wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two sides of a batch differ in their number of samples.
    #[error(
        "{first} has {expected} rows and {side} has {got}: row i of both must be the same sample, so the counts must agree",
        first = Side::X
    )]
    RowCounts {
        /// Rows of the first side.
        expected: usize,
        /// A side that differs.
        side: Side,
        /// Its rows.
        got: usize,
    },
    /// A batch without samples.
    #[error("the sides have no rows: give at least one sample")]
    NoRows,
    /// A batch, or another Gram, has another number of sides than what came before; or a match is asked for between
    /// other than two.
    #[error("there are {got} sides, where {expected} are wanted (Gram::pair takes two of many)")]
    SideCount {
        /// How many there should be.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// Nothing has been accumulated yet.
    #[error("the Gram holds no samples: update it before solving")]
    NoSamples,
    /// A batch, or another Gram, has another number of neurons than what came before.
    #[error("{side} has {got} neurons, but the Gram was begun with {expected}")]
    Width {
        /// The side that differs.
        side: Side,
        /// Neurons so far.
        expected: usize,
        /// Neurons offered.
        got: usize,
    },
    /// A group without rows: one of those that have lengths of their own, or all of them.
    #[error("a group has no rows: it has one at least")]
    EmptyGroup(Option<usize>),
    /// Groups of one length that do not make up the batch.
    #[error("the batch has {rows} rows, no multiple of the {length} of each group")]
    GroupLength {
        /// Rows of every group.
        length: usize,
        /// Rows of the batch.
        rows: usize,
    },
    /// Groups of lengths of their own that do not make up the batch.
    #[error("the groups add up to {sum} rows, but the batch has {rows}")]
    GroupSum {
        /// Rows of all groups.
        sum: usize,
        /// Rows of the batch.
        rows: usize,
    },
    /// A batch in which nothing can be shifted.
    #[error(
        "the batch is one group of {rows} rows, and nulls shift y against x by whole groups: give batches of two groups at least"
    )]
    OneGroup {
        /// Its rows.
        rows: usize,
    },
    /// Another Gram has not as many nulls or folds.
    #[error("one has {expected} {what} and the other {got}: make both with as many")]
    Resampled {
        /// Nulls or folds.
        what: Replicates,
        /// How many this has.
        expected: usize,
        /// How many the other has.
        got: usize,
    },
    /// A value that is NaN or infinite.
    #[error(
        "{neuron} is {value} in row {row} (rows are counted from 0): activations must be finite"
    )]
    NotFinite {
        /// The neuron.
        neuron: Neuron,
        /// The value met.
        value: f64,
        /// Row inside the batch.
        row: usize,
    },
    /// Values so large that sums of their squares leave float64.
    #[error(
        "{neuron} reaches {largest:e}: sums of its squares overflow float64, so rescale the neuron (a match does not depend on scale)"
    )]
    Overflow {
        /// The neuron.
        neuron: Neuron,
        /// A bound on its largest absolute value.
        largest: f64,
    },
    /// More batches, samples or groups than float64 counts.
    #[error("together they are more than 2^53 {0}, which float64 cannot count: keep them apart")]
    Count(Counted),
    /// Values so small that their squares leave float64.
    #[error(
        "{neuron} stays below {smallest:e}: its squares underflow float64, so rescale the neuron (a match does not depend on scale)"
    )]
    Underflow {
        /// The neuron.
        neuron: Neuron,
        /// A bound on its smallest absolute value.
        smallest: f64,
    },
    /// An ε that is not in [0, 1).
    #[error(
        "eps is {0}, but must be in [0, 1): 0 asks for an exact match, and every residual is at most 1"
    )]
    Eps(f64),
    /// A similarity that is not in [0, 1].
    #[error("similarity is {0}, but must be in [0, 1]: the part of all neurons that match")]
    Similarity(f64),
    /// A level that is not in (0, 1).
    #[error("level is {0}, but must be between 0 and 1")]
    Level(f64),
    /// A Gram without nulls, where they are asked for.
    #[error(
        "the Gram keeps no nulls: make it with some, for example by Gram::with_resampling(39, 0, 0)"
    )]
    NoNulls,
    /// Fewer nulls than a p-value as small as the level needs.
    #[error(
        "a level of {level} needs at least {} distinct nulls, and there are {nulls}: take more nulls, a higher level, or more groups if they have too few circular shifts",
        (1.0 / level).ceil() - 1.0
    )]
    FewNulls {
        /// The level.
        level: f64,
        /// Distinct nulls.
        nulls: usize,
    },
    /// A Gram whose folds cannot be left out one by one.
    #[error(
        "a jackknife needs at least two folds with samples, and {empty} of {folds} folds have none: make the Gram with folds, for example by Gram::with_resampling(0, 16, 0), and give it at least as many groups"
    )]
    Folds {
        /// How many there are.
        folds: usize,
        /// Those without samples.
        empty: usize,
    },
    /// A λ that is below δ², or no finite number.
    #[error(
        "ridge is {ridge}, but must be finite and at least {least:e}, the square of the resolution, which is what it is without one"
    )]
    Ridge {
        /// The λ asked for.
        ridge: f64,
        /// The least there is: δ².
        least: f64,
    },
    /// A sparse row names a column that does not exist.
    #[error("row {row} names neuron {column}, but there are {count}, counted from 0")]
    NoSuchColumn {
        /// The row.
        row: usize,
        /// The column named.
        column: i64,
        /// Neurons that are there.
        count: usize,
    },
    /// A side that does not exist.
    #[error("there is no side {side}: there are {count}, counted from 0")]
    NoSuchSide {
        /// The number asked for.
        side: usize,
        /// Sides that are there.
        count: usize,
    },
    /// A pair of a side with itself.
    #[error("a pair is of two sides, and {0} is one")]
    SameSide(Side),
    /// An index given twice.
    #[error("neuron {index} of {side} is named twice: name each neuron once")]
    IndexRepeated {
        /// The side.
        side: Side,
        /// The index given twice.
        index: usize,
    },
    /// A neuron that does not exist.
    #[error("there is no {neuron}: {} has {count} neurons", neuron.side)]
    NoSuchNeuron {
        /// The neuron asked for.
        neuron: Neuron,
        /// Neurons of its side.
        count: usize,
    },
    /// A question about a match was asked of a set that is not a match.
    #[error("the set is no match at eps = {eps}: is_match tells, residuals shows by how much")]
    NoMatch {
        /// The ε.
        eps: f64,
    },
    /// A neuron whose activations are all exactly zero, where one with a direction is needed.
    #[error("{0} is dead: its activations are all zero, so nothing can be expressed by it")]
    Dead(Neuron),
    /// A state that no Gram has.
    #[error("these are not the parts of a Gram: {0}")]
    State(StateFault),
    /// Sparse rows that cannot be.
    #[error("these are no sparse rows: {0}")]
    SparseRows(SparseFault),
    /// Sums that no activations have: two neurons have more in common than each has in all.
    #[error(
        "these are the sums of no activations: the product of {first} and {second} is larger than their own squares allow (Cauchy and Schwarz), so they are damaged: sum the samples again"
    )]
    Inconsistent {
        /// A neuron.
        first: Neuron,
        /// Another; the same, where it is its own square that is none.
        second: Neuron,
    },
    /// A synthetic problem that cannot be planted, or whose answers are not known.
    #[error("this plan does not work out: {0}")]
    Plan(PlanFault),
    /// The Gram stayed indefinite however far the resolution was raised.
    #[error("the Gram matrix of {0} is not positive semidefinite")]
    Indefinite(Side),
    /// A neuron of which the other side explains more than there is, or what is no number, however far the
    /// resolution was raised.
    #[error(
        "{neuron} has no residual: of the square of its length, 1, the other side explains {explained}, and at most 1 can be explained. These are no inner products of activations, so accumulate the Gram matrix again from the samples"
    )]
    NoResidual {
        /// The neuron.
        neuron: Neuron,
        /// What is explained of it.
        explained: f64,
    },
    /// Memory that the machine, or this process, does not have; nothing was changed.
    #[error(
        "{purpose} takes {} of memory, {}: {}", in_units(*bytes), had(*available), purpose.advice()
    )]
    OutOfMemory {
        /// What it was wanted for.
        purpose: Purpose,
        /// How much was asked for.
        bytes: u64,
        /// How much the machine says there is; `None` where it was the allocator that had none.
        available: Option<u64>,
    },
    /// The caller asked to stop; nothing was changed.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// The same, where memory is short for a purpose that only the caller knows, and that takes so much in all.
    #[must_use]
    pub(crate) fn wanted_for(self, purpose: Purpose, bytes: u64) -> Self {
        match self {
            Self::OutOfMemory { available, .. } => Self::OutOfMemory { purpose, bytes, available },
            other => other,
        }
    }
}

fn had(available: Option<u64>) -> String {
    match available {
        Some(available) => format!("of which {} can be had", in_units(available)),
        None => "which cannot be had".into(),
    }
}

/// The crate's results.
pub type Result<T> = std::result::Result<T, Error>;
