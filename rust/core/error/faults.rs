//! The kinds of fault in the parts of which something is put together.

use std::fmt;

/// What is counted beyond what float64 counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Counted {
    /// Batches.
    Batches,
    /// Samples.
    Samples,
}

/// What a Gram keeps beside its own sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replicates {
    /// Nulls.
    Nulls,
    /// Folds.
    Folds,
}

/// Why parts are not those of a Gram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateFault {
    /// Widths, shift, sums, spread and products are of different sizes.
    Shapes,
    /// There are neurons, but no samples.
    NoSamples,
    /// A count is above 2^53.
    Count,
    /// A value is NaN or infinite.
    NotFinite,
    /// Sums or products are larger than the spread of the samples allows.
    Spread,
    /// A shift has another length, or is not finite.
    Shift,
    /// The nulls have another shape.
    NullShape,
    /// A null is NaN or infinite.
    NullNotFinite,
    /// There is another number of folds.
    FoldCount,
    /// A fold has another shape.
    FoldShape,
    /// A fold has another shift, or more samples than there are.
    FoldSums,
    /// The folds have not all samples.
    FoldSamples,
    /// There are more groups than samples, or none of samples.
    Groups,
    /// The sums of norms have another shape.
    NormShape,
    /// The sums of norms are not symmetric.
    NormSymmetry,
    /// The sums of norms are larger than the samples allow.
    NormBounds,
}

/// Why there are no sparse rows of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SparseFault {
    /// There are more columns than values, or fewer.
    Values,
    /// There are 2^32 neurons or more.
    Neurons,
    /// The starts of the rows do not lead from 0 to the last value.
    Starts,
}

/// Why a synthetic problem cannot be planted, or its answers are not known.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum PlanFault {
    /// There are no samples.
    NoSamples,
    /// Blocks have no dimensions.
    NoBlock,
    /// There are more duplicates than planted neurons.
    Duplicates {
        /// Duplicates asked for.
        duplicates: usize,
        /// Dimensions shared.
        shared: usize,
    },
    /// A side has not neurons enough.
    Narrow {
        /// Dimensions shared.
        shared: usize,
        /// Duplicates asked for.
        duplicates: usize,
        /// Neurons of the narrower side.
        neurons: usize,
    },
    /// The noise is negative, or no finite number.
    Noise(f64),
    /// The loss of one neuron of a block does not show.
    Block {
        /// Dimensions of a block.
        block: usize,
        /// The noise.
        noise: f64,
        /// The largest block that would do; 0: none.
        largest: usize,
    },
    /// Chance brings unrelated neurons within ε.
    Chance {
        /// Samples.
        samples: usize,
        /// Neurons of the wider side.
        neurons: usize,
        /// ε.
        eps: f64,
    },
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Batches => "batches",
            Self::Samples => "samples",
        })
    }
}

impl fmt::Display for Replicates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nulls => "nulls",
            Self::Folds => "folds",
        })
    }
}

impl fmt::Display for StateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shapes => "their shapes differ",
            Self::NoSamples => "neurons without samples",
            Self::Count => "a count is above 2^53",
            Self::NotFinite => "a value is not finite",
            Self::Spread => "sums or products exceed the spread",
            Self::Shift => "the shift has another length or is not finite",
            Self::NullShape => "the nulls have another shape",
            Self::NullNotFinite => "a null is not finite",
            Self::FoldCount => "there is another number of folds",
            Self::FoldShape => "a fold has another shape",
            Self::FoldSums => "a fold has another shift, or more samples than there are",
            Self::FoldSamples => "the folds have not all samples",
            Self::Groups => "there cannot be so many groups",
            Self::NormShape => "the sums of norms have another shape",
            Self::NormSymmetry => "the sums of norms are not symmetric",
            Self::NormBounds => "sums of norms exceed their bounds",
        })
    }
}

impl fmt::Display for SparseFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Values => "each column has a value",
            Self::Neurons => "there are fewer than 2^32 neurons",
            Self::Starts => "the first begins at 0, and they follow each other to the last value",
        })
    }
}

impl fmt::Display for PlanFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoSamples => f.write_str("there are no samples: take at least one"),
            Self::NoBlock => f.write_str("a block of 0 dimensions is none: take at least 1"),
            Self::Duplicates { duplicates, shared } => write!(
                f,
                "only planted neurons are duplicated: {duplicates} duplicates of {shared} shared dimensions are too many"
            ),
            Self::Narrow { shared, duplicates, neurons } => write!(
                f,
                "{shared} shared dimensions and {duplicates} duplicates need {} neurons a side, but a side has {neurons}",
                shared + duplicates
            ),
            Self::Noise(noise) => write!(f, "noise is {noise}, but must be at least 0 and finite"),
            Self::Block { block, noise, largest } => {
                write!(
                    f,
                    "in blocks of {block} dimensions with noise {noise} the loss of one neuron does not show, so the \
                     answers are not known: take "
                )?;
                if largest > 0 {
                    write!(f, "smaller blocks (at most {largest}), ")?;
                }
                f.write_str("less noise or more samples")
            }
            Self::Chance { samples, neurons, eps } => write!(
                f,
                "with {samples} samples of {neurons} neurons unrelated ones are within ε = {eps:.3} by chance: take \
                 more samples or less noise"
            ),
        }
    }
}
