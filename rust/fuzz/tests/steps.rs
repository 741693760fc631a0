//! Some steps of every target, the same in every run.

use std::path::Path;
use std::{fs, io};

use spanmatch_fuzz::{TARGETS, take_steps};

const STEPS: u64 = 3_000;

#[test]
fn every_target_survives_some_steps() {
    for (name, target) in TARGETS {
        take_steps(name, target, 0, STEPS);
    }
}

/// Those of what libFuzzer has found that together reach the most code.
#[test]
fn every_target_survives_its_corpus() -> io::Result<()> {
    for (name, target) in TARGETS {
        let mut files = fs::read_dir(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("libfuzzer/corpus").join(name),
        )?
        .peekable();
        assert!(files.peek().is_some(), "{name} has no corpus");
        for file in files {
            target(&fs::read(file?.path())?);
        }
    }
    Ok(())
}

/// What a target takes is what its bytes say: nothing, or the same byte over and over, is no reason to fail.
#[test]
fn bytes_that_run_out_end_a_step() {
    for (_, target) in TARGETS {
        for byte in [0, 1, 0x7F, 0xFF] {
            (0..200).for_each(|length| target(&vec![byte; length]));
        }
    }
}
