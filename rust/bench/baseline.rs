//! An earlier run to compare with.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::report::{Description, ProblemReport, Report, SCHEMA};

/// An earlier run, read from what `--json` wrote.
#[derive(Debug)]
pub struct Baseline {
    path: PathBuf,
    report: Report,
}

impl Baseline {
    /// Reads a report.
    ///
    /// # Errors
    /// [`Error::File`] where there is none, or one of another layout.
    pub fn read(path: &Path) -> Result<Self> {
        let refuse = |what: String| Error::File { path: path.to_owned(), what };
        let text = fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        let value: serde_json::Value = serde_json::from_str(&text)
            .map_err(|error| refuse(format!("no JSON ({error}): save what --json prints")))?;
        if value["schema"] != SCHEMA {
            return Err(refuse(format!(
                "its schema is {}, but this version reads {SCHEMA}: measure it again",
                value["schema"]
            )));
        }
        let report = serde_json::from_value(value)
            .map_err(|error| refuse(format!("no report of spanmatch-bench ({error})")))?;
        Ok(Self { path: path.to_owned(), report })
    }

    /// Whether it is of the same problems, in the same order.
    ///
    /// # Errors
    /// [`Error::OtherProblem`], which says what is different.
    pub fn check(&self, problems: &[Description]) -> Result<()> {
        let theirs = &self.report.problems;
        let mut differences = Vec::new();
        if theirs.len() != problems.len() {
            differences.push(format!("{} problems there, {} here", theirs.len(), problems.len()));
        }
        for (number, (there, here)) in theirs.iter().zip(problems).enumerate() {
            for (field, (there, here)) in different(&there.problem, here) {
                differences
                    .push(format!("{field} of problem {number}: {there} there, {here} here"));
            }
        }
        if differences.is_empty() {
            return Ok(());
        }
        let differences = differences.join("; ");
        Err(Error::OtherProblem { path: self.path.clone(), differences })
    }

    /// Notes times by those of the baseline, of the problem with this number.
    pub fn compare(&self, number: usize, problem: &mut ProblemReport) {
        let Some(there) = self.report.problems.get(number) else { return };
        for here in &mut problem.stages {
            let there = there.stages.iter().find(|there| there.stage == here.stage);
            here.times_baseline = there.map(|there| here.best_seconds / there.best_seconds);
        }
    }
}

/// The fields that differ, and both values.
fn different<'a>(
    there: &'a Description,
    here: &'a Description,
) -> Vec<(&'a str, (String, String))> {
    let mut fields: Vec<&String> = there.keys().chain(here.keys()).collect();
    fields.sort_unstable();
    fields.dedup();
    let show = |of: &Description, field: &String| {
        of.get(field).map_or("nothing".into(), ToString::to_string)
    };
    let pairs =
        fields.into_iter().map(|field| (field.as_str(), (show(there, field), show(here, field))));
    pairs.filter(|(_, (there, here))| there != here).collect()
}
