//! The crate seen from outside: every answer against a slow oracle, and what it promises of input, bits
//! and cost.
#![allow(clippy::unwrap_used)]

mod brute_force;
mod common;
mod damaged;
mod definitions;
mod determinism;
mod extremes;
mod input;
mod layouts;
mod many_sides;
mod matched;
mod memory;
mod more_than_chance;
mod near_duplicates;
mod one_to_one;
mod oracle;
mod portable;
mod problems;
mod progress;
mod properties;
mod refreshes;
mod resampling;
mod ridge;
mod row_norms;
mod same_answers;
mod searches;
mod sparse;
mod spectrum;
mod state;
mod structure;
mod synthetic;
