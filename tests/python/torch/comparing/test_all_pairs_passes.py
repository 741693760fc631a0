"""The memory of all pairs of layers: told before it is taken, and dealt into passes."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from comparisons import same_pair
from rolled_outputs import same_nulls
from spanmatch.torch import compare
from spanmatch.torch.comparing import pairing
from spanmatch.torch.comparing.all_pairs import AllPairs
from spanmatch.torch.comparing.options import CompareOptions
from spanmatch.torch.comparing.pair_costs import PairCosts, deal_pairs
from spanmatch.torch.comparing.parts import keep_pairs
from spanmatch.torch.observing.layer_size import LayerSize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanmatch.torch.comparing.collector import Collected
    from spanmatch.torch.comparing.parts import Part

BATCH = 10
DATA = list(torch.randn(150, 8, generator=torch.Generator().manual_seed(2)).split(BATCH))
MAPS = list(torch.randn(40, 1, 6, 6, generator=torch.Generator().manual_seed(3)).split(25))
ALL: dict[str, Any] = {"all_pairs": True, "progress": False}
IN_PASSES = 120_000, 82_000  # bytes, which are not enough for all at once
RUNS: list[None] = []  # one for each run of a model


class Dense(nn.Sequential):
    """Layers of 20, 30 and 4 neurons, of which one runs twice; it tells that it runs."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        super().__init__(nn.Linear(8, 20), nn.ReLU(), nn.Linear(20, 20), nn.Linear(20, 30))
        self.append(nn.Linear(30, 4))

    def forward(self, x: Tensor) -> Any:
        first, act, second, wide, last = self
        RUNS.append(None)
        return last(wide(act(second(act(first(x))))))


def maps(seed: int) -> nn.Sequential:
    """Maps of two sizes, which meet as rows and as means."""
    torch.manual_seed(seed)
    parts = nn.Conv2d(1, 6, 3, padding=1), nn.Conv2d(6, 5, 3, padding=1), nn.Conv2d(5, 7, 3)
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(112, 3))


class Watched(AllPairs):
    """Notes what it holds at the most of a batch, and what its sums take."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.of_batch = self.sums = 0

    def _add_products(self, *arguments: Any) -> None:
        super()._add_products(*arguments)
        held = [*self._rows.values(), *(each.values for each in self._outputs_a.values())]
        self.of_batch = max(self.of_batch, sum(each.nbytes for each in held))

    def finish(self, inputs: int) -> Collected[Any]:
        found = super().finish(inputs)
        pairs: Any = found.pairs
        parts = {id(part): part for each in pairs._parts.values() for part in each}
        values = [value for part in parts.values() for value in vars(part).values()]
        self.sums = sum(value.nbytes for value in values if isinstance(value, Tensor))
        return found


@pytest.mark.parametrize("nulls", [0, 3])
@pytest.mark.parametrize("most", [None, *IN_PASSES])
def test_memory_told_is_memory_taken(
    nulls: int, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []
    collectors: list[Watched] = []

    def deal(costs: PairCosts, pairs: Part, budget: int | None) -> list[Part]:
        passes = deal_pairs(costs, pairs, budget)
        told.extend((costs.count_sums(part), costs.count_batch(part)) for part in passes)
        return passes

    def collect(*arguments: Any) -> Watched:
        collectors.append(Watched(*arguments))
        return collectors[-1]

    monkeypatch.setattr(pairing, "deal_pairs", deal)
    monkeypatch.setattr(pairing, "AllPairs", collect)
    compare(Dense(0), Dense(1), DATA, layers="*", nulls=nulls, max_memory=most, **ALL)
    assert (len(told) > 1) == (most is not None)
    compare(maps(0), maps(1), MAPS, layers=["0", "1", "2", "4"], nulls=nulls, **ALL)
    assert [sums for sums, _ in told] == [each.sums for each in collectors]
    # The largest layer of B is counted beside all of A, though it may come before means are taken,
    # and whole, though only one of its calls is there at a time.
    for (_, of_batch), each in zip(told, collectors, strict=True):
        assert each.of_batch <= of_batch <= 1.3 * each.of_batch
    assert most is None or all(sum(each) <= most for each in told[:-1])


@pytest.mark.parametrize(
    "extra", [{}, {"nulls": 3, "seed": 4}, {"center": True, "layers_b": ["0", "3"], "nulls": 2}]
)
def test_several_passes_give_what_one_does(extra: dict[str, Any]) -> None:
    a, b = Dense(0), Dense(1)
    RUNS.clear()
    one = compare(a, b, DATA, layers="*", **ALL, **extra)
    once = len(RUNS)
    for most in IN_PASSES:
        RUNS.clear()
        several = compare(a, b, DATA, layers="*", max_memory=most, **ALL, **extra)
        passes, rest = divmod(len(RUNS) - once, 2 * len(DATA))
        assert rest == 0
        assert passes >= 1
        assert several == one
        assert list(several) == list(one)
        assert several.inputs == 150
        for key in one:
            assert same_pair(several.pair(key), one.pair(key))
            assert same_nulls(several.pair(key), one.pair(key))


def test_what_all_takes_is_said_before(capsys: pytest.CaptureFixture[str]) -> None:
    compare(Dense(0), Dense(1), DATA, layers="*", nulls=2, max_memory=IN_PASSES[0], all_pairs=True)
    said = capsys.readouterr().err
    assert re.search(
        r"all pairs: 36 of 6 and 6 layers with 2 nulls, \d+ kB of sums and [\d.]+ kB for a batch, "
        r"in [2-9] passes over the data\n",
        said,
    )


def test_data_that_can_be_read_once_only() -> None:
    def forget() -> Iterator[Tensor]:
        yield from DATA

    with pytest.raises(MemoryError, match=r"they take \d passes over the data, which can be read"):
        compare(Dense(0), Dense(1), forget(), layers="*", max_memory=IN_PASSES[1], **ALL)
    assert len(compare(Dense(0), Dense(1), forget(), layers="*", **ALL)) == 36


def count_pair(n_a: int, n_b: int, nulls: int) -> int:
    """Return what the pair of two of the dense layers takes alone."""
    options = CompareOptions(layers="*", all_pairs=True, nulls=nulls)
    a, b = (
        LayerSize(n, 1, 4 * n * BATCH, n * BATCH, n * BATCH, frozenset({((BATCH,), None)}))
        for n in (n_a, n_b)
    )
    return PairCosts(({"a": a}, {"b": b}), options).count({"a": ("b",)})


def test_a_pair_that_alone_is_too_large_is_left_out_and_listed() -> None:
    # The widest layers of both do not fit together, and each fits beside others.
    layers, most = ["0", "2", "3*", "4"], count_pair(30, 30, 9) - 1
    how: dict[str, Any] = {"nulls": 9, **ALL}
    found = compare(Dense(0), Dense(1), DATA, layers=layers, max_memory=most, **how)
    wanted = compare(Dense(0), Dense(1), DATA, layers=layers, **how)
    assert dict(found) == {key: wanted[key] for key in wanted if key != ("3", "3")}
    assert len(found) == 15
    assert list(found.left_out) == ["3 × 3"]
    assert found.left_out["3 × 3"].startswith("the sums of its 30 + 30 neurons take ")
    assert "`max_memory`" in found.left_out["3 × 3"]
    assert "left out: 3 × 3: " in repr(found)
    assert np.isnan(found.p_value).sum() == 1


def test_pairs_that_were_named_are_not_left_out() -> None:
    a, b, most = Dense(0), Dense(1), count_pair(30, 30, 9) - 1
    how: dict[str, Any] = {"nulls": 9, "max_memory": most, **ALL}
    for layers in (["3"], ["3", "0"]):
        with pytest.raises(MemoryError, match=r"layer '3' of A and '3' of B: the sums.*max_memory"):
            compare(a, b, DATA, layers=layers, **how)
    # One of both was, and it fits with others; or it does not.
    found = compare(a, b, DATA, layers=["3"], layers_b=["0*", "3*"], **how)
    assert list(found) == [("3", "0")]
    with pytest.raises(MemoryError, match=r"layer '3' of A and '3' of B: the sums"):
        compare(a, b, DATA, layers=["3"], layers_b="3*", **how)
    with pytest.raises(MemoryError, match=r"layer '0' of A and '0' of B: the sums"):
        compare(a, b, DATA, layers="*", **how | {"max_memory": 100})


def test_a_layer_that_fits_with_none_is_read_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[str] = set()

    class Listed(AllPairs):
        def begin_batch(self, outputs: Any, /) -> None:
            read.update(name for name, _ in outputs[0])
            super().begin_batch(outputs)

    monkeypatch.setattr(pairing, "AllPairs", Listed)
    a, b, most = Dense(0), Dense(1), count_pair(30, 4, 0) - 1
    found = compare(a, b, DATA, layers=["3*", "4*"], layers_b="4", max_memory=most, **ALL)
    assert list(found) == [("4", "4")]
    assert list(found.left_out) == ["3 × 4"]
    assert read == {"4"}


layer_sizes = st.builds(
    lambda n, calls, rows: LayerSize(
        n, calls, 4 * n * rows, n * rows, n, frozenset({((rows,), 0)})
    ),
    st.integers(1, 30),
    st.integers(1, 2),
    st.sampled_from([3, 5]),
)
sides = st.lists(layer_sizes, min_size=1, max_size=6).map(
    lambda each: {str(at): size for at, size in enumerate(each)}
)


@settings(max_examples=100)
@given(sides, sides, st.integers(0, 5), st.floats(0, 1), st.randoms(use_true_random=False))
def test_every_pass_keeps_within_the_budget(
    of_a: dict[str, LayerSize], of_b: dict[str, LayerSize], nulls: int, tight: float, random: Any
) -> None:
    options = CompareOptions(layers="*", all_pairs=True, nulls=nulls)
    costs = PairCosts((of_a, of_b), options)
    pairs = keep_pairs(dict.fromkeys(of_a, tuple(of_b)), lambda *_: random.random() < 0.9)
    if not pairs:
        return
    every = [(a, b) for a, each in pairs.items() for b in each]
    least, whole = max(costs.count({a: (b,)}) for a, b in every), costs.count(pairs)
    budget = int(least + (1 - tight) * (whole - least))
    dealt = deal_pairs(costs, pairs, budget)
    assert all(costs.count(part) <= budget for part in dealt)
    assert all(list(part) == sorted(part) for part in dealt)
    assert sorted((a, b) for part in dealt for a, each in part.items() for b in each) == every
    assert (len(dealt) == 1) == (whole <= budget)
    assert len(dealt) <= len(every)
    assert deal_pairs(costs, pairs, None) == [pairs]


def test_passes_are_few() -> None:
    """Twelve layers alike, in the room that a quarter of their pairs takes."""
    size = LayerSize(64, 1, 0, 0, 0, frozenset({((5,), None)}))
    sizes = {str(number): size for number in range(12)}
    costs = PairCosts((sizes, sizes), CompareOptions(layers="*", all_pairs=True, nulls=19))
    names = list(sizes)
    quarter: Part = dict.fromkeys(names[:6], tuple(names[:6]))
    dealt = deal_pairs(costs, dict.fromkeys(names, tuple(names)), costs.count(quarter))
    assert len(dealt) == 4
    assert {pair for part in dealt for a, each in part.items() for pair in product([a], each)} == {
        *product(names, names)
    }


def test_under_masks_by_layer_rows_and_means_are_counted() -> None:
    size = LayerSize(6, 1, 0, 0, 0, frozenset({((5, 4), None)}))
    both = {"a": size}, {"b": size}
    alike, by_layer = (
        PairCosts(both, CompareOptions(layers="*", all_pairs=True, mask=mask)).count({"a": ("b",)})
        for mask in ("mask", {"*": "mask"})
    )
    assert by_layer - alike == 2 * 8 * (6 * 6 + 4 * 6 + 1)
