"""Two processes of torchrun compare as one does, and fail together."""

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
import compare_worker
from cli_files import strict
from compare_runs import compared, config, made
from compare_worker import WORK
from spanmatch.comparison.comparison import Comparison

__all__ = ["made"]  # a fixture
WORKER = Path(compare_worker.__file__)


@pytest.fixture(scope="module")
def folder(made: Path) -> Path:
    """What both processes have written."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*torchrun, "--nproc-per-node", "2", str(WORKER), str(made)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def heard(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    monkeypatch.chdir(folder)
    return [json.loads(Path(f"heard-{rank}").read_text()) for rank in range(2)]


@pytest.mark.parametrize("name", WORK)
def test_two_give_what_one_gives(heard: Any, name: str, tmp_path: Path) -> None:
    assert [words[name] for words in heard] == [True, False]
    found, wanted = Comparison.load(name), compared(str(tmp_path / "one"), config(**WORK[name]))
    assert list(found) == list(wanted)
    assert (found.inputs, found.notes) == (wanted.inputs, wanted.notes)
    for key in wanted:
        one, two = wanted.pair(key), found.pair(key)
        assert (one.n_samples, one.n_batches) == (two.n_samples, two.n_batches)
        for side in ("x", "y"):
            a, b = (getattr(each[key], side) for each in (found, wanted))
            np.testing.assert_allclose(a, b, atol=1e-9)
    # All that is there is read, and nothing is left to do.
    assert sm.load(name) == compared(name, config(**WORK[name]))


def test_both_go_on_with_what_is_there(heard: Any) -> None:
    assert [words["anew"] for words in heard] == [4, 4]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("another", ["ValueError: whole holds another comparison", "RankError: rank 0: whole hol"]),
        ("no folder", ["NotADirectoryError: ", "RankError: rank 0: "]),
        ("broken", ["RankError: rank 1: the model (Broken), batch 0", "ModelError: the model (Br"]),
        ("no batch", ["ValueError: there is no batch", "ValueError: there is no batch"]),
        ("not alike", ["ValueError: layers ran differently over the batches of rank 1"] * 2),
    ],
)
def test_what_is_wrong_in_one_is_said_in_both(heard: Any, what: str, said: list[str]) -> None:
    for words, begin in zip(heard, said, strict=True):
        assert words[what].startswith(begin)


def test_one_alone_prints_and_draws(heard: Any) -> None:
    first, second = (words["printed"] for words in heard)
    assert strict(first)["inputs"] == 599
    assert second == ""
    assert Path("command/comparison.png").exists()
