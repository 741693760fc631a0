"""`spanmatch compare`: the library's comparison, as table, JSON and picture, kept in a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import spanmatch as sm

pytest.importorskip("typer")
pytest.importorskip("torch")
from cli_files import as_null, done, strict
from compare_runs import COMMAND, expected, made, place, runs
from spanmatch.comparison.comparison import Comparison
from spanmatch.comparison.table import format_table

__all__ = ["made", "place"]  # fixtures
pytestmark = pytest.mark.usefixtures("place")


def test_the_table_the_picture_and_the_folder() -> None:
    wanted = expected("digits")
    result = done(*COMMAND)
    assert result.stdout.startswith(format_table(wanted))
    assert result.stdout.endswith(
        "out: comparison.json, pairs, spectra, one_to_one\nPicture: out/comparison.png\n"
    )
    assert result.stderr == ""
    assert Path("out/comparison.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert sm.load("out") == wanted
    names = ["comparison.json", "comparison.png", "config.json", "one_to_one", "pairs", "pass.json"]
    names += ["spectra"]
    assert sorted(path.name for path in Path("out").iterdir()) == names
    # The folder it is run in was importable, and is no longer.
    assert str(Path.cwd()) not in sys.path


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        (["--center", "--layers", "c*", "--layers", "head"],
         {"center": True, "layers": ["c*", "head"]}),
        (["--layers", "!act", "--layers", "!head"], {"layers": ["!act", "!head"]}),
        (["--layers", "conv1", "--layers-b", "conv2"],
         {"layers": ["conv1"], "layers_b": ["conv2"]}),
        (["--all-pairs", "--layers", "act", "--layers-b", "head"],
         {"all_pairs": True, "layers": ["act"], "layers_b": ["head"]}),
        (["--axis", "1", "--max-batches", "3"], {"axis": 1, "max_batches": 3}),
    ],
    ids=["some layers", "layers taken away", "other names", "all pairs", "axis"],
)  # fmt: skip
def test_json_is_strict_and_all_of_it(options: list[str], arguments: dict[str, Any]) -> None:
    result = done(*COMMAND, *options, "--json", "--plot", "picture.svg")
    wanted = expected("digits", **arguments)
    found = strict(result.stdout)
    assert found.pop("spanmatch") == sm.__version__
    assert found == as_null(wanted.to_dict())
    assert Path("picture.svg").read_bytes().startswith(b"<?xml")
    assert not Path("out/comparison.png").exists()
    assert Comparison.load("out") == wanted


def test_the_table_at_levels_of_ones_own() -> None:
    table = done(*COMMAND, "--eps", "0.003,0.05").stdout
    wanted = expected("digits")
    assert table.startswith(format_table(wanted, [0.003, 0.05]))
    assert table.splitlines()[2].split()[-4:] == ["s(0.003)", "s1", "s(0.05)", "s1"]
    last = next(line.split() for line in table.splitlines() if line.startswith("head "))
    found = wanted.solved("head")
    assert found.one_to_one is not None
    assert last[-4:] == [
        f"{curve.similarity(eps):.2f}"
        for eps in (0.003, 0.05)
        for curve in (found.spectrum, found.one_to_one)
    ]


def test_all_pairs_have_nulls_in_one_pass_or_in_several() -> None:
    chosen = ["--all-pairs", "--layers", "act", "--layers", "head", "--nulls", "3"]
    command = [*COMMAND, *chosen, "--limit", "200", "--batch-size", "20", "--json"]
    runs()
    once, n_runs = strict(done(*command).stdout), runs().count("f")
    names = [(a, b) for a in ("act#0", "act#1", "head") for b in ("act#0", "act#1", "head")]
    assert [(each["layer_a"], each["layer_b"]) for each in once["layers"]] == names
    assert {each["p_value"] for each in once["layers"]} <= {0.25, 0.5, 0.75, 1.0}
    # Together they take some more, and each pair of layers less.
    again = ["again" if each == "out" else each for each in command]
    assert strict(done(*again, "--max-memory", "300kB").stdout) == once
    assert runs().count("f") > n_runs


@pytest.mark.parametrize("calibrate", [[], ["--calibrate"]], ids=["nulls", "calibrated"])
def test_all_pairs_with_nulls_show_the_best_layers(calibrate: list[str]) -> None:
    chosen = ["--all-pairs", "--layers", "conv*", "--layers", "head", "--limit", "200"]
    command = [*COMMAND, *chosen, "--nulls", "19", *calibrate]
    shown = done(*command).stdout
    best = sm.Comparison.load("out").best()
    assert shown.count("Best layers by ") == 1
    assert f"\n\n{best!r}\n\nout: comparison.json" in shown
    plain = strict(done(*command, "--json").stdout)
    assert plain["best"] == as_null(best.to_dict())
    assert ("calibrated" in plain) == bool(calibrate)


@pytest.mark.parametrize(
    "options", [["--all-pairs"], ["--nulls", "3"]], ids=["without nulls", "one by one"]
)
def test_others_have_no_best_layers(options: list[str]) -> None:
    command = [*COMMAND, "--layers", "conv1", "--layers", "head", *options]
    assert "Best layers" not in done(*command).stdout
    assert "best" not in strict(done(*command, "--json").stdout)


def test_calibrated_measures_are_shown_and_printed() -> None:
    command = [*COMMAND, "--nulls", "19", "--layers", "conv1", "--layers", "head", "--calibrate"]
    shown = done(*command).stdout
    calibrated = sm.Comparison.load("out").calibrated()
    assert f"\n{calibrated!r}\n" in shown
    assert shown.endswith("Pictures: out/comparison.png, out/calibrated.png\n")
    assert Path("out/calibrated.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    plain = strict(done(*command, "--json").stdout)
    assert plain["calibrated"] == as_null(calibrated.to_dict())
    assert [row["corrected_area"] for row in plain["layers"]] == [
        each.corrected_area for each in sm.Comparison.load("out").values()
    ]
