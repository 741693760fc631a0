//! Gives targets random bytes, step by step: `spanmatch-fuzz updates --steps 10000 --seed 7`.
//!
//! It knows nothing of what code a step has reached, as cargo-fuzz does (`rust/fuzz/libfuzzer`), and needs nothing that
//! the stable toolchain lacks. A step that fails is told by its seed: `--steps 1` with that seed repeats it.

use clap::Parser;
use spanmatch_fuzz::TARGETS;

/// Gives targets of fuzzing random bytes.
#[derive(Parser)]
struct Options {
    /// The targets; all, where none is named.
    targets: Vec<String>,
    /// How many steps each takes.
    #[arg(long, default_value_t = 10_000)]
    steps: u64,
    /// The seed of the first step, from which those of the others follow by counting.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> Result<(), String> {
    let Options { targets, steps, seed } = Options::parse();
    let known = TARGETS.map(|(name, _)| name);
    if let Some(name) = targets.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("there is no target {name}: choose of {}", known.join(", ")));
    }
    for (name, target) in TARGETS {
        if targets.is_empty() || targets.iter().any(|chosen| chosen == name) {
            spanmatch_fuzz::take_steps(name, target, seed, steps);
            println!("{name}: {steps} steps from seed {seed}");
        }
    }
    Ok(())
}
