"""`compare(calibrate=True)`: kept calibrations, refused without nulls, gone on with in a folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import spanmatch as sm

pytest.importorskip("torch")
import torch
from torch import nn

from compare_runs import compared, config, expected, made, place, runs
from spanmatch.comparison.comparison import Comparison
from spanmatch.torch import compare

__all__ = ["made", "place"]  # fixtures

LAYERS = ("conv1", "head")


def net(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(8, 5), nn.ReLU(), nn.Linear(5, 3))


def compare_nets(*sizes: int, **asked: Any) -> Comparison:
    torch.manual_seed(5)
    data = [torch.randn(size, 8) for size in sizes]
    return compare(net(0), net(1), data, progress=False, **asked)


def test_it_is_what_the_pairs_tell() -> None:
    plain = compare_nets(60, 60, nulls=19, ridge=0.1, center=True)
    found = compare_nets(60, 60, nulls=19, ridge=0.1, center=True, calibrate=True)
    assert dict(plain.calibrations) == {}
    assert list(found.calibrations) == list(found)
    assert found.calibrated() == plain.calibrated()
    assert found.without_pairs().calibrated() == plain.calibrated()
    assert {each.ridge for each in found.calibrations.values()} == {0.1}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "`calibrate` needs nulls: give `nulls`, usually 39"),
        ({"nulls": 18}, "needs 19 distinct nulls at least, and there are 18"),
    ],
)
def test_too_few_nulls_are_refused_before_any_work(asked: dict[str, Any], words: str) -> None:
    class Untouched(nn.Module):
        def forward(self, _: torch.Tensor) -> torch.Tensor:
            raise AssertionError("the model ran")

    with pytest.raises(ValueError, match=words):
        compare(Untouched(), Untouched(), [torch.randn(9, 8)], calibrate=True, **asked)


def test_nulls_that_repeat_are_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    def solve(*_: object, **__: object) -> None:
        raise AssertionError("something was solved")

    monkeypatch.setattr("spanmatch.solve.layer_answer.find_spectrum", solve)
    with pytest.raises(ValueError, match="needs 19 distinct nulls at least, and there are 6"):
        compare_nets(7, nulls=40, calibrate=True)


@pytest.mark.usefixtures("place")
def test_a_folder_without_goes_on_with_it_and_solves_nothing_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = {"nulls": 19, "seed": 2, "layers": LAYERS}
    without = compared("out", config(**asked))
    wanted = expected(nulls=19, seed=2, layers=list(LAYERS), calibrate=True)
    assert dict(without.calibrations) == {}
    runs()

    def solve(*_: object, **__: object) -> None:
        raise AssertionError("what is there was solved again")

    said: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr("spanmatch.torch.resuming.resumable.answer_pair", solve)
        found = compared("out", config(**asked, calibrate=True), say=said.append)
    assert said == ["out holds 2 of 2 pairs and 2 of 2 spectra, 0 of 2 calibrated, already"]
    assert runs() == ""
    assert found == wanted
    assert Comparison.load("out") == wanted
    # One that is lost is found again; what is there stays where it is not asked for.
    next(Path("out/calibrations").glob("head-*")).unlink()
    Path("out/comparison.json").unlink()
    assert compared("out", config(**asked, calibrate=True), say=said.append) == wanted
    assert said[-1].endswith("2 of 2 spectra, 1 of 2 calibrated, already")
    assert compared("out", config(**asked)) == wanted


@pytest.mark.usefixtures("place")
def test_a_run_that_was_cut_off_finishes() -> None:
    asked = config(nulls=19, layers=LAYERS, calibrate=True)
    wanted = compared("out", asked)
    for lost in ("spectra", "calibrations"):
        next((Path("out") / lost).glob("conv1-*")).unlink()
    Path("out/comparison.json").unlink()
    assert compared("out", asked) == wanted
    shutil.rmtree("out/calibrations")
    Path("out/comparison.json").unlink()
    assert compared("out", asked) == wanted


def test_the_level_is_that_of_the_library() -> None:
    found = compare_nets(60, 60, nulls=19, calibrate=True)
    for layer, each in found.calibrations.items():
        assert each["area"].p_value == sm.p_value(found.pair(layer))
        assert each.level == 0.05
