"""Modules that run several times in a forward pass: each call has rows of its own."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import EITHER, REFUSALS, Around, examine, inputs, run_compare, seeded


class Cell(nn.Module):
    """One call for each time step, each (B, H)."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.layer = nn.Linear(5, 6), nn.GRUCell(6, 4)

    def forward(self, x: Tensor) -> Any:
        h, state = self.embed(x), None
        for step in h.unbind(1):
            state = self.layer(step, state)
        return state


@pytest.mark.parametrize("call", [0, 2])
@pytest.mark.parametrize("n_inputs", [6, 3])
def test_a_call_for_each_step(call: int, n_inputs: int) -> None:
    examine(
        lambda seed: seeded(seed, Cell), [inputs(n_inputs, 3, 5, seed=s) for s in range(3)],
        lambda out: out[:, None], key=f"layer#{call}", call=call, nulls=1, folds=2,
    )  # fmt: skip


class Shared(nn.Module):
    """The same layer on tokens in one layout, then in another."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.layer = nn.Linear(5, 6), nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Any:
        h = torch.tanh(self.layer(torch.tanh(self.embed(x))))
        h = torch.tanh(self.layer(h.transpose(0, 1)))
        return self.layer(h.flatten(0, 1))


@pytest.mark.parametrize("n_inputs", [6, 4])
def test_calls_in_several_layouts(n_inputs: int) -> None:
    lays: list[Any] = [
        lambda out: out,
        lambda out: out.transpose(0, 1),
        lambda out: out.unflatten(0, (4, -1)).transpose(0, 1),
    ]
    for call, lay in enumerate(lays):
        examine(
            lambda seed: seeded(seed, Shared), [inputs(n_inputs, 4, 5, seed=s) for s in range(2)],
            lay, key=f"layer#{call}", call=call, nulls=1,
        )  # fmt: skip


class OneByOne(nn.Module):
    """One call for each input, each (T, H): the rows of a call are all of one input."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.layer = nn.Linear(5, 6), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Any:
        return torch.stack([self.layer(each) for each in torch.tanh(self.embed(x))])


@pytest.mark.parametrize("length", [4, 6])
def test_a_call_for_each_input(length: int) -> None:
    data = [inputs(4, length, 5, seed=seed) for seed in range(3)]
    examine(
        lambda seed: seeded(seed, OneByOne), data, lambda out: out[None],
        key="layer#0", call=0, must=EITHER,
    )  # fmt: skip


def test_calls_that_differ_in_number_say_so() -> None:
    """Batches of other sizes: other numbers of calls."""
    data = [inputs(size, 4, 5, seed=size) for size in (4, 3)]
    models = [seeded(seed, OneByOne) for seed in (0, 1)]
    try:
        found = run_compare(*models, data)
    except REFUSALS as error:
        assert "layer" in str(error)  # noqa: PT017
    else:
        assert "layer" in found.left_out


def test_a_module_under_two_names() -> None:
    def build() -> nn.Module:
        model = Around(nn.Linear(6, 4))
        model.again = model.layer
        return model

    examine(
        lambda seed: seeded(seed, build), [inputs(6, 4, 5, seed=s) for s in range(2)],
        lambda out: out, nulls=1,
    )  # fmt: skip
