//! The stages from samples to answers, each defined once.

use std::fmt;

use serde::{Deserialize, Serialize};
use spanmatch::{
    Gram, MinimumMatch, NeuronSet, Problem, Spectrum, Support, maximum_match, spectrum,
};

use crate::case::Case;
use crate::check;
use crate::error::Result;
use crate::operations;

/// What is measured. The first begins with samples, all others with the Gram: as a caller's call would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The joint Gram of all samples.
    Gram,
    /// The critical ε of every neuron.
    Spectrum,
    /// The maximum match at ε.
    MaximumMatch,
    /// A minimum match of one neuron.
    MinimumMatch,
    /// Simple matches whose union is the maximum match.
    Cover,
    /// Who supports whom.
    Support,
}

/// What a stage found.
#[derive(Debug)]
pub enum Answer {
    /// All samples accumulated.
    Gram(Box<Gram>),
    /// The critical values.
    Spectrum(Spectrum),
    /// M(ε).
    MaximumMatch(NeuronSet),
    /// The match, none where the neuron is outside M(ε).
    MinimumMatch(Option<MinimumMatch>),
    /// The matches of the cover.
    Cover(Vec<NeuronSet>),
    /// The relation.
    Support(Support),
}

impl Stage {
    /// All of them, in the order in which one builds on another.
    pub const ALL: [Self; 6] = [
        Self::Gram,
        Self::Spectrum,
        Self::MaximumMatch,
        Self::MinimumMatch,
        Self::Cover,
        Self::Support,
    ];

    /// As in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gram => "gram",
            Self::Spectrum => "spectrum",
            Self::MaximumMatch => "maximum match",
            Self::MinimumMatch => "minimum match",
            Self::Cover => "cover",
            Self::Support => "support",
        }
    }

    /// How its floating-point operations are counted.
    #[must_use]
    pub fn formula(self) -> &'static str {
        match self {
            Self::Gram => operations::GRAM,
            Self::Spectrum => operations::PEEL,
            Self::MaximumMatch => operations::WAVES,
            Self::MinimumMatch | Self::Cover | Self::Support => operations::SEARCH,
        }
    }

    /// Its floating-point operations, by the formula.
    ///
    /// # Errors
    /// Memory that cannot be had.
    pub fn operations(self, case: &Case) -> Result<f64> {
        Ok(match self {
            Self::Gram => operations::gram(case),
            Self::Spectrum => operations::peel(case)?,
            Self::MaximumMatch => operations::waves(case),
            Self::MinimumMatch | Self::Cover | Self::Support => operations::search(case),
        })
    }

    /// Does it.
    ///
    /// ```
    /// use spanmatch_bench::{Case, Stage, plan};
    /// let case = Case::planted(plan(32, 1000))?;
    /// for stage in Stage::ALL {
    ///     stage.check(&case, &stage.run(&case)?)?;
    /// }
    /// # Ok::<(), spanmatch_bench::Error>(())
    /// ```
    ///
    /// # Errors
    /// What the solver refuses.
    pub fn run(self, case: &Case) -> Result<Answer> {
        let eps = case.eps;
        let problem = || Problem::new(&case.gram, false);
        Ok(match self {
            Self::Gram => {
                let mut gram = Gram::default();
                gram.update(case.x.samples(), case.y.samples())?;
                Answer::Gram(Box::new(gram))
            }
            Self::Spectrum => Answer::Spectrum(spectrum(&problem()?)?),
            Self::MaximumMatch => Answer::MaximumMatch(maximum_match(&problem()?, eps)?.answer),
            Self::MinimumMatch => {
                let found = problem()?.at(eps)?.minimum_match(case.neuron, case.seed)?.answer;
                Answer::MinimumMatch(found)
            }
            Self::Cover => Answer::Cover(problem()?.at(eps)?.simple_cover(case.seed)?.answer),
            Self::Support => Answer::Support(problem()?.at(eps)?.support()?.answer),
        })
    }

    /// Holds an answer against what was planted; where nothing was, against other ways to the same answer.
    ///
    /// # Errors
    /// [`Error::Wrong`](crate::Error::Wrong).
    pub fn check(self, case: &Case, answer: &Answer) -> Result<()> {
        check::check(case, answer)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
