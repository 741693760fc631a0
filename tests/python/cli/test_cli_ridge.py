"""A ridge on the command line: the answers are those of the library, and bad ones are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner

import spanmatch as sm
from spanmatch.cli.program import app

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

Sides = tuple[np.ndarray, np.ndarray]
COMMANDS: dict[str, list[str]] = {
    "spectrum": [],
    "simple": ["--eps", "0.6"],
    "support": ["--eps", "0.6"],
}


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sides:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((60, 6))
    x, y = (
        shared @ rng.standard_normal((6, 30)) + 0.5 * rng.standard_normal((60, 30))
        for _ in range(2)
    )
    np.save("x.npy", x)
    np.save("y.npy", y)
    return x, y


def run(code: int, command: str, *arguments: str) -> str:
    result = CliRunner().invoke(app, [command, *COMMANDS.get(command, []), *arguments])
    assert result.exit_code == code, result.output
    return result.output if code else result.stdout


def result_of(command: str, *arguments: str) -> Any:
    return json.loads(run(0, command, *arguments, "--json"))["result"]


def test_every_command_takes_a_number(sides: Sides) -> None:
    found = result_of("spectrum", "x.npy", "y.npy", "--ridge", "0.3")
    assert found == sm.spectrum(*sides, ridge=0.3).to_dict()
    simple = result_of("simple", "x.npy", "y.npy", "--ridge", "0.3")
    assert simple == [match.to_dict() for match in sm.simple_matches(*sides, eps=0.6, ridge=0.3)]
    assert simple != result_of("simple", "x.npy", "y.npy")
    support = result_of("support", "x.npy", "y.npy", "--ridge", "0.3")
    assert support == sm.support(*sides, eps=0.6, ridge=0.3).to_dict()
    assert "ridge 0.3" in run(0, "spectrum", "x.npy", "y.npy", "--ridge", "0.3")


def test_auto_is_chosen_by_folds(sides: Sides) -> None:
    chosen = sm.spectrum(*sides, ridge="auto").ridge
    assert chosen is not None
    found = result_of("spectrum", "x.npy", "y.npy", "--ridge", "auto")
    assert found["ridge"] == found["one_to_one"]["ridge"] == found["held_out"]["ridge"] == chosen
    assert found["interval"]["folds"] == 16
    simple = result_of("simple", "x.npy", "y.npy", "--ridge", "auto")
    assert simple == result_of("simple", "x.npy", "y.npy", "--ridge", repr(chosen))
    run(0, "spectrum", "x.npy", "y.npy", "--folds", "8", "--save-pair", "pair.safetensors")
    of_pair = sm.spectrum(sm.ActivationPair.load("pair.safetensors"), ridge="auto")
    saved = result_of("spectrum", "pair.safetensors", "--ridge", "auto")
    assert saved["ridge"] == of_pair.ridge
    shown = " ".join(run(0, "spectrum", "x.npy", "y.npy", "--ridge", "auto").split())
    spectrum = sm.spectrum(*sides, ridge=chosen)
    match = spectrum.match(spectrum.chance_level)
    held = sm.held_out(*sides, match=match)
    median = np.median([*held.x, *held.y])
    assert f"held out: {median:.2f}, the median residual of the match" in shown


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        (["--ridge", "0"], 2, ["--ridge must be", "auto", "1e-12", "got 0"]),
        (["--ridge", "nan"], 2, ["--ridge must be", "got nan"]),
        (["--ridge", "much"], 2, ["--ridge must be", "'much'"]),
        (["--ridge", "auto", "--nulls", "9"], 2, ["give a number", "--nulls"]),
    ],
)
def test_what_is_wrong_is_said(sides: Sides, given: list[str], code: int, words: list[str]) -> None:
    said = " ".join(run(code, "spectrum", "x.npy", "y.npy", *given).split())
    assert all(word in said for word in words), said


def test_a_pair_without_folds_cannot_choose(sides: Sides) -> None:
    run(0, "spectrum", "x.npy", "y.npy", "--save-pair", "pair.safetensors")
    said = run(1, "spectrum", "pair.safetensors", "--ridge", "auto")
    assert "keeps no folds" in said


def test_an_experiment_takes_one_number(sides: Sides) -> None:
    given = ["--data", "digits", "--arch", "small-vgg", "--out", "study", "--ridge"]
    assert "give a number" in " ".join(run(2, "experiment", *given, "auto").split())
    assert "--ridge must be" in " ".join(run(2, "experiment", *given, "0").split())
