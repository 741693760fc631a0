"""Commands that run in a folder, each a fork of one process that has imported what is slow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import fork_server

if TYPE_CHECKING:
    from pathlib import Path

for each in ("typer", "torch", "matplotlib", "sklearn", "jinja2"):
    pytest.importorskip(each)

NETS = """
import torch
from torch import nn


def small(k, hidden=6, out=5):
    torch.manual_seed(k)
    layers = nn.Flatten(), nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, out)
    return nn.Sequential(*layers).eval()


def wide(k):
    return small(k, 400, 300)


def batches(rows=30):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(rows, 1, 8, 8, generator=generator) for _ in range(2)]


def long_batches():
    return batches(400)
"""


def compare_nets(make: str, count: int, data: str) -> list[str]:
    """Return a command that compares so many of `NETS`, but for where its results go."""
    networks = [f"nets.py:{make}(k={k})" for k in range(count)]
    options = ["--device", "cpu", "--threads", "1", "--nulls", "1", "--folds", "2"]
    return ["compare", *networks, "--data", f"nets.py:{data}", *options]


class ForkedCommands:
    """Another process that runs commands in a folder, where `nets.py` is `NETS`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "nets.py").write_text(NETS)
        self._process = subprocess.Popen(
            [sys.executable, fork_server.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def run(self, arguments: list[str], **how: Any) -> dict[str, Any]:
        """Run a command, with what `fork_server.run` takes beside; return what that says of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"arguments": arguments, "folder": str(self.folder), **how}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def read_files(self, out: str = ".") -> dict[str, bytes]:
        """Return the contents of all files below, but for what Python compiles."""
        top = self.folder / out
        return {
            str(path.relative_to(top)): path.read_bytes()
            for path in sorted(top.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
