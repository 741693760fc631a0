"""Many networks by two processes of torchrun: what one gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spanmatch as sm

pytest.importorskip("torch")
pytest.importorskip("typer")
from comparisons import is_close

NETS = """
import os

import torch
from torch import nn

def net(seed=0, fails_in=None):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5)]
    return nn.Sequential(*layers, *([] if fails_in is None else [Picky(fails_in)]))

class Picky(nn.Module):
    def __init__(self, rank):
        super().__init__()
        self.rank = str(rank)

    def forward(self, x):
        if os.environ.get("RANK") == self.rank:
            raise RuntimeError("out of luck")
        return x

def batches(count=3):
    generator = torch.Generator().manual_seed(0)
    return list(torch.randn(8 * count, 1, 6, 6, generator=generator).split(8))
"""
MODELS = [f"nets.py:net(seed={seed})" for seed in range(3)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nets.py").write_text(NETS)
    monkeypatch.chdir(tmp_path)


def run(
    out: str, *options: str, models: list[str] = MODELS, processes: int = 1, fails: bool = False
) -> tuple[Any, str]:
    """Give the command, and return what it printed as JSON, and what it said beside."""
    starter = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", f"{processes}"]
    command = [sys.executable, *(starter if processes > 1 else []), "-m", "spanmatch", "compare"]
    options = (*options, "--out", out, "--json", "--device", "cpu")
    done = subprocess.run(
        [*command, *models, *options], capture_output=True, text=True, timeout=240, check=False
    )
    assert (done.returncode != 0) == fails, done.stderr
    return (json.loads(done.stdout) if done.stdout else None), done.stderr


def test_two_processes_give_what_one_gives() -> None:
    data = ["--data", "nets.py:batches"]
    (alone, _), (both, said) = run("one", *data), run("two", *data, processes=2)
    assert is_close(both, alone, 1e-9)
    assert said.count("has run") == 3
    one, two = (sm.load(each) for each in ("one", "two"))
    assert isinstance(one, sm.ManyComparison)
    assert isinstance(two, sm.ManyComparison)
    for layer in one.layers:
        first, second = (many.pair(layer, *one.networks[:2]) for many in (one, two))
        assert first.n_samples == second.n_samples
        assert np.allclose(first.gram(center=True), second.gram(center=True), rtol=1e-9)
    assert not Path("two", "rows").exists()
    again, said = run("two", *data, processes=2)
    assert again == both
    assert "two holds all of it already" in said


def test_a_process_without_a_batch_takes_part() -> None:
    # The second process has no batch, and takes part all the same.
    data = ["--data", "nets.py:batches(count=1)", "--nulls", "3", "--folds", "2"]
    (alone, _), (both, _) = run("one", *data), run("two", *data, processes=2)
    areas = [[row["area"] for row in each["rows"]] for each in (alone, both)]
    assert np.allclose(areas[0], areas[1], rtol=0, atol=1e-9)
    two = sm.load("two")
    assert isinstance(two, sm.ManyComparison)
    pair = two.pair("0", *two.networks[:2])
    assert (pair.n_nulls, pair.n_folds, pair.n_items) == (3, 2, 8)


def test_what_fails_in_one_process_is_said_and_the_rest_is_kept() -> None:
    options = ["--data", "nets.py:batches", "--layers", "0"]
    models = [*MODELS, "nets.py:net(seed=9, fails_in=1)"]
    _, said = run("out", *options, models=models, processes=2, fails=True)
    assert "rank 1: network" in said
    assert "out of luck" in said
    # Of the last network, those of the process that did not fail.
    assert len(list(Path("out", "rows").glob("?-of-2/*/network.json"))) == 2 * 3 + 1
