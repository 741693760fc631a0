"""Maps (N, H, W, C) and (N, C, H, W) with C = H = W: never axis 1 by the order in memory."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import EITHER, Read, examine, inputs, seeded


class OwnNorm(nn.Module):
    """A LayerNorm of the user's own, over the last axis."""

    def __init__(self, wide: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(wide))
        self.eps = 1e-6

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x / (x.pow(2).mean(-1, keepdim=True) + self.eps).sqrt()


class OwnNormFirst(OwnNorm):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


LAST: dict[str, Any] = {
    "gelu": nn.GELU,
    "own norm": lambda: OwnNorm(4),
    "sequential": lambda: nn.Sequential(nn.Linear(4, 4), nn.GELU()),
    "own": Read,
    "dropped": lambda: nn.Sequential(OwnNorm(4), nn.GELU()),
}


class Maps(nn.Module):
    """Channels last from the patches on, contiguous or a view of channels-first memory."""

    def __init__(self, layer: nn.Module, contiguous: bool, any_size: bool) -> None:
        super().__init__()
        self.embed, self.layer = nn.Conv2d(2, 4, 2, stride=2), layer
        self.contiguous, self.any_size = contiguous, any_size

    def forward(self, x: Tensor) -> Any:
        if not self.any_size and x.shape[-1] != 8:
            raise ValueError("images are 8 × 8")
        h = self.embed(x).permute(0, 2, 3, 1)
        return self.layer(h.contiguous() if self.contiguous else h)


@pytest.mark.parametrize("n_inputs", [6, 4])
@pytest.mark.parametrize("any_size", [True, False])
@pytest.mark.parametrize("contiguous", [True, False])
@pytest.mark.parametrize("name", LAST)
def test_channels_last(name: str, contiguous: bool, any_size: bool, n_inputs: int) -> None:
    layers = None if name in ("gelu", "own norm", "own") else ["embed", "layer*"]
    examine(
        lambda seed: seeded(seed, lambda: Maps(LAST[name](), contiguous, any_size)),
        [inputs(n_inputs, 2, 8, 8, seed=seed) for seed in range(2)],
        lambda out: out.flatten(1, 2), must=EITHER, layers=layers,
    )  # fmt: skip


class MapsFirst(Maps):
    def forward(self, x: Tensor) -> Any:
        h = self.embed(x)
        if not self.any_size and x.shape[-1] != 8:
            raise ValueError("images are 8 × 8")
        return self.layer(h.contiguous(memory_format=torch.channels_last) if self.contiguous else h)


@pytest.mark.parametrize("n_inputs", [6, 4])
@pytest.mark.parametrize("any_size", [True, False])
@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("build", [nn.GELU, lambda: OwnNormFirst(4), Read])
def test_channels_first(build: Any, channels_last: bool, any_size: bool, n_inputs: int) -> None:
    """The memory format says nothing of the axes."""
    examine(
        lambda seed: seeded(seed, lambda: MapsFirst(build(), channels_last, any_size)),
        [inputs(n_inputs, 2, 8, 8, seed=seed) for seed in range(2)],
        lambda out: out.flatten(2).mT, must=EITHER,
    )  # fmt: skip


@pytest.mark.parametrize("contiguous", [True, False])
def test_from_images_that_are_channels_last_already(contiguous: bool) -> None:
    """Nothing known before: (N, 4, 4, 4) straight into a layer of unknown class."""

    class Straight(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.embed = OwnNorm(4), nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Any:
            return self.embed(self.layer(x if contiguous else x.mT.contiguous().mT))

    examine(
        lambda seed: seeded(seed, Straight), [inputs(6, 4, 4, 4, seed=seed) for seed in range(2)],
        lambda out: out.flatten(1, 2), must=EITHER,
    )  # fmt: skip


def test_positions_of_other_shape_are_not_the_same_samples() -> None:
    """(2, 3) against (3, 2): as many positions, not the same ones. Means, or a refusal."""

    def make(seed: int) -> nn.Module:
        pool = nn.AdaptiveAvgPool2d((2, 3) if seed == 0 else (3, 2))
        return seeded(seed, lambda: nn.Sequential(nn.Conv2d(2, 4, 1), pool, nn.Conv2d(4, 3, 1)))

    def means(out: Tensor) -> Tensor:
        return out.flatten(2).mean(2)[:, None]

    examine(
        make, [inputs(9, 2, 6, 6, seed=s) for s in range(2)], means, layer="2", must=EITHER,
        others=("0",),
    )  # fmt: skip


def test_signals_of_unknown_class() -> None:
    """(N, C, L) after a Conv1d, mixed by hand, into a layer that says nothing."""

    class Signals(nn.Module):
        def __init__(self, length: int) -> None:
            super().__init__()
            self.embed, self.layer = nn.Conv1d(2, 4, 1), Read()
            self.length = length

        def forward(self, x: Tensor) -> Any:
            return self.layer(self.embed(x)[:, :3] * 1.5)

    for length in (5, 3):
        examine(
            lambda seed, length=length: seeded(seed, lambda: Signals(length)),  # type: ignore[misc]
            [inputs(6, 2, length, seed=seed) for seed in range(2)],
            lambda out: out.mT, must=EITHER,
        )  # fmt: skip
