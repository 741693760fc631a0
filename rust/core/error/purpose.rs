//! The purposes of memory that error messages name.

use std::fmt;

/// What memory was wanted for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// A joint Gram, or a copy of one, with what it accumulates beside its own sums.
    Gram {
        /// Neurons of each side.
        widths: Vec<usize>,
        /// Nulls.
        nulls: usize,
        /// Folds.
        folds: usize,
    },
    /// A list with an entry for every row, or every group, of a batch.
    Rows,
    /// What a solver keeps beside the Gram.
    Solver,
    /// A planted problem.
    Synthetic,
}

impl Purpose {
    /// What to do where there is none.
    pub(super) fn advice(&self) -> &'static str {
        match self {
            Self::Gram { nulls: 0, folds: 0, .. } => {
                "take fewer neurons: some channels of a layer, not every position of a map"
            }
            Self::Gram { .. } => "take fewer neurons, nulls or folds",
            Self::Rows => "give smaller batches",
            Self::Solver => "solve for fewer neurons, or let go of what else is held",
            Self::Synthetic => "plant fewer samples or neurons",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gram { widths, nulls, folds } => {
                let widths: Vec<String> = widths.iter().map(usize::to_string).collect();
                write!(f, "the joint Gram of {} neurons", widths.join(" + "))?;
                match (nulls, folds) {
                    (0, 0) => Ok(()),
                    (_, 0) => write!(f, " with {nulls} nulls"),
                    (0, _) => write!(f, " with {folds} folds"),
                    _ => write!(f, " with {nulls} nulls and {folds} folds"),
                }
            }
            Self::Rows => f.write_str("the order of a batch's rows"),
            Self::Solver => f.write_str("a solver's matrix"),
            Self::Synthetic => f.write_str("a planted problem"),
        }
    }
}

/// Bytes, in the largest unit of which there is one at least.
pub(super) fn in_units(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut size = bytes as f64 / 1024.0;
    for unit in &UNITS[..UNITS.len() - 1] {
        if size < 1024.0 {
            return format!("{size:.1} {unit}");
        }
        size /= 1024.0;
    }
    format!("{size:.1} {}", UNITS[UNITS.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::in_units;

    #[test]
    fn bytes_are_said_in_units_of_their_size() {
        assert_eq!(in_units(512), "0.5 KiB");
        assert_eq!(in_units(3 << 29), "1.5 GiB");
        assert_eq!(in_units(u64::MAX), "16.0 EiB");
    }
}
