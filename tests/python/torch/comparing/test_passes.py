"""Several passes over the data, where the sums of all layers do not fit into memory at once."""

from __future__ import annotations

import gc
import pickle
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from comparisons import same_pair
from spanmatch import ActivationPair, Comparison
from spanmatch.base.memory import as_bytes
from spanmatch.torch import compare
from spanmatch.torch.comparing import budget, passes
from spanmatch.torch.comparing.budget import deal_layers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUMS = {"0": 8 * 40**2, "1": 8 * 40**2, "2": 8 * 60**2, "3": 8 * 60**2, "4": 8 * 8**2}
BATCH = 50
COPIES = 4 * BATCH * 60  # bytes of what A's widest layers give for a batch, and more than others
PASSES = SUMS["2"] + COPIES  # one wide layer at a time


RUNS: list[int] = []  # the seed of every model that ran: what a model keeps is put back


class Counting(nn.Sequential):
    """Says when it runs."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        super().__init__(
            nn.Linear(8, 20), nn.ReLU(), nn.Linear(20, 30), nn.Sigmoid(), nn.Linear(30, 4)
        )
        self.seed = seed

    def forward(self, x: Tensor) -> Any:
        RUNS.append(self.seed)
        for part in self:
            x = part(x)
        return x


DATA = list(torch.randn(600, 8, generator=torch.Generator().manual_seed(2)).split(BATCH))


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=9), st.integers(9, 20))
def test_every_pass_keeps_within_the_budget(sizes: dict[str, int], most: int) -> None:
    dealt = deal_layers(sizes, most)
    assert sorted(name for names in dealt for name in names) == sorted(sizes)
    assert all(sum(sizes[name] for name in names) <= most for names in dealt)
    # Two passes that fit into one are not made: of first fit the sums of any two exceed it.
    assert len(dealt) == 1 or len(dealt) <= 2 * sum(sizes.values()) / most + 1
    assert all(names == sorted(names, key=list(sizes).index) for names in dealt)
    assert deal_layers(sizes, None) == [list(sizes)]


@pytest.mark.parametrize("extra", [{}, {"nulls": 3, "seed": 4}, {"folds": 4, "center": True}])
def test_several_passes_give_what_one_does(extra: dict[str, Any]) -> None:
    a, b = Counting(0), Counting(1)
    RUNS.clear()
    one = compare(a, b, DATA, progress=False, **extra)
    runs = _take_runs()
    beside = (1 + extra.get("folds", 0)) * 2 + extra.get("nulls", 0)
    several = compare(a, b, DATA, progress=False, max_memory=PASSES * beside // 2, **extra)
    again = _take_runs() - runs
    assert again > 0
    assert again % len(DATA) == 0
    assert several == one
    assert several.layers == ("0", "1", "2", "3", "4")
    assert several.inputs == 600
    for layer in one:
        assert same_pair(several.pair(layer), one.pair(layer))


def test_their_pairs_lie_in_files_while_somebody_refers_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = compare(Counting(0), Counting(1), DATA, progress=False, max_memory=PASSES)
    (folder,) = tmp_path.iterdir()
    assert len(list((folder / "pairs").iterdir())) == 5
    pickled, saved = pickle.dumps(found), tmp_path / "saved"
    found.save(saved)
    pair = found.pair("2")
    del found
    gc.collect()
    assert not folder.exists()
    loaded, again = Comparison.load(saved), pickle.loads(pickled)
    assert same_pair(loaded.pair("2"), pair)
    assert same_pair(again.pair("2"), pair)
    assert loaded == again


def test_a_pass_lets_go_of_the_pairs_before(monkeypatch: pytest.MonkeyPatch) -> None:
    def count_pairs() -> int:
        gc.collect()
        return sum(type(each) is ActivationPair for each in gc.get_objects())

    before, begun, run = count_pairs(), 0, passes.run_pass

    def watch(*arguments: Any) -> Any:
        nonlocal begun
        begun += 1
        assert count_pairs() == before
        return run(*arguments)

    monkeypatch.setattr(passes, "run_pass", watch)
    compare(Counting(0), Counting(1), DATA, progress=False, max_memory=PASSES)
    assert begun > 2


def test_data_that_can_be_read_once_only() -> None:
    def forget() -> Iterator[Tensor]:
        yield from DATA

    for once in (iter(DATA), forget(), map(torch.clone, DATA)):
        with pytest.raises(MemoryError, match=r"5 passes|[2-4] passes.*read once only"):
            compare(Counting(0), Counting(1), once, progress=False, max_memory=PASSES)
    # What fits at once is read once.
    assert len(compare(Counting(0), Counting(1), forget(), progress=False)) == 5


def test_data_that_come_otherwise_each_time() -> None:
    shuffled = DataLoader(TensorDataset(torch.cat(DATA)), batch_size=BATCH, shuffle=True)
    with pytest.raises(ValueError, match=r"begin with another batch.*shuffle=False"):
        compare(Counting(0), Counting(1), shuffled, progress=False, max_memory=PASSES)

    class Later:
        """Another batch in the middle, or fewer, from the second pass on."""

        def __init__(self, *, ends: bool) -> None:
            self.reads, self.ends = 0, ends

        def __iter__(self) -> Iterator[Tensor]:
            self.reads += 1
            changed = self.reads > 4
            for number, batch in enumerate(DATA):
                if changed and number == 7:
                    if self.ends:
                        return
                    yield batch + 1
                else:
                    yield batch

    for ends in (True, False):
        data = Later(ends=ends)
        with pytest.raises(ValueError, match=r"batch 7 .*another one in a second pass"):
            compare(Counting(0), Counting(1), data, progress=False, max_memory=PASSES)


def test_half_of_what_is_free_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = Counting(0), Counting(1)
    RUNS.clear()
    compare(a, b, DATA, progress=False)
    once = _take_runs()
    monkeypatch.setattr(budget, "find_available", lambda: 2 * PASSES)
    compare(a, b, DATA, progress=False)
    several = _take_runs()
    assert several >= once + len(DATA)
    # What is not free is not taken, whatever is allowed.
    monkeypatch.setattr(budget, "find_available", lambda: PASSES)
    compare(a, b, DATA, progress=False, max_memory="40 GB")
    assert _take_runs() == several


def _take_runs() -> int:
    """Return how often the model of seed 0 has run since it was asked for."""
    count = RUNS.count(0)
    RUNS.clear()
    return count


def test_a_layer_that_alone_is_too_large() -> None:
    found = compare(Counting(0), Counting(1), DATA, progress=False, max_memory=SUMS["1"] + COPIES)
    assert found.layers == ("0", "1", "4")
    assert found.left_out["2"].startswith(
        "the sums of its 30 + 30 neurons take 28.8 kB, and its outputs for a batch 6 kB, of 24.8 kB"
    )
    with pytest.raises(MemoryError, match=r"layer '2'.*max_memory"):
        compare(Counting(0), Counting(1), DATA, layers=["2"], progress=False, max_memory="20 kB")


@pytest.mark.parametrize(
    ("size", "count"),
    [(17, 17), ("17", 17), ("4GB", 4 * 10**9), ("1.5 MiB", 3 * 2**19), ("2kb", 2000), (None, None)],
)
def test_sizes(size: Any, count: int | None) -> None:
    assert as_bytes(size, "max_memory") == count


@pytest.mark.parametrize("wrong", [0, -1, "", "4 gigs", "x", 1.5, True, "0 GB", "nan", [1]])
def test_wrong_sizes(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="max_memory"):
        compare(Counting(0), Counting(1), DATA, progress=False, max_memory=wrong)
    with pytest.raises(ValueError, match="need rows to be traced"):
        compare(Counting(0), Counting(1), DATA, progress=False, max_memory=5, trace=False)
