"""Sequences that a model fills up to whole blocks, or pools: masked positions do not slip in."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from known_rows import ANSWER, EITHER, LEFT_OUT, Read, examine, inputs, seeded

LENGTH = 8


class Blocks(nn.Module):
    """Attention in blocks: the sequence is filled up to whole ones, and cut again at the end."""

    def __init__(self, block: int) -> None:
        super().__init__()
        self.embed, self.layer, self.head = nn.Linear(5, 6), nn.Linear(6, 4), nn.Linear(4, 3)
        self.block = block

    def forward(self, x: Tensor, attention_mask: Any = None) -> Any:
        h = torch.tanh(self.embed(x))
        h = pad(h, (0, 0, 0, -h.shape[1] % self.block))
        blocks = h.unflatten(1, (-1, self.block))
        h = self.layer(h + blocks.mean(2, keepdim=True).expand_as(blocks).flatten(1, 2))
        return self.head(h[:, : x.shape[1]])


def masked(n_inputs: int = 6) -> tuple[list[Any], list[Tensor]]:
    mask = torch.arange(LENGTH) < torch.tensor([8, 3, 5, 8, 6, 7])[:n_inputs, None]
    data = [
        {"x": inputs(n_inputs, LENGTH, 5, seed=seed), "attention_mask": mask} for seed in range(3)
    ]
    return data, [mask] * 3


@pytest.mark.parametrize("block", [2, 4, 8])
def test_blocks_that_the_sequence_fills(block: int) -> None:
    """One position less would be filled up again: the mask counts all the same."""
    data, masks = masked()
    examine(
        lambda seed: seeded(seed, lambda: Blocks(block)), data, lambda out: out, must=ANSWER,
        masks=masks, others=("embed", "head"),
    )  # fmt: skip


@pytest.mark.parametrize("block", [3, 16, 64])
def test_blocks_that_it_does_not_fill_are_left_out(block: int) -> None:
    """Places beside the sequence are no rows of its, and no mask is of them."""
    data, _ = masked()
    examine(
        lambda seed: seeded(seed, lambda: Blocks(block)), data, lambda out: out, must=LEFT_OUT,
        reason="mask 'attention_mask' has 8 positions", others=("embed", "head"),
    )  # fmt: skip


@pytest.mark.parametrize("length", [7, 8])
def test_positions_that_are_pooled_by_two_are_left_out(length: int) -> None:
    class Pooled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer, self.head = nn.Linear(5, 6), nn.Linear(6, 4), nn.Linear(6, 3)

        def forward(self, x: Tensor, attention_mask: Any = None) -> Any:
            h = torch.tanh(self.embed(x))
            pooled = pad(h, (0, 0, 0, h.shape[1] % 2)).unflatten(1, (-1, 2)).mean(2)
            return self.head(h + self.layer(pooled).mean((1, 2), keepdim=True))

    mask = torch.arange(length) < torch.tensor([7, 3, 5, 7, 6, 7])[:, None]
    data = [{"x": inputs(6, length, 5, seed=seed), "attention_mask": mask} for seed in range(2)]
    examine(
        lambda seed: seeded(seed, Pooled), data, lambda out: out, must=LEFT_OUT,
        reason="has 4 that follow", others=("embed", "head"),
    )  # fmt: skip


@pytest.mark.parametrize("n_queries", [3, 8, 12])
def test_queries_of_a_text_have_no_mask(n_queries: int) -> None:
    """They are made of the text, and are as many for every length of it."""

    class Queries(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Linear(5, 6), Read(lambda h: h * 1.5)
            self.queries = nn.Parameter(torch.randn(n_queries, 6))

        def forward(self, x: Tensor, attention_mask: Any = None) -> Any:
            h = torch.tanh(self.embed(x))
            return self.layer((self.queries @ h.mT).softmax(-1) @ h)

    data, _ = masked()
    examine(
        lambda seed: seeded(seed, Queries), data, lambda out: out, must=EITHER, axis={"layer": 2},
    )  # fmt: skip


def test_a_sequence_of_another_input_is_untouched_by_the_mask() -> None:
    """Patches beside a text, as many as it has words: they do not depend on it."""

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Linear(5, 6), nn.Linear(4, 6)

        def forward(self, x: Tensor, patches: Tensor, attention_mask: Any = None) -> Any:
            return self.embed(x).mean(1) + self.layer(patches).mean((1, 2))

    data, _ = masked()
    for at, batch in enumerate(data):
        # Of floats with an axis more: nothing says that they are the mask's.
        batch["patches"] = inputs(6, 2, LENGTH, 4, seed=10 + at)
    examine(
        lambda seed: seeded(seed, Both), data, lambda out: out.flatten(1, 2), must=ANSWER,
    )  # fmt: skip
