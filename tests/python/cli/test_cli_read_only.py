"""A folder that nobody may write to: one line that names it, and nothing changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("typer")
pytest.importorskip("torch")
pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")
from experiments import SMALL

if TYPE_CHECKING:
    from collections.abc import Iterator

# The system's administrator may write everywhere, but for one who has given this right away.
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if IS_ROOT else []
NETS = """
import torch


def small():
    return torch.nn.Linear(6, 4)


def batches():
    return [torch.randn(30, 6, generator=torch.Generator().manual_seed(0))]
"""
TWO = ["compare", "nets.py:small", "nets.py:small", "--device", "cpu", "--data", "nets.py:batches"]
COMMANDS = {
    "save": ["spectrum", "x.npy", "x.npy", "--save", "locked/s.safetensors"],
    "save a pair": ["spectrum", "x.npy", "x.npy", "--save-pair", "locked/p.safetensors"],
    "plot": ["spectrum", "x.npy", "x.npy", "--plot", "locked/p.png"],
    "compare": [*TWO, "--out", "locked"],
    "compare below": [*TWO, "--out", "locked/below"],
    "compare many": [*TWO[:3], *TWO[2:], "--out", "locked"],
    "experiment": ["experiment", "--out", "locked", *SMALL],
    "demo": ["demo", "--out", "locked/similarity.png"],
}

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="locks folders as POSIX does"),
    pytest.mark.skipif(
        IS_ROOT and shutil.which("setpriv") is None, reason="root may write everywhere"
    ),
]


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    Path("nets.py").write_text(NETS)
    np.save("x.npy", np.random.default_rng(0).standard_normal((50, 4)))
    folder = Path("locked")
    folder.mkdir()
    (folder / "a.txt").write_text("as it was")
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_that_may_not_be_written_to(locked: Path, name: str) -> None:
    command = [*WITHOUT_RIGHTS, sys.executable, "-m", "spanmatch", *COMMANDS[name]]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 1, told
    last = told.stderr.splitlines()[-1]
    assert last.startswith("error: locked"), told.stderr
    assert "ermission denied" in last, told.stderr
    assert "Traceback" not in told.stderr
    assert [path.name for path in locked.iterdir()] == ["a.txt"]
