"""The neurons' axis of tensors that are parts of others, or are returned by two layers."""

from __future__ import annotations

from typing import Any
from weakref import ref

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import ANSWER, EITHER, LEFT_OUT, Read, examine, inputs, seeded


class Gated(nn.Module):
    """Half of what a linear map gives are gates; sequences of other lengths show nothing."""

    def __init__(self, which: int, length: int) -> None:
        super().__init__()
        self.embed, self.layer = nn.Linear(5, 12), nn.SiLU()
        self.which, self.length = which, length

    def forward(self, x: Tensor) -> Any:
        assert x.shape[1] == self.length
        parts = self.embed(x).chunk(2, dim=2)
        return self.layer(parts[self.which]) * parts[1 - self.which]


def keeps_the_whole() -> bool:
    """Tell whether a part keeps alive what it is cut from, as in older torch it does not."""
    whole = nn.Linear(2, 4)(torch.zeros(3, 5, 2))
    known = ref(whole)
    part = whole.chunk(2, dim=2)[0]
    del whole
    return part.ndim == 3 and known() is not None


@pytest.mark.parametrize("length", [4, 6])
@pytest.mark.parametrize("which", [0, 1])
def test_half_of_the_neurons(which: int, length: int) -> None:
    examine(
        lambda seed: seeded(seed, lambda: Gated(which, length)), [inputs(5, length, 5)],
        lambda out: out, must=ANSWER if length == 4 and keeps_the_whole() else EITHER,
    )  # fmt: skip


def test_all_positions_but_the_last() -> None:
    """As after a convolution with too much padding."""

    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Conv1d(1, 6, 4, 2, padding=2)
            self.layer, self.act = Read(lambda h: h[:, :, :-1]), nn.GELU()

        def forward(self, x: Tensor) -> Any:
            return self.act(self.layer(self.embed(x[:, None])))

    for layer in ("layer", "act"):
        examine(
            lambda seed: seeded(seed, Cut), [inputs(5, 16)], lambda out: out.mT, layer=layer
        )  # fmt: skip


class NormAndAct(nn.BatchNorm2d):
    """As timm's: a norm that ends with its own activation."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.act(super().forward(x))
        return out


@pytest.mark.parametrize("side", [1, 2, 6])
def test_what_a_norm_returns_of_its_activation(side: int) -> None:
    """Its axis is the norm's, though maps are too small, or as wide as there are channels."""

    class Maps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Conv2d(3, 6, 1), NormAndAct(6)

        def forward(self, x: Tensor) -> Any:
            assert x.shape[2:] == (side, side)
            return self.layer(self.embed(x) * 2)

    examine(
        lambda seed: seeded(seed, Maps), [inputs(5, 3, side, side)], lambda out: out.flatten(2).mT,
        layer="layer.act",
    )  # fmt: skip


class TurnedNorm(nn.LayerNorm):
    """As SqueezeBERT's: it normalises the axis after the inputs."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.mT).mT


@pytest.mark.parametrize("length", [4, 6])
def test_a_norm_of_its_own_is_not_taken_for_one_of_the_last_axis(length: int) -> None:
    class Turned(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Linear(5, 6), TurnedNorm(6)

        def forward(self, x: Tensor) -> Any:
            return self.layer(self.embed(x).mT.contiguous())

    examine(lambda seed: seeded(seed, Turned), [inputs(5, length, 5)], lambda out: out.mT)


def test_heads_that_are_scaled_each_are_not_the_neurons() -> None:
    """A weight for every head, as ZAYA's keys have: neurons are heads and their size together."""

    class Scale(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.temperature = nn.Parameter(torch.randn(2))

        def forward(self, x: Tensor) -> Any:
            return x * self.temperature[:, None]

    class Heads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Linear(5, 6), Scale()

        def forward(self, x: Tensor) -> Any:
            return self.layer(self.embed(x).unflatten(2, (2, 3)))

    examine(
        lambda seed: seeded(seed, Heads), [inputs(5, 4, 5)], lambda out: out.flatten(2),
    )  # fmt: skip


def test_complex_values_are_named() -> None:
    class Rotation(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return torch.polar(torch.ones_like(x), x)

    class Rotated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Linear(5, 6), Rotation()

        def forward(self, x: Tensor) -> Any:
            return torch.view_as_real(self.layer(self.embed(x)))

    examine(
        lambda seed: seeded(seed, Rotated), [inputs(5, 4, 5)], lambda out: out, must=LEFT_OUT,
        reason="a tensor of complex128 with 3 axes",
    )  # fmt: skip
