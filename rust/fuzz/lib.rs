//! Targets of fuzzing: each turns any bytes into calls, and panics where an answer breaks a promise.

#![forbid(unsafe_code)]

mod samples;
mod steps;
mod targets;

pub use steps::take_steps;
pub use targets::{groups, solvers, states, updates};

/// A target: what bytes are given to.
pub type Target = fn(&[u8]);

/// All targets, by name.
pub const TARGETS: [(&str, Target); 4] =
    [("groups", groups), ("solvers", solvers), ("states", states), ("updates", updates)];
