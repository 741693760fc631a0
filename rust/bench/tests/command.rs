//! The command as a user calls it.
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Output};

use ndarray::Array2;
use npyz::WriterBuilder;
use serde_json::Value;
use spanmatch::synthetic::Planted;
use spanmatch_bench::plan;

const SMALL: [&str; 7] = ["run", "--n-x", "24", "--samples", "800", "--repeats", "2"];

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spanmatch-bench")).args(arguments).output().unwrap()
}

fn done(arguments: &[&str]) -> String {
    let output = bench(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// What is said where it ends with this exit code.
fn refusal(arguments: &[&str], code: i32) -> String {
    let output = bench(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

fn with<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [arguments, more].concat()
}

fn save(folder: &tempfile::TempDir, name: &str, values: &Array2<f64>) -> PathBuf {
    let path = folder.path().join(name);
    let shape = [values.nrows() as u64, values.ncols() as u64];
    let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
    let mut writer = options.writer(File::create(&path).unwrap()).begin_nd().unwrap();
    writer.extend(values.iter().copied()).unwrap();
    writer.finish().unwrap();
    path
}

#[test]
fn a_table_has_every_stage_and_says_what_its_columns_are() {
    let table = done(&SMALL);
    for text in
        ["gram", "spectrum", "maximum match", "minimum match", "cover", "support", "peak MB:"]
    {
        assert!(table.contains(text), "{text} is not in\n{table}");
    }
    assert!(!table.contains("baseline"));
}

#[test]
fn json_is_a_baseline_for_the_same_problem_and_for_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("earlier.json");
    let json = done(&with(&SMALL, &["--json", "--threads", "1"]));
    let report: Value = serde_json::from_str(&json).unwrap();
    let stages = report["problems"][0]["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 6);
    for stage in stages {
        for field in ["best_seconds", "median_seconds", "operations", "gflops", "share_of_product"]
        {
            assert!(stage[field].as_f64().unwrap() > 0.0, "{field} of {stage}");
        }
        assert!(stage["peak_bytes"].as_u64().unwrap() > 0, "{stage}");
        assert!(!stage["formula"].as_str().unwrap().is_empty());
    }
    fs::write(&file, json).unwrap();

    let baseline = ["--threads", "1", "--baseline", file.to_str().unwrap()];
    assert!(done(&with(&SMALL, &baseline)).contains("/ baseline"));
    let again = done(&with(&with(&SMALL, &baseline), &["--json"]));
    let again: Value = serde_json::from_str(&again).unwrap();
    assert!(again["problems"][0]["stages"][0]["times_baseline"].as_f64().unwrap() > 0.0);

    let other = with(&with(&SMALL, &baseline), &["--noise", "0.05"]);
    assert!(refusal(&other, 1).contains("noise of problem 0: 0.1 there, 0.05 here"));
    let standard = with(&["run"], &baseline);
    assert!(refusal(&standard, 1).contains("1 problems there, 4 here"));
    fs::write(&file, r#"{"schema": 99}"#).unwrap();
    assert!(refusal(&with(&SMALL, &baseline), 1).contains("its schema is 99"));
    fs::write(&file, "a table").unwrap();
    assert!(refusal(&with(&SMALL, &baseline), 1).contains("earlier.json: no JSON"));
}

#[test]
fn files_are_measured_and_told_apart_by_what_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let Planted { x, y, .. } = Planted::new(plan(24, 800)).unwrap();
    let x = save(&folder, "x.npy", &x);
    let changed = save(&folder, "changed.npy", &(&y * 1.5));
    let y = save(&folder, "y.npy", &y);
    let earlier = folder.path().join("earlier.json");
    let [x, y, changed, earlier] = [&x, &y, &changed, &earlier].map(|path| path.to_str().unwrap());
    let json = done(&["files", x, y, "--repeats", "1", "--json"]);
    fs::write(earlier, json).unwrap();
    assert!(done(&["files", x, y, "--baseline", earlier]).contains("24 + 24 neurons, 800 samples"));
    let other = refusal(&["files", x, changed, "--baseline", earlier], 1);
    assert!(other.contains("fingerprint of problem 0"), "{other}");
    assert!(refusal(&["files", x, y, "--eps", "0.001"], 1).contains("no neuron matches"));
    let mut broken = Array2::ones((800, 3));
    broken[(5, 1)] = f64::NAN;
    let broken = save(&folder, "broken.npy", &broken);
    let said = refusal(&["files", x, broken.to_str().unwrap()], 1);
    assert!(said.contains("broken.npy: neuron 1 of y is NaN in row 5"), "{said}");
}

#[test]
fn wrong_usage_is_explained_and_ends_with_code_2() {
    for (arguments, what) in [
        (&["run", "--samples", "100"][..], "--n-x"),
        (&["run", "--n-x", "10", "--shared", "20"], "20 shared dimensions"),
        (&["run", "--n-x", "10", "--samples", "12", "--noise", "0"], "take more samples"),
        (&["run", "--n-x", "600", "--block", "300"], "take smaller blocks"),
        (&["run", "--n-x", "10", "--noise=-1"], "noise is -1"),
        (&["run", "--threads", "0"], "--threads"),
        (&["run", "--repeats", "0"], "--repeats"),
        (&["files", "x.npy"], "Y.npy"),
        (&["files", "x.npy", "y.npy", "--eps", "1"], "must be in [0, 1)"),
        (&["walk"], "unrecognized subcommand"),
    ] {
        let said = refusal(arguments, 2);
        assert!(said.contains(what), "{arguments:?}: {said}");
    }
}

#[test]
fn help_states_every_formula() {
    let help = done(&["--help"]);
    for text in ["N n (n + 1)", "p (p + 2 t)", "set-up alone", "Exit codes"] {
        assert!(help.contains(text), "{text} is not in\n{help}");
    }
}
