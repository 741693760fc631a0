"""Batches of one input each: two are joined to find out what a row is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import spanmatch as sm
from spanmatch.torch import compare
from spanmatch.torch.observing.traced_batches import (
    count_traced,
    join_inputs,
    join_single,
    list_traced,
)

IDS = torch.randint(20, (40, 6), generator=torch.Generator().manual_seed(0))


class TimeFirst(nn.Module):
    """Takes inputs × positions, and gives positions × inputs, flat or not."""

    def __init__(self, seed: int, *, flat: bool = False, alone: bool = False) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embed, self.out = nn.Embedding(20, 4), nn.Linear(4, 5)
        self.where = nn.Embedding(6, 4)
        self.flat, self.alone = flat, alone

    def forward(self, ids: Tensor) -> Any:
        if self.alone and len(ids) > 1:
            raise RuntimeError("one at a time")
        h = self.embed(ids).transpose(0, 1) + self.where(torch.arange(6))[:, None]
        return self.out(h.flatten(0, 1) if self.flat else h)


@pytest.mark.parametrize("flat", [False, True])
def test_rows_of_single_inputs_are_traced(flat: bool) -> None:
    a, b = TimeFirst(0, flat=flat), TimeFirst(1, flat=flat)
    found = compare(a, b, IDS.split(1), folds=4, progress=False)
    pair = sm.ActivationPair(folds=4)
    for ids in IDS.split(1):
        pair.update(*(each(ids).detach().reshape(6, 5) for each in (a, b)), rows_per_item=6)
    np.testing.assert_allclose(found["out"].x, sm.spectrum(pair).x, rtol=1e-4)
    assert found.intervals["out"].area == pytest.approx(sm.interval(pair).area, rel=1e-4)
    assert found.inputs == 40
    assert "where" in found.left_out


def test_a_model_that_takes_one_at_a_time() -> None:
    # Nothing tells then but the axis of one: time first has none.
    with pytest.raises(ValueError, match="input_axis"):
        compare(TimeFirst(0, alone=True), TimeFirst(1, alone=True), IDS.split(1), layers=["out"])


def test_batches_that_cannot_be_joined_are_read_one_by_one() -> None:
    torch.manual_seed(0)
    a, b = (nn.Sequential(nn.Embedding(20, 4), nn.Linear(4, 3)) for _ in range(2))
    texts = [ids[:, : 2 + number % 4] for number, ids in enumerate(IDS.split(1))]
    found = compare(a, b, texts, progress=False)
    assert found.inputs == 40
    rows = [torch.cat([model(ids)[0] for ids in texts]).detach() for model in (a, b)]
    np.testing.assert_allclose(found["1"].x, sm.spectrum(*rows).x, rtol=1e-4)


class Loop(nn.Module):
    """Runs its layer once for every input."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.lin = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Any:
        return torch.cat([self.lin(x[at : at + 1]) for at in range(len(x))])


class Flipped(nn.Module):
    """Gives the inputs in another order than it takes them."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.lin, self.act = nn.Linear(4, 3), nn.ReLU()

    def forward(self, x: Tensor) -> Any:
        return self.act(self.lin(x).sort(0).values)


def test_a_loop_over_inputs_is_not_joined() -> None:
    x = torch.randn(30, 4)
    found = compare(Loop(0), Loop(1), x.split(1), progress=False)
    expected = sm.spectrum(*(Loop(seed)(x).detach() for seed in (0, 1)))
    np.testing.assert_allclose(found["lin"].x, expected.x, rtol=1e-4)


def test_single_inputs_before_several_prove_nothing() -> None:
    x = torch.randn(101, 4)
    found = compare(Flipped(0), Flipped(1), [x[:1], *x[1:].split(50)], progress=False)
    assert found.layers == ("lin",)
    assert "act" in found.left_out
    # Not joined, and of several only after what is traced.
    texts = [x[at : at + 1, None].repeat(1, 2 + at % 2, 1) for at in range(6)]
    later = x[:50, None].repeat(1, 2, 1)
    with pytest.raises(ValueError, match=r"batch 6 .*put a batch of several inputs first"):
        compare(Flipped(0), Flipped(1), [*texts, later], progress=False)


def test_how_many_batches_a_trace_looks_at() -> None:
    assert [count_traced(torch.ones(n, 2), 0) for n in (1, 2, 8, 9)] == [4, 2, 2, 1]
    one, two, five = torch.ones(1, 2), torch.ones(2, 2), torch.ones(5, 2)
    assert [len(each) for each in join_single([one, one + 1, one, one], 0)] == [2, 2]
    assert [len(each) for each in join_single([one, one + 1, one], 0)] == [2]
    assert join_single([one], 0) == join_single([one, two], 0) == []
    assert list_traced([one], 0)[0] is one
    assert [len(each) for each in list_traced([two, one], 0)] == [2]
    assert [len(each) for each in list_traced([one, five, two, two], 0)] == [5, 2]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (torch.zeros(1, 2), torch.ones(1, 2), torch.tensor([[0.0, 0.0], [1.0, 1.0]])),
        (torch.zeros(1, 2), torch.ones(1, 3), None),
        (torch.zeros(2), torch.zeros(2), torch.zeros(2)),
        (torch.zeros(2), torch.ones(2), None),
        (torch.zeros(1), torch.zeros(1).long(), None),
        (["a"], ["b"], ["a", "b"]),
        (("a", "b"), ("a", "c"), None),
        (3, 3, 3),
        (3, 4, None),
        (None, None, None),
        (object(), object(), None),
    ],
)
def test_what_can_be_joined(one: Any, other: Any, together: Any) -> None:
    joined = join_inputs({"x": one}, {"x": other})
    if together is None and one is not None:
        assert joined is None
        return
    assert joined is not None
    assert type(joined["x"]) is type(together)
    if isinstance(together, Tensor):
        assert torch.equal(joined["x"], together)
    else:
        assert joined["x"] == together
    assert join_inputs({"x": one}, {"y": one}) is None
