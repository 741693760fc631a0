"""What `capture` yields: a tuple of two, which knows how many rows each input has."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
import torch
from torch import nn

import spanmatch as sm
from concatenated import COUNTS, make, make_graphs
from spanmatch.torch import capture
from spanmatch.torch.observing.capture import Captured

MAPS = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5))


def test_it_is_a_tuple_of_two() -> None:
    captured = next(capture(MAPS, [torch.ones(3, 1, 8, 8)]))
    layer, rows = captured
    assert isinstance(captured, tuple)
    assert len(captured) == 2
    assert (layer, tuple(rows.shape)) == ("0", (108, 4))
    assert captured.layer is layer
    assert captured.rows is rows
    assert captured == (layer, rows)


def test_rows_of_maps_and_of_vectors() -> None:
    found = {c.layer: c.rows_per_item for c in capture(MAPS, [torch.ones(3, 1, 8, 8)])}
    assert found == {"0": 36, "1": 36, "3": 1}


def test_rows_under_a_mask() -> None:
    class Masked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(5, 4)

        def forward(self, x: Any, attention_mask: Any = None) -> Any:
            return self.layer(x)

    mask = torch.tensor([[1, 1, 1], [1, 0, 0], [1, 1, 0]])
    batch = {"x": torch.randn(3, 3, 5), "attention_mask": mask}
    captured = next(capture(Masked(), [batch]))
    assert captured.rows_per_item == [3, 1, 2]
    assert len(captured.rows) == 6


def test_it_feeds_a_pair_with_nulls_and_folds() -> None:
    a, b = make(0), make(1)
    data = [make_graphs(counts, [n + 1 for n in counts], seed=n) for n, counts in enumerate(COUNTS)]
    pair, hand = (sm.ActivationPair(nulls=3, folds=4, seed=5) for _ in range(2))
    sides = (capture(model, data, "layer", items="counts") for model in (a, b))
    for at, (x, y) in enumerate(zip(*sides, strict=True)):
        assert x.rows_per_item == y.rows_per_item == COUNTS[at]
        pair.update(x.rows, y.rows, rows_per_item=x.rows_per_item)
        hand.update(x[1].numpy(), y[1].numpy(), rows_per_item=np.array(COUNTS[at]))
    assert pair.n_items == 12
    assert np.allclose(sm.null_spectra(pair).area, sm.null_spectra(hand).area)
    assert np.allclose(sm.interval(pair).area, sm.interval(hand).area)


@pytest.mark.parametrize("counts", [4, [3, 1]])
def test_it_does_not_change_and_can_be_copied(counts: int | list[int]) -> None:
    captured = Captured("a", torch.arange(8.0).reshape(4, 2), counts)
    with pytest.raises(AttributeError, match="rows_per_item"):
        captured.rows_per_item = 2  # type: ignore[misc]
    if isinstance(captured.rows_per_item, list):
        captured.rows_per_item.append(1)
    assert captured.rows_per_item == counts
    for other in (copy.copy(captured), pickle.loads(pickle.dumps(captured))):
        assert type(other) is Captured
        assert (other.layer, other.rows_per_item) == ("a", counts)
        assert torch.equal(other.rows, captured.rows)
