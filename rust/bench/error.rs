//! Everything that can go wrong, in one place.

use std::path::PathBuf;

use crate::stage::Stage;

/// What was wrong, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A solver refused, or the plan of a problem does not work out.
    #[error(transparent)]
    Solver(#[from] spanmatch::Error),
    /// A stage gave an answer that is not the planted one, or contradicts another.
    #[error("{stage} gave a wrong answer: {what}")]
    Wrong {
        /// The stage.
        stage: Stage,
        /// In what it is wrong.
        what: String,
    },
    /// The product that rates are compared with came out wrong.
    #[error("the matrix product is off by {0:e}: no rate can be compared with it")]
    WrongProduct(f64),
    /// No neuron matches, so there is nothing to search.
    #[error("no neuron matches at eps = {eps}: the smallest at which one does is {smallest}")]
    NothingMatches {
        /// The ε.
        eps: f64,
        /// The smallest critical ε; infinite where all neurons are dead.
        smallest: f64,
    },
    /// Half of the neurons match at no ε below 1.
    #[error("half of the neurons match at no eps below 1: give --eps")]
    NoDefaultEps,
    /// What a solver did not take in a user's files.
    #[error("x is {}, y is {}: {what}", x.display(), y.display())]
    Files {
        /// The file of x.
        x: PathBuf,
        /// The file of y.
        y: PathBuf,
        /// What the solver says.
        what: spanmatch::Error,
    },
    /// Something about a file.
    #[error("{}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What about it.
        what: String,
    },
    /// An earlier run of something else.
    #[error("{} is of another problem, so times cannot be compared: {differences}", path.display())]
    OtherProblem {
        /// The file of the earlier run.
        path: PathBuf,
        /// What is different, and how.
        differences: String,
    },
    /// The threads could not be started.
    #[error("no thread pool: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The result could not be written.
    #[error("the result could not be written: {0}")]
    Output(#[from] std::io::Error),
}

/// The crate's results.
pub type Result<T> = std::result::Result<T, Error>;
