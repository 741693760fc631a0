"""Commands that are ended at random moments, and resumed until done: the same files as undisturbed.

SPANMATCH_SIGNALS says how many moments of each command are tried.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("typer")
pytest.importorskip("torch")
pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")
pytest.importorskip("jinja2")
import fork_server

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")

MOMENTS = int(os.environ.get("SPANMATCH_SIGNALS", "2"))
SEED = int(os.environ.get("SPANMATCH_SIGNALS_SEED", "0"))
ON = ["--device", "cpu", "--threads", "1"]
OF_NETS = ["--data", "nets.py:batches", "--max-batches", "2", "--nulls", "1", "--folds", "2"]
COMMANDS = {
    "compare": ["compare", "nets.py:small(k=0)", "nets.py:small(k=1)", *ON, *OF_NETS],
    "compare many": ["compare", *(f"nets.py:small(k={k})" for k in range(3)), *ON, *OF_NETS],
    "experiment": ["experiment", "--data", "digits", "--arch", "small-vgg", "--seeds", "0,1"],
}
COMMANDS["experiment"] += ["--epochs", "1", "--limit", "60", "--nulls", "0", "--folds", "2"]
CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGKILL": -9}
NETS = """
import torch
from torch import nn


def small(k):
    torch.manual_seed(k)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 6), nn.ReLU(), nn.Linear(6, 5)).eval()


def batches():
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(30, 1, 8, 8, generator=generator) for _ in range(2)]
"""


class Server:
    """Another process that runs commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "nets.py").write_text(NETS)
        self.process = subprocess.Popen(
            [sys.executable, fork_server.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def run(self, command: str, out: str, **how: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"arguments": [*COMMANDS[command], "--out", out], "folder": str(self.folder), **how}
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def contents(self, out: str) -> dict[str, bytes]:
        top = self.folder / out
        files = (path for path in sorted(top.rglob("*")) if path.is_file())
        return {str(path.relative_to(top)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("signals"))
    yield made
    made.process.communicate()


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_ended_and_resumed_has_the_same_files(server: Server, command: str) -> None:
    if command == "experiment" and "SPANMATCH_SIGNALS" not in os.environ:
        pytest.skip("takes a while: set SPANMATCH_SIGNALS")
    slug = command.replace(" ", "-")
    whole = server.run(command, f"{slug}-whole")
    assert whole["code"] == 0, whole["said"]
    expected = server.contents(f"{slug}-whole")
    assert len(expected) > 5
    chance = random.Random(SEED)
    sent = 0
    while sent < MOMENTS:
        out, killed = f"{slug}-{sent}", False
        # One run in two is ended again, as it goes on.
        while True:
            name, delay = chance.choice(list(CODES)), chance.uniform(0.0, whole["took"])
            told = server.run(command, out, name=name, delay=delay)
            sent += 1
            where = f"{command}, {name} after {delay:.4f} s: {told}"
            assert told["code"] in (CODES[name], 0), where
            assert "Traceback" not in told["said"], where
            hidden = [path for path in server.contents(out) if Path(path).name.startswith(".")]
            # What SIGKILL has left, the run that ends whole takes away.
            killed = killed or name == "SIGKILL"
            assert killed or not hidden, f"{where}: {hidden}"
            if told["code"] == 0 or chance.random() < 0.5:
                break
        told = server.run(command, out)
        assert told["code"] == 0, f"{where}; then {told}"
        found = server.contents(out)
        assert found.keys() == expected.keys(), where
        assert [path for path in found if found[path] != expected[path]] == [], where
