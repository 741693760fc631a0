"""Every layer of A with every layer of B: the pairs that are filled by hand."""

from __future__ import annotations

from typing import Any, cast

import pytest
import torch

import spanmatch as sm
from hand_made_pairs import BATCHES, A, B, Net, assert_near, pair_by_hand
from spanmatch.torch import compare
from spanmatch.torch.comparing.all_pairs import AllPairs


@pytest.mark.parametrize("center", [False, True])
def test_all_pairs_are_the_pairs_filled_by_hand(center: bool) -> None:
    chosen = ["conv1", "act", "pool", "fc"]
    wide = Net(1, width=7)
    comparison = compare(
        A, wide, BATCHES, layers=chosen, all_pairs=True, center=center, progress=False
    )
    labels = ("conv1", "act#0", "act#1", "pool", "fc")
    assert list(comparison) == [(a, b) for a in labels for b in labels]
    sizes = {"conv1": 8, "act#0": 8, "act#1": 8, "pool": 4, "fc": 0}
    for key in comparison:
        a, b = cast("tuple[str, str]", key)
        means = sizes[a] != sizes[b]
        wanted = sm.spectrum(pair_by_hand(A, wide, a, b, means=means), center=center)
        found = comparison[a, b]
        assert found.n_samples == wanted.n_samples
        assert_near(found, wanted)
        pairs = sm.one_to_one(comparison.pair(key), center=center)
        assert comparison.one_to_one[key] == pairs
        assert comparison.notes.get(key, "").startswith("mean over positions") == means
    assert comparison.similarity(0.3).shape == (5, 5)
    pair = comparison.pair(("conv1", "act#0"))
    assert (pair.n_samples, pair.n_batches) == (48 * 64, 3)


def test_products_within_a_layer_are_kept_once_for_all_its_pairs() -> None:
    comparison = compare(A, B, BATCHES, layers=["conv1", "conv2"], all_pairs=True, progress=False)
    parts = comparison._pairs._parts  # type: ignore[union-attr]
    assert parts["conv1", "conv1"][0] is parts["conv1", "conv2"][0]
    assert parts["conv1", "conv2"][1] is parts["conv2", "conv2"][1]


def test_memory_of_all_pairs_is_said_before_it_starts(capsys: Any) -> None:
    compare(A, B, BATCHES, layers="conv*", all_pairs=True)
    assert "all pairs: 4 of 2 and 2 layers" in capsys.readouterr().err


def test_nothing_is_kept_between_batches() -> None:
    collector = AllPairs({})
    collector._rows["A", ("fc", 0), False] = torch.ones(3)
    collector.end_batch([{}, {}])
    assert not collector._rows
