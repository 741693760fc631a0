"""Models and checkpoints to compare by name, and what their runs leave in a folder."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from spanmatch.torch import compare, load_data, load_model
from spanmatch.torch.comparing.options import CompareOptions
from spanmatch.torch.loading.data.digits import split_digits
from spanmatch.torch.resuming.config import CompareConfig, NamedData, NamedModel
from spanmatch.torch.resuming.ranks import Ranks
from spanmatch.torch.resuming.resumable import compare_in

if TYPE_CHECKING:
    from spanmatch.comparison.comparison import Comparison

# Each forward pass, and each call of `batches`, leaves a letter in a file.
NETS = '''
import os
from pathlib import Path

import torch
from torch import nn


def note(letter):
    with Path(__file__).with_name("runs").open("a") as file:
        file.write(letter)


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.act = nn.ReLU()
        self.conv2 = nn.Conv2d(8, 12, 3, stride=2)
        self.head = nn.Linear(108, 10)

    def forward(self, x):
        note("f")
        return self.head(self.act(self.conv2(self.act(self.conv1(x)))).flatten(1))


def small():
    note("m")
    return Small()


def wide():
    def block(width):
        return nn.Sequential(nn.Linear(width, 1000), nn.ReLU())

    return nn.Sequential(block(64), block(1000), block(1000), block(1000), block(1000))


class Broken(nn.Module):
    """Fails in the second of two processes."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(8, 8)

    def forward(self, x):
        if os.environ.get("RANK") != "0":
            raise LookupError("broken on purpose")
        return self.inner(x)


def broken():
    return Broken()


def batches():
    note("b")
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(30, 1, 8, 8, generator=generator) for _ in range(5)]


def noisy():
    generator = torch.Generator().manual_seed(9)
    return [x + torch.randn(x.shape, generator=generator) for x in batches()]


def vectors():
    return [torch.randn(300, 64, generator=torch.Generator().manual_seed(0))]


def nothing():
    return []


class Moody(nn.Module):
    """Whose layer runs twice if the inputs are positive."""

    def __init__(self):
        super().__init__()
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.act(x)) if x.sum() > 0 else self.act(x)


def moody():
    return Moody()


def moods():
    return [-torch.ones(3, 4), torch.ones(3, 4)]
'''
BATCHES = 5
MODELS = ["compare", "nets.py:small", "nets:small", "--device", "cpu", "--out", "out"]
WEIGHTS = ["--checkpoint-a", "a.pt", "--checkpoint-b", "b.pt"]
COMMAND = [*MODELS, *WEIGHTS, "--data", "digits"]


def make(folder: Path) -> None:
    """Write the factories, and two checkpoints that differ by seed, a little trained."""
    (folder / "nets.py").write_text(NETS)
    for name, seed in (("a", 0), ("b", 1)):
        (folder / f"{name}.pt").write_bytes(checkpoint(seed))


@cache
def checkpoint(seed: int) -> bytes:
    """A file of weights, trained for an epoch."""
    data, saved, threads = split_digits(), io.BytesIO(), torch.get_num_threads()
    # Products this small lose more than they gain by a second thread.
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        nets = Path(folder, "nets.py")
        nets.write_text(NETS)
        net = load_model(f"{nets}:small", seed=seed)
        optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
        batches = zip(data.train_images.split(64), data.train_labels.split(64), strict=True)
        for images, labels in batches:
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(images), labels).backward()
            optimiser.step()
    torch.set_num_threads(threads)
    torch.save(net.state_dict(), saved)
    return saved.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make(folder)
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder of the test's own, with the factories and checkpoints."""
    for file in made.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def config(**changes: Any) -> CompareConfig:
    """The networks of `make` and their batches, but for what is to be otherwise."""
    left: dict[str, Any] = {"checkpoint_a": "a.pt", "checkpoint_b": "b.pt", "device": "cpu"}
    left |= changes
    model_a, model_b = (
        NamedModel(
            left.pop(f"model_{side}", "nets.py:small"),
            left.pop(f"checkpoint_{side}"),
            left.pop(f"seed_{side}", None),
        )
        for side in "ab"
    )
    of_data = {name: left.pop(name) for name in ("limit", "batch_size") if name in left}
    data = NamedData(name=left.pop("data", "nets.py:batches"), **of_data)
    name_b = left.pop("data_b", None)
    data_b = None if name_b is None else replace(data, name=name_b)
    return CompareConfig(model_a, model_b, data, CompareOptions(**left), data_b)


def compared(folder: str, wanted: CompareConfig | None = None, **options: Any) -> Comparison:
    comparison = compare_in(folder, wanted or config(), Ranks("cpu"), **options)
    assert comparison is not None
    return comparison


def expected(data: str = "nets.py:batches", **arguments: Any) -> Comparison:
    """What the library says of the same models."""
    a, b = (load_model("nets.py:small", checkpoint=f"{name}.pt") for name in "ab")
    return compare(a, b, load_data(data), progress=False, **arguments)


def runs() -> str:
    """What has run since this was asked for last."""
    path = Path("runs")
    if not path.exists():
        return ""
    letters = path.read_text()
    path.unlink()
    return letters


def spanmatch(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "spanmatch", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)
