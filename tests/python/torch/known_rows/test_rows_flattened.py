"""Inputs and positions in one axis: (B·T, H), (T·B, H), frames, windows, windows first."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import ANSWER, EITHER, Around, Read, examine, inputs, seeded

KNOWN: dict[str, Any] = {
    "linear": lambda: nn.Linear(6, 4),
    "norm": lambda: nn.LayerNorm(6, elementwise_affine=False),
    "own": Read,
}


def data(n_inputs: int = 6, length: int = 4, count: int = 2) -> list[Tensor]:
    return [inputs(n_inputs, length, 5, seed=seed) for seed in range(count)]


def input_major(h: Tensor) -> Tensor:
    return h.flatten(0, 1)


def time_major(h: Tensor) -> Tensor:
    return h.transpose(0, 1).flatten(0, 1)


def unflatten(length: int, time_first: bool) -> Any:
    if time_first:
        return lambda out: out.unflatten(0, (length, -1)).transpose(0, 1)
    return lambda out: out.unflatten(0, (-1, length))


@pytest.mark.parametrize(("n_inputs", "length"), [(6, 4), (5, 5), (2, 7), (12, 1)])
@pytest.mark.parametrize("time_first", [False, True])
@pytest.mark.parametrize("name", KNOWN)
def test_flattened(name: str, time_first: bool, n_inputs: int, length: int) -> None:
    before = time_major if time_first else input_major
    examine(
        lambda seed: seeded(seed, lambda: Around(KNOWN[name](), before)),
        data(n_inputs, length), unflatten(length, time_first), nulls=1, folds=2,
    )  # fmt: skip


@pytest.mark.parametrize("time_first", [False, True])
def test_flattened_under_a_mask(time_first: bool) -> None:
    masks = [torch.arange(4) <= torch.arange(6)[:, None] % 4 for _ in range(2)]
    batches = [
        {"x": x, "attention_mask": mask} for x, mask in zip(data(), masks, strict=True)
    ]  # fmt: skip
    before = time_major if time_first else input_major
    examine(
        lambda seed: seeded(seed, lambda: Around(nn.Linear(6, 4), before)),
        batches, unflatten(4, time_first), masks=masks, must=EITHER,
    )  # fmt: skip


@pytest.mark.parametrize("time_first", [False, True])
def test_batches_of_other_lengths(time_first: bool) -> None:
    """Padded to the longest of each batch: k of B·k is another in each."""
    batches = [inputs(6, length, 5, seed=length) for length in (4, 6, 3)]
    before = time_major if time_first else input_major

    def lay(out: Tensor) -> Tensor:
        return unflatten(len(out) // 6, time_first)(out)  # type: ignore[no-any-return]

    examine(
        lambda seed: seeded(seed, lambda: Around(nn.Linear(6, 4), before)), batches, lay,
        must=ANSWER, nulls=1,
    )  # fmt: skip


def test_frames_of_videos() -> None:
    """(B·F, C, H, W): one video is one input, however many frames it has."""

    class Video(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Conv3d(2, 3, 1)
            self.layer = nn.Conv2d(3, 4, 2)

        def forward(self, x: Tensor) -> Any:
            return self.layer(self.embed(x).transpose(1, 2).flatten(0, 1))

    def lay(out: Tensor) -> Any:
        return out.unflatten(0, (-1, 3)).movedim(2, -1).flatten(1, 3)

    videos = [inputs(6, 2, 3, 4, 5, seed=seed) for seed in range(2)]
    examine(lambda seed: seeded(seed, Video), videos, lay, nulls=2)


def split_windows(h: Tensor, window: int = 2) -> Tensor:
    """As Swin does: (B, 4, 6, C) to (B·nW, 4, C)."""
    n, height, width, c = h.shape
    h = h.reshape(n, height // window, window, width // window, window, c)
    return h.permute(0, 1, 3, 2, 4, 5).reshape(-1, window * window, c)


def in_2d(h: Tensor) -> Any:
    return h.unflatten(1, (4, 6))


@pytest.mark.parametrize("name", KNOWN)
def test_windows(name: str) -> None:
    examine(
        lambda seed: seeded(seed, lambda: Around(KNOWN[name](), lambda h: split_windows(in_2d(h)))),
        data(5, 24), lambda out: out.unflatten(0, (-1, 6)).flatten(1, 2), nulls=2,
        # Nothing tells the neurons of the unknown one: no window is shorter.
        must=EITHER if name == "own" else ANSWER,
    )  # fmt: skip


@pytest.mark.parametrize("n_inputs", [5, 6, 4])
def test_windows_first(n_inputs: int) -> None:
    """(nW·B, w, C), with as many windows as inputs, and as long ones."""

    def before(h: Tensor) -> Any:
        return h.unflatten(1, (6, 4)).transpose(0, 1).flatten(0, 1)

    def lay(out: Tensor) -> Any:
        return out.unflatten(0, (6, -1)).transpose(0, 1).flatten(1, 2)

    examine(
        lambda seed: seeded(seed, lambda: Around(nn.Linear(6, 4), before)),
        data(n_inputs, 24), lay, nulls=1,
    )  # fmt: skip


def test_windows_against_plain_tokens() -> None:
    """As many rows an input, in another order: means over an input's rows, or a refusal."""

    def windowed(seed: int) -> nn.Module:
        return seeded(seed, lambda: Around(nn.Linear(6, 4), lambda h: split_windows(in_2d(h))))

    def means(out: Tensor) -> Any:
        return out.unflatten(0, (5, -1)).flatten(1, 2).mean(1, keepdim=True)

    examine(
        lambda seed: seeded(seed, lambda: Around(nn.Linear(6, 4))), data(5, 24),
        (lambda out: out.mean(1, keepdim=True), means), make_b=windowed, must=EITHER,
    )  # fmt: skip


def test_one_call_takes_all_windows_of_one_place() -> None:
    """Shifted windows: the same axes, other positions in them; both models alike."""

    def before(h: Tensor) -> Tensor:
        return split_windows(torch.roll(in_2d(h), (1, 1), (1, 2)))

    examine(
        lambda seed: seeded(seed, lambda: Around(nn.Linear(6, 4), before)), data(5, 24),
        lambda out: out.unflatten(0, (-1, 6)).flatten(1, 2), nulls=1,
    )  # fmt: skip
