"""Many networks summed in one pass, of which any two tell what `compare` makes of them alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from comparisons import is_close_comparison
from spanmatch.torch import compare
from spanmatch.torch.comparing.network_answers import compare_two
from spanmatch.torch.comparing.network_groups import NetworkGroup
from spanmatch.torch.comparing.options import CompareOptions
from spanmatch.torch.comparing.summed_networks import sum_in_step

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")


class Words(nn.Module):
    """Texts, of which `where` is of no input, as a rule."""

    def __init__(self, seed: int, *, is_where_read: bool = False, stride: int = 1) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embed, self.where = nn.Embedding(11, 4), nn.Embedding(11, 4)
        self.mix, self.pool = nn.Linear(4, 6), nn.Conv1d(6, 5, 1, stride=stride)
        self.is_where_read = is_where_read

    def forward(self, ids: Tensor) -> Any:
        x = self.embed(ids) + self.where(ids if self.is_where_read else torch.arange(ids.shape[1]))
        return self.pool(self.mix(x).tanh().mT)


IDS = torch.randint(11, (120, 5), generator=torch.Generator().manual_seed(0)).split(30)
NETWORKS: dict[str, nn.Module] = {
    "one": Words(0),
    "two": Words(1, is_where_read=True),
    "three": Words(2, stride=2),
    "four": Words(3, is_where_read=True),
}
OPTIONS = CompareOptions(nulls=3, folds=4)
QUIET: dict[str, Any] = {"progress": False}


def test_any_two_tell_what_compare_makes_of_them() -> None:
    groups = [
        NetworkGroup(("one", "two", "three"), OPTIONS.resampling),
        NetworkGroup(("four", "one")),
        NetworkGroup(("four", "two")),
    ]
    summed = sum_in_step(NETWORKS, IDS, None, groups, OPTIONS, **QUIET)
    for resampled, group in zip((True, False, False), groups, strict=True):
        options = OPTIONS if resampled else CompareOptions()
        how: dict[str, Any] = {"nulls": options.nulls, "folds": options.folds}
        for a, b in combinations(group.networks, 2):
            alone = compare(NETWORKS[a], NETWORKS[b], IDS, **how, **QUIET)
            told = compare_two(summed, a, b, options, **QUIET)
            assert is_close_comparison(told, alone)
            assert told.notes == alone.notes
            assert list(told.left_out.items()) == list(alone.left_out.items())
    # Seen from these: one side alone lacks the layer, both do, and neither.
    both, one, neither = (
        compare_two(summed, *pair, CompareOptions(), **QUIET)
        for pair in (("one", "three"), ("four", "one"), ("four", "two"))
    )
    assert one.left_out["where"].startswith("in B: ")
    assert not both.left_out["where"].startswith("in ")
    assert "where" in neither
    assert "mean over positions" in both.notes["pool"]


def test_two_without_a_layer_in_common_are_refused() -> None:
    class Either(nn.Module):
        def __init__(self, which: int) -> None:
            super().__init__()
            self.zero, self.one, self.which = nn.Embedding(11, 3), nn.Embedding(11, 3), which

        def forward(self, ids: Tensor) -> Any:
            here = torch.arange(ids.shape[1])
            at_zero, at_one = (ids, here) if self.which == 0 else (here, ids)
            return self.zero(at_zero) + self.one(at_one)

    networks: dict[str, nn.Module] = {
        name: Either(number % 2) for number, name in enumerate(("a0", "b1", "c0", "d1"))
    }

    def sum_some(*names: str) -> Any:
        some = {name: networks[name] for name in names}
        return sum_in_step(some, IDS, None, [NetworkGroup(names)], CompareOptions(), **QUIET)

    with pytest.raises(ValueError, match=r"network 'b1': layer .* no other of the chosen layers"):
        sum_some("a0", "b1", "c0")
    summed = sum_some(*networks)
    assert compare_two(summed, "a0", "c0", CompareOptions(), **QUIET).layers == ("zero",)
    with pytest.raises(ValueError, match="no layer of a0 and b1 can be compared: 'zero': in B: "):
        compare_two(summed, "a0", "b1", CompareOptions(), **QUIET)


def test_what_does_not_fit_at_once_is_an_error_where_that_is_asked_for() -> None:
    groups = [NetworkGroup(tuple(NETWORKS))]
    options = CompareOptions()

    def sum_within(max_memory: int, **how: Any) -> Any:
        limited = replace(options, max_memory=max_memory)
        return sum_in_step(NETWORKS, IDS, None, groups, limited, **how, **QUIET)

    most = 10_000_000
    whole = sum_within(most, at_once=True)
    # Every layer fits alone, and all of them do not.
    with pytest.raises(MemoryError, match=r"all layers take .* at once, of 40 kB"):
        sum_within(40_000, at_once=True)
    parts = sum_within(40_000)
    for pair in combinations(NETWORKS, 2):
        told = (compare_two(each, *pair, options, **QUIET) for each in (whole, parts))
        assert next(told) == next(told)


def test_folds_need_as_many_inputs() -> None:
    groups = [NetworkGroup(("one", "two"))]
    networks = {name: NETWORKS[name] for name in ("one", "two")}
    summed = sum_in_step(networks, IDS[:1], None, groups, CompareOptions(), **QUIET)
    with pytest.raises(ValueError, match="31 folds need 31 inputs at least, got 30"):
        compare_two(summed, "one", "two", CompareOptions(folds=31), **QUIET)
