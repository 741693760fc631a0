"""Nulls and folds of `spanmatch spectrum`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm

pytest.importorskip("typer")
from typer.testing import CliRunner

from cli_files import as_null
from spanmatch.base.plain_json import format_json
from spanmatch.cli.program import app
from spanmatch.comparison.calibrated_table import SATURATED

if TYPE_CHECKING:
    from pathlib import Path

KEEPS = ["--nulls", "9", "--folds", "4", "--rows-per-item", "6", "--seed", "2"]


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, np.ndarray]:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = 1 + np.repeat(rng.random((50, 4)), 6, axis=0) + 0.1 * rng.random((300, 4))
    y = x @ rng.random((4, 3)) + 0.3 * rng.random((300, 3))
    np.save("x.npy", x)
    np.save("y.npy", y)
    return x, y


def run(code: int, *arguments: str) -> Any:
    result = CliRunner().invoke(app, ["spectrum", *arguments])
    assert result.exit_code == code, result.output
    return result


def test_the_answer_is_that_of_the_library(sides: tuple[np.ndarray, np.ndarray]) -> None:
    pair = sm.ActivationPair(nulls=9, folds=4, seed=2)
    pair.update(*sides, rows_per_item=6)
    answer = json.loads(run(0, "x.npy", "y.npy", *KEEPS, "--json").stdout)["result"]
    assert answer["p_value"] == sm.p_value(pair)
    assert answer["nulls"]["x"] == sm.null_spectra(pair).x.tolist()
    assert answer["interval"]["area"] == sm.interval(pair).area.tolist()
    shown = run(0, "x.npy", "y.npy", *KEEPS, "--plot", "picture.png").stdout
    assert "p = 0.1 by 9 nulls" in " ".join(shown.split())
    assert "95% interval of the area" in shown
    # With s1, near, intervals and nulls each ε still has one line of 80 columns.
    lines = shown.splitlines()
    rows = [line.split() for line in lines if line.startswith("0.")]
    assert [(row[0], len(row)) for row in rows] == [(f"0.{tenth}", 12) for tenth in range(10)]
    assert max(map(len, lines)) <= 80


def test_a_saved_pair_has_its_own(sides: tuple[np.ndarray, np.ndarray]) -> None:
    first = run(0, "x.npy", "y.npy", *KEEPS, "--save-pair", "pair.safetensors", "--json").stdout
    again = run(0, "pair.safetensors", "--json").stdout
    assert json.loads(first)["result"] == json.loads(again)["result"]
    assert "leave out --nulls" in run(2, "pair.safetensors", "--nulls", "3").output


def test_without_them_the_answer_is_a_spectrum_and_its_pairs(
    sides: tuple[np.ndarray, np.ndarray],
) -> None:
    answer = json.loads(run(0, "x.npy", "y.npy", "--json").stdout)
    assert answer["one_to_one"] == as_null(sm.one_to_one(*sides).to_dict())
    assert answer["result"] == sm.spectrum(*sides).to_dict()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--rows-per-item", "7", "--nulls", "3"], 1, "no multiple of the 7 rows"),
        (["--rows-per-item", "300", "--nulls", "3"], 1, "one item"),
        (["--folds", "1"], 2, "--folds must be 0 or at least 2"),
        (["--rows-per-item", "100", "--folds", "4"], 1, "4 folds need 4 items"),
    ],
)
def test_what_is_wrong_is_said(
    sides: tuple[np.ndarray, np.ndarray], arguments: list[str], code: int, said: str
) -> None:
    assert said in " ".join(run(code, "x.npy", "y.npy", *arguments).output.split())


@pytest.mark.parametrize(("rows_per_item", "rows"), [(1, 961), (700, 2100), (3, 483)])
def test_no_item_is_left_alone(
    rows_per_item: int, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).random((rows, 3))
    np.save("x.npy", x)
    keeps = ["--nulls", "1", "--rows-per-item", str(rows_per_item), "--save-pair", "p.safetensors"]
    run(0, "x.npy", "x.npy", *keeps)
    assert sm.ActivationPair.load("p.safetensors").n_items == rows // rows_per_item


def test_what_is_kept_is_what_is_printed(sides: tuple[np.ndarray, np.ndarray]) -> None:
    printed = run(0, "x.npy", "y.npy", *KEEPS, "--save", "answer.safetensors", "--json").stdout
    code = (
        "import spanmatch, spanmatch.base.plain_json as j; "
        "print(j.format_json(spanmatch.load('answer.safetensors').to_dict()))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert json.loads(loaded.stdout) == json.loads(printed)["result"]
    answer = sm.load("answer.safetensors")
    assert isinstance(answer, sm.LayerAnswer)
    assert answer.nulls is not None
    assert answer.interval is not None
    assert (len(answer.nulls), answer.interval.folds) == (9, 4)


def test_without_nulls_and_folds_the_spectrum_is_kept(
    sides: tuple[np.ndarray, np.ndarray],
) -> None:
    run(0, "x.npy", "y.npy", "--save", "spectrum.safetensors")
    assert sm.load("spectrum.safetensors") == sm.spectrum(*sides)


def test_measures_are_calibrated(sides: tuple[np.ndarray, np.ndarray]) -> None:
    keeps = ["--nulls", "19", "--rows-per-item", "6", "--calibrate"]
    printed = json.loads(
        run(0, "x.npy", "y.npy", *keeps, "--save", "a.safetensors", "--json").stdout
    )
    answer = sm.load("a.safetensors")
    assert isinstance(answer, sm.LayerAnswer)
    assert answer.calibration is not None
    assert printed["result"]["calibration"] == json.loads(format_json(answer.calibration.to_dict()))
    assert printed["corrected_area"] == sm.spectrum(*sides).corrected_area
    shown = run(0, "x.npy", "y.npy", *keeps).stdout
    area = answer.calibration["area"]
    figures = [f"{each:.2f}" for each in (area.value, area.threshold, area.score)]
    assert ["area", *figures, f"{area.p_value:.2g}"] in [
        line.split() for line in shown.splitlines()
    ]
    assert "τ: what 19 distinct nulls reach at level 0.05" in shown


def test_measures_of_a_saved_pair_are_calibrated(sides: tuple[np.ndarray, np.ndarray]) -> None:
    run(0, "x.npy", "y.npy", "--nulls", "19", "--save-pair", "pair.safetensors")
    run(0, "x.npy", "y.npy", "--save-pair", "bare.safetensors")
    assert "distinct nulls reach" in run(0, "pair.safetensors", "--calibrate").stdout
    assert "give --nulls, usually 39" in run(2, "bare.safetensors", "--calibrate").output


@pytest.mark.parametrize(
    ("nulls", "words"), [("0", "give --nulls, usually 39"), ("5", "needs 19 distinct nulls")]
)
def test_too_few_nulls_to_calibrate_are_wrong_usage(nulls: str, words: str) -> None:
    said = run(2, "nowhere.npy", "neither.npy", "--nulls", nulls, "--calibrate").output
    assert words in " ".join(said.replace("│", "").split())


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_what_is_saturated_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.random.default_rng(0).standard_normal((30, 40)))
    shown = run(0, "x.npy", "x.npy", "--nulls", "19", "--calibrate").stdout
    assert f"{SATURATED}: area, " in " ".join(shown.split())
