"""Layers that work on (T, B, H) inside models that take (B, T, F), T = B too."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import (
    ANSWER,
    EITHER,
    Around,
    Read,
    by_hand,
    differences,
    examine,
    inputs,
    record,
    seeded,
    tell,
)


class Attention(nn.MultiheadAttention):
    def __init__(self) -> None:
        super().__init__(6, 2)

    def forward(self, x: Tensor) -> Any:  # type: ignore[override]
        return super().forward(x, x, x)


LAYERS: dict[str, Any] = {
    "gru": lambda: nn.GRU(6, 4),
    "lstm": lambda: nn.LSTM(6, 4),
    "both ways": lambda: nn.LSTM(6, 3, bidirectional=True),
    "linear": lambda: nn.Linear(6, 4),
    "encoder layer": lambda: nn.TransformerEncoderLayer(6, 2, 8),
    "attention": Attention,
    "own": Read,
}


def flip(h: Tensor) -> Tensor:
    return h.transpose(0, 1)


def make_of(name: str, batch_first: bool = False) -> Any:
    before = None if batch_first else flip
    return lambda seed: seeded(seed, lambda: Around(LAYERS[name](), before))


def batches(n_inputs: int, length: int, count: int = 2) -> list[Tensor]:
    return [inputs(n_inputs, length, 5, seed=seed) for seed in range(count)]


def choice(name: str) -> Any:
    # Its parts are the leaves; the block itself has to be asked for.
    return ["embed", "layer*"] if name == "encoder layer" else None


@pytest.mark.parametrize(("n_inputs", "length"), [(6, 6), (8, 3), (3, 8)])
@pytest.mark.parametrize("name", LAYERS)
def test_rows_are_of_inputs(name: str, n_inputs: int, length: int) -> None:
    examine(
        make_of(name), batches(n_inputs, length), flip, nulls=2, layers=choice(name),
        must=EITHER if name == "own" else ANSWER,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["gru", "linear", "encoder layer"])
def test_the_mask_is_of_inputs_and_positions_where_both_are_as_many(name: str) -> None:
    masks = [torch.arange(6) <= torch.randperm(6, generator=_of(seed))[:, None] for seed in (0, 1)]
    data = [
        {"x": batch, "attention_mask": mask}
        for batch, mask in zip(batches(6, 6), masks, strict=True)
    ]
    examine(make_of(name), data, flip, masks=masks, nulls=2, layers=choice(name))


@pytest.mark.parametrize("name", ["gru", "lstm", "linear"])
def test_the_mask_fits_where_they_are_not(name: str) -> None:
    masks = [torch.arange(4) <= torch.arange(7)[:, None] % 4 for _ in range(2)]
    data = [
        {"x": batch, "attention_mask": mask.long()}
        for batch, mask in zip(batches(7, 4), masks, strict=True)
    ]
    examine(make_of(name), data, flip, masks=masks)


def test_time_first_against_batch_first() -> None:
    """The same weights: with rows of the same inputs all matches exactly."""

    def build(first: bool) -> nn.Module:
        return Around(nn.GRU(6, 4, batch_first=first), None if first else flip)

    for length in (6, 4):
        first, second = (
            seeded(0, lambda first=first: build(first))  # type: ignore[misc]
            for first in (True, False)
        )  # fmt: skip
        told = tell(first, second, batches(6, length, 4), folds=3)
        assert told.refusal is None, told.refusal
        assert told.found["layer"].similarity(0.0) == 1.0
        assert told.found.pair("layer").n_items == 24


def test_two_layers_of_one_model_all_pairs() -> None:
    """`layer` gives (T, B, H), `head` (B, T, K)."""

    class Headed(Around):
        def __init__(self) -> None:
            super().__init__(nn.GRU(6, 4), flip)
            self.head = nn.Linear(4, 3)

        def forward(self, x: Tensor, attention_mask: Any = None) -> Any:
            return self.head(super().forward(x)[0].transpose(0, 1))

    def make(seed: int) -> nn.Module:
        return seeded(seed, Headed)

    for length in (6, 4):
        data, key = batches(6, length), ("layer", "head")
        told = tell(make(0), make(1), data, key, layers=["layer", "head"], all_pairs=True)
        x = by_hand(record(make(0), data, "layer"), flip)
        y = by_hand(record(make(1), data, "head"), lambda out: out)
        if told.refusal is None:
            assert differences(told, x, y) == []


def test_p_of_two_networks_that_share_nothing_but_a_clock() -> None:
    """The table's first line: time first or not, the p-value is the same."""

    class Clock(nn.Module):
        def __init__(self, first: bool) -> None:
            super().__init__()
            self.layer, self.first = nn.GRU(4, 6, batch_first=first), first

        def forward(self, x: Tensor) -> Any:
            return self.layer(x if self.first else x.transpose(0, 1))

    data = [
        torch.cat([inputs(48, 9, 3, seed=seed), torch.arange(9.0).expand(48, 9)[..., None]], 2)
        for seed in range(4)
    ]
    told = {
        first: tell(
            *(seeded(seed, lambda first=first: Clock(first)) for seed in (0, 1)),  # type: ignore[misc]
            data, nulls=19, folds=8,
        )
        for first in (True, False)
    }  # fmt: skip
    assert told[True].refusal is None
    assert told[False].refusal is None, told[False].refusal
    first, second = told[True].found, told[False].found
    assert second.pair("layer").n_items == second.inputs == 192
    assert second.p_value == pytest.approx(first.p_value)
    assert second.intervals["layer"].area == pytest.approx(first.intervals["layer"].area, abs=1e-4)


def _of(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
