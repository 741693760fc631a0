"""A network and the pairs of its layers, filled by hand: what `compare` has to give."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

import spanmatch as sm

IMAGES = torch.randn(48, 1, 8, 8, generator=torch.Generator().manual_seed(0))
BATCHES = IMAGES.split(20)


class Net(nn.Module):
    """Maps of three sizes, one module that runs twice, and a layer without positions."""

    def __init__(self, seed: int, width: int = 4, stride: int = 1) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.conv1 = nn.Conv2d(1, width, 3, padding=1, stride=stride)
            self.conv2 = nn.Conv2d(width, 6, 3, padding=1)
            self.act = nn.ReLU(inplace=True)
            self.pool = nn.MaxPool2d(2)
            self.fc = nn.Linear(6, 5)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.act(self.conv1(x))
        x = self.pool(self.act(self.conv2(x)))
        return self.fc(x.mean((2, 3)))


A, B = Net(0), Net(1)
LABELS = ("conv1", "conv2", "act#0", "act#1", "pool", "fc")


def by_hand(model: Net, images: torch.Tensor) -> dict[str, torch.Tensor]:
    with torch.no_grad():
        conv1 = model.conv1(images)
        first = conv1.relu()
        conv2 = model.conv2(first)
        second = conv2.relu()
        pool = model.pool(second)
        values = (conv1, conv2, first, second, pool, model.fc(pool.mean((2, 3))))
    return dict(zip(LABELS, values, strict=True))


def pair_by_hand(
    a: Net, b: Net, layer_a: str, layer_b: str, *, means: bool = False
) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    for images in BATCHES:
        x, y = by_hand(a, images)[layer_a], by_hand(b, images)[layer_b]
        if means:
            x, y = (side.flatten(2).mean(2) if side.ndim > 2 else side for side in (x, y))
        pair.update(sm.as_rows(x), sm.as_rows(y))
    return pair


def assert_near(found: sm.MatchSpectrum, wanted: sm.MatchSpectrum) -> None:
    """Means may be summed in another order, in float32."""
    np.testing.assert_allclose(found.x, wanted.x, rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.y, wanted.y, rtol=0, atol=1e-5)
