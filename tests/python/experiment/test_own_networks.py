"""Experiments on networks of the user's own: what fits at once, what is left out, what fails."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch
from torch import Tensor, nn

from experiments import contents, experiment
from spanmatch.torch.comparing.budget import find_budget
from spanmatch.torch.comparing.summed_networks import sum_in_step

if TYPE_CHECKING:
    from pathlib import Path

    from spanmatch.torch.comparing.summed_networks import SummedNetworks

SOURCE = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.small, self.large = torch.nn.Linear(3, 4), torch.nn.Linear(4, 24)
        self.register_buffer("failing", torch.zeros(()))
    def forward(self, x):
        if self.failing > 0 and len(x) == 7:
            raise RuntimeError("out of luck")
        return self.large(self.small(x))
def batches(**_):
    draws = torch.Generator().manual_seed(0)
    return list(torch.randn(47, 3, generator=draws).split(10))
"""
ASKED = ["--data", "own.py:batches", "--arch", "own.py:Net", "--nulls", "3", "--folds", "4"]


class Net(nn.Module):
    """What is in a file of weights."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.small, self.large = nn.Linear(3, 4), nn.Linear(4, 24)
        self.failing: Tensor
        self.register_buffer("failing", torch.zeros(()))


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An experiment on four files of weights, without training."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("spanmatch.experiment.run.write_report", lambda folder: folder)
    (tmp_path / "own.py").write_text(SOURCE)
    given = [*ASKED]
    for number in range(4):
        torch.save(Net(number).state_dict(), f"{number}.pt")
        given += ["--checkpoint", f"{number}.pt"]
    return given


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The networks of every pass over the data."""
    seen: list[list[str]] = []

    def sum_seen(models: Any, *given: Any, **how: Any) -> SummedNetworks:
        summed = sum_in_step(models, *given, **how)
        seen.append(list(models))
        return summed

    monkeypatch.setattr("spanmatch.experiment.comparisons.sum_in_step", sum_seen)
    return seen


def test_what_does_not_fit_at_once_takes_several_passes(
    tmp_path: Path,
    asked: list[str],
    passes: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert experiment(tmp_path / "whole", *asked).returncode == 0
    assert len(passes) == 1
    assert Counter(passes[0])["checkpoint 3.pt"] == 1
    assert len(passes[0]) == 4 + 3
    passes.clear()
    # Of the sums of all pairs, room for those of some.
    monkeypatch.setattr("spanmatch.torch.comparing.collect.find_budget", lambda *_: 1_000_000)
    assert experiment(tmp_path / "halves", *asked).returncode == 0
    assert len(passes) > 1
    # And for those of one, which then is compared without them.
    passes.clear()
    monkeypatch.setattr("spanmatch.torch.comparing.collect.find_budget", lambda *_: 120_000)
    assert experiment(tmp_path / "alone", *asked).returncode == 0
    assert not any("checkpoint 0.pt" in each for each in passes)
    # So many networks may not fit either.
    passes.clear()
    monkeypatch.setattr("spanmatch.torch.comparing.collect.find_budget", find_budget)
    monkeypatch.setattr("spanmatch.experiment.comparisons.find_budget", lambda *_: 2_000)
    assert experiment(tmp_path / "few", *asked).returncode == 0
    assert max(map(len, passes)) < 7
    for name in ("halves", "alone", "few"):
        assert contents(tmp_path / name / "comparisons") == contents(tmp_path / "whole/comparisons")


def test_some_pairs_of_trained_networks_give_the_same_files(
    tmp_path: Path, asked: list[str], passes: list[list[str]]
) -> None:
    out = tmp_path / "out"
    assert experiment(out, *asked).returncode == 0
    whole = contents(out)
    passes.clear()
    for pair in ("0-1", "0-2"):
        first, second = (int(number) + 1 for number in pair.split("-"))
        shutil.rmtree(out / f"comparisons/trained-checkpoint-{first}-checkpoint-{second}")
    assert experiment(out, *asked).returncode == 0
    assert passes == [["checkpoint 0.pt", "checkpoint 1.pt", "checkpoint 2.pt"]]
    assert contents(out) == whole


def test_errors_name_the_network(tmp_path: Path, asked: list[str]) -> None:
    failing, unknown = Net(1), Net(2)
    failing.failing.fill_(1)
    with torch.no_grad():
        unknown.large.bias[3] = torch.nan
    for name, wrong, words in (
        ("failing", failing, r"network 'checkpoint 1.pt': the model .*batch 4 .*out of luck"),
        (
            "unknown",
            unknown,
            r"error: layer 'large': batch 0 .*neuron 3 of 'checkpoint 1.pt' is NaN",
        ),
    ):
        torch.save(wrong.state_dict(), "1.pt")
        done = experiment(tmp_path / name, *asked)
        assert done.returncode == 1
        assert re.search(words, done.stderr), done.stderr
