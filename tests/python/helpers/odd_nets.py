"""Networks and data that need to be told an axis or a mask, and commands that compare them."""

from __future__ import annotations

from pathlib import Path

import pytest

NETS = """
import torch
from torch import nn


class Heads(nn.Module):
    def forward(self, x):
        return x.reshape(len(x), 4, 2, 3).sin()


def heads():
    return nn.Sequential(nn.Linear(5, 24), Heads(), nn.Flatten(), nn.Tanh())


def vectors():
    return list(torch.randn(60, 5, generator=torch.Generator().manual_seed(0)).split(20))


class Padded(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.inner, self.head = nn.Embedding(9, 4), nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, ids):
        return self.head(self.inner(self.embed(ids)).tanh().mean(1))


def padded():
    return Padded()


def texts():
    ids = torch.randint(9, (40, 6), generator=torch.Generator().manual_seed(0))
    ones = torch.ones_like(ids)
    padding = torch.cat([ones[:, :4], 0 * ones[:, 4:]], 1)
    wide = torch.ones(40, 7)
    return [{"ids": ids[at], "padding": padding[at], "all": ones[at], "wide": wide[at]} for at in
            torch.arange(40).split(10)]


def square():
    return [{"ids": batch["ids"][:6], "all": batch["all"][:6]} for batch in texts()]


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.LSTM(5, 4)

    def forward(self, x):
        return self.inner(x)[0]


def recurrent():
    return Recurrent()


def series():
    return list(torch.randn(20, 8, 5, generator=torch.Generator().manual_seed(0)).split(10))
"""
SEEDS = ["--seed-a", "0", "--seed-b", "1", "--device", "cpu"]
BASE = [
    "compare",
    "oddly.py:heads",
    "oddly.py:heads",
    *SEEDS,
    "--data",
    "oddly.py:vectors",
]
TEXT = [
    "compare",
    "oddly.py:padded",
    "oddly.py:padded",
    *SEEDS,
    "--data",
    "oddly.py:texts",
]
OUT = ["--out", "out"]


@pytest.fixture
def nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A current folder that holds them."""
    monkeypatch.chdir(tmp_path)
    Path("oddly.py").write_text(NETS)
