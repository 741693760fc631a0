"""Models that put inputs in an order of their own, and back at the end.

What is right: a layer between sees the inputs in the order of their lengths. Its rows are those of
the inputs they belong to, at their own places; or the layer is left out. The place in that order is
never taken for the input, or two models of which one sorts would be paired wrongly.
"""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from known_rows import ANSWER, EITHER, examine, inputs, seeded, tell

LENGTHS = torch.tensor([3, 1, 4, 2, 4, 3, 1])
MASK = torch.arange(4) < LENGTHS[:, None]


def data(count: int = 3) -> list[dict[str, Tensor]]:
    return [{"x": inputs(7, 4, 5, seed=seed), "lengths": LENGTHS} for seed in range(count)]


class Sorting(nn.Module):
    def __init__(self, sorts: bool) -> None:
        super().__init__()
        self.embed, self.layer, self.head = nn.Linear(5, 6), nn.Linear(6, 4), nn.Linear(4, 3)
        self.sorts = sorts

    def forward(self, x: Tensor, lengths: Tensor) -> Any:
        order = lengths.argsort(stable=True) if self.sorts else torch.arange(len(x))
        h = torch.tanh(self.layer(torch.tanh(self.embed(x))[order]))
        return self.head(h[order.argsort()])


def sorting(seed: int) -> nn.Module:
    return seeded(seed, lambda: Sorting(sorts=True))


def plain(seed: int) -> nn.Module:
    return seeded(seed, lambda: Sorting(sorts=False))


def unsort(out: Tensor) -> Tensor:
    return out[LENGTHS.argsort(stable=True).argsort()]


def test_between_sorting_and_unsorting() -> None:
    examine(sorting, data(), unsort, must=EITHER, folds=2)


def test_after_unsorting() -> None:
    examine(sorting, data(), lambda out: out, layer="head", must=ANSWER, nulls=1)


def test_one_model_sorts_and_the_other_does_not() -> None:
    """The same weights: with rows of the same inputs all matches."""
    examine(sorting, data(), (unsort, lambda out: out), make_b=plain, must=EITHER, folds=0)
    told = tell(sorting(0), plain(0), data(), folds=2)
    assert told.found is not None, told.refusal
    assert told.found["head"].similarity(0.0) == 1.0
    if "layer" in told.found:
        assert told.found["layer"].similarity(0.0) == 1.0


class Packed(nn.Module):
    """`layer` gives a PackedSequence."""

    def __init__(self, enforce_sorted: bool) -> None:
        super().__init__()
        self.embed, self.layer, self.head = (
            nn.Linear(5, 6),
            nn.GRU(6, 4, batch_first=True),
            nn.Linear(4, 3),
        )
        self.enforce_sorted = enforce_sorted

    def forward(self, x: Tensor, lengths: Tensor) -> Any:
        packed = pack_padded_sequence(
            self.embed(x), lengths, batch_first=True, enforce_sorted=self.enforce_sorted
        )
        out, _ = pad_packed_sequence(self.layer(packed)[0], batch_first=True)
        return self.head(out)


def lengths_of(enforce_sorted: bool) -> Tensor:
    return LENGTHS.sort(descending=True).values if enforce_sorted else LENGTHS


@pytest.mark.parametrize("enforce_sorted", [False, True])
def test_packed_sequences(enforce_sorted: bool) -> None:
    """Another order of inputs raises where they must be sorted: that is no error of the user's."""
    lengths = lengths_of(enforce_sorted)
    batches = [{"x": batch["x"], "lengths": lengths} for batch in data()]

    def make(seed: int) -> nn.Module:
        return seeded(seed, lambda: Packed(enforce_sorted))

    told = tell(make(0), make(1), batches, folds=2)
    assert told.found is not None, told.refusal
    head = examine(
        make, batches, lambda out: out, layer="head", must=EITHER if enforce_sorted else ANSWER,
        folds=2,
    )  # fmt: skip
    assert head.found is not None
    if "layer" in told.found:
        # Unpacked: the tokens that are there, by input.
        pair = told.found.pair("layer")
        assert (pair.n_samples, pair.n_items) == (3 * int(lengths.sum()), 21)
    else:
        assert "layer" in told.left
