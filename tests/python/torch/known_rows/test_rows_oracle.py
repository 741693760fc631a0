"""The oracle itself: on layers that say what they are, it agrees, and it notices what is wrong."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
import torch
from torch import nn

from known_rows import Around, Told, by_hand, differences, examine, inputs, record, seeded, tell

DATA = [inputs(8, 4, 5, seed=seed) for seed in range(2)]


def make(seed: int) -> nn.Module:
    return seeded(seed, lambda: Around(nn.Linear(6, 3)))


def rows(side: int) -> list[list]:  # type: ignore[type-arg]
    return by_hand(record(make(side), DATA, "layer"), lambda out: out)


@pytest.mark.parametrize("nulls", [0, 3])
def test_it_agrees_on_tokens(nulls: int) -> None:
    told = examine(make, DATA, lambda out: out, nulls=nulls, folds=4)
    assert told.found.inputs == 16
    assert told.found.pair("layer").n_items == 16


def test_it_agrees_on_maps() -> None:
    def convs(seed: int) -> nn.Module:
        return seeded(seed, lambda: nn.Sequential(nn.Conv2d(2, 3, 2), nn.ReLU()))

    examine(convs, [inputs(9, 2, 5, 4)], lambda out: out.flatten(2).mT, layer="1", nulls=2)


def test_it_agrees_under_a_mask() -> None:
    mask = torch.arange(4) < torch.arange(8)[:, None] % 4 + 1
    data = [{"x": batch, "attention_mask": mask} for batch in DATA]
    examine(make, data, lambda out: out, masks=[mask, mask], nulls=2)


@pytest.fixture(scope="module")
def told() -> Told:
    return tell(make(0), make(1), DATA, folds=4, nulls=2)


def test_it_notices_nothing_where_all_is_right(told: Told) -> None:
    assert differences(told, rows(0), rows(1), folds=4, nulls=2) == []


def test_it_notices_rows_of_other_inputs(told: Told) -> None:
    y = [batch[1:] + batch[:1] for batch in rows(1)]
    assert any("CKA" in said for said in differences(told, rows(0), y, folds=4, nulls=2))


def test_it_notices_other_neurons(told: Told) -> None:
    turned = [[each.T for each in batch] for batch in rows(1)]
    x = [[each.T for each in batch] for batch in rows(0)]
    assert "n_x" in differences(told, x, turned)[0]


def test_it_notices_other_items(told: Told) -> None:
    """The same rows, but time for inputs: only items, intervals and nulls tell."""
    sides = []
    for side in (0, 1):
        outputs = record(make(side), DATA, "layer")
        sides.append(by_hand(outputs, lambda out: out.transpose(0, 1)))
    assert differences(told, *sides) == []
    assert "items" in differences(told, *sides, folds=4)[0]


def test_it_notices_the_order_of_items(told: Told) -> None:
    sides = [[batch[::-1] for batch in rows(side)] for side in (0, 1)]
    assert differences(told, *sides) == []
    assert any("interval" in said for said in differences(told, *sides, folds=4))
