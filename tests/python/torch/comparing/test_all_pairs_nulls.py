"""Nulls of all pairs of layers: those of each pair alone, under one roll of the inputs of B."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import spanmatch as sm
from hand_made_pairs import IMAGES, Net
from rolled_outputs import (
    assert_near_nulls,
    cross,
    find_products,
    find_rolls,
    gather,
    multiply_rolled,
    same_nulls,
)
from spanmatch.torch import compare

if TYPE_CHECKING:
    from pathlib import Path

NULLS, SEED = 5, 11
SIZES = (17, 31)
# In float64, since means over positions are of the type of what is averaged.
BATCHES = IMAGES.double().split(SIZES)
LAYERS = ["conv1", "act", "pool", "fc"]
KEEPS: dict[str, Any] = {"nulls": NULLS, "seed": SEED, "progress": False}
A, B, WIDE = Net(0).double(), Net(1).double(), Net(1, width=7).double()


@pytest.fixture(scope="module")
def found() -> sm.Comparison:
    return compare(A, WIDE, BATCHES, layers=LAYERS, all_pairs=True, **KEEPS)


def test_maps_and_means_are_rolled_by_the_same_inputs_for_all_layers(found: sm.Comparison) -> None:
    of_a, of_b = (gather(model, BATCHES, LAYERS) for model in (A, WIDE))
    rolls = find_rolls(SIZES, NULLS, SEED)
    assert sorted(found) == sorted(cross(of_a, of_b))
    assert len(found) == 25
    for a, b in cross(of_a, of_b):
        pair = found.pair((a, b))
        means = of_a[a][0].shape[1:-1] != of_b[b][0].shape[1:-1]
        assert found.notes.get((a, b), "").startswith("mean over positions") == means
        assert (pair.n_nulls, pair.n_items, pair.n_batches) == (NULLS, 48, 2)
        assert_near_nulls(find_products(pair), multiply_rolled(of_a[a], of_b[b], rolls))


@pytest.mark.parametrize(
    ("a", "b"), [("conv1", "conv1"), ("pool", "fc"), ("fc", "pool"), ("conv1", "pool")]
)
def test_they_are_those_of_the_pair_alone(found: sm.Comparison, a: str, b: str) -> None:
    alone = compare(A, WIDE, BATCHES, layers={a: b}, **KEEPS)
    mine, other = found.pair((a, b)), alone.pair(a)
    assert mine._gram.to_host().null_rolls == other._gram.to_host().null_rolls
    assert mine._gram.to_host().seed == other._gram.to_host().seed == SEED
    assert_near_nulls(find_products(mine), find_products(other))
    nulls, wanted = found.nulls[a, b], alone.nulls[a]
    np.testing.assert_array_equal(nulls.rolls, wanted.rolls)
    assert nulls.counted == wanted.counted
    for null, one in zip(nulls, wanted, strict=True):
        np.testing.assert_allclose(null.x, one.x, rtol=0, atol=1e-6)
        np.testing.assert_allclose(null.y, one.y, rtol=0, atol=1e-6)
    assert nulls.p_value(found[a, b]) == wanted.p_value(alone[a])
    for sums, known in zip(
        *(pair._gram.to_host().norms() or () for pair in (mine, other)), strict=True
    ):
        np.testing.assert_allclose(
            sums, known, rtol=1e-11, atol=1e-11 * np.abs(known).max(initial=1)
        )
    calibrated, expected = sm.calibrate(mine, level=0.25), sm.calibrate(other, level=0.25)
    for name, each in calibrated.items():
        assert each.value == pytest.approx(expected[name].value, abs=1e-7)
        assert each.p_value == expected[name].p_value


def test_layers_of_any_positions_share_one_roll_and_have_a_best(found: sm.Comparison) -> None:
    assert {found.pair(key)._gram.to_host().n_samples for key in found} > {48}
    assert len({tuple(each.rolls.tolist()) for each in found.nulls.values()}) == 1
    best = found.best()
    assert (list(best.of_a), list(best.of_b)) == (list(found.layers_a), list(found.layers_b))
    assert best.n_nulls == NULLS
    for each in (*best.of_a.values(), *best.of_b.values()):
        assert 1 / 6 <= each.p_value <= 1.0


class Texts(nn.Module):
    """Layers of tokens, of which some are padding, and one of texts."""

    def __init__(self, seed: int, width: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embed, self.wide = nn.Embedding(11, 4), nn.Linear(4, width)
        self.attend = nn.TransformerEncoderLayer(width, 1, 8, batch_first=True, dropout=0.0)
        self.head = nn.Linear(width, 3)

    def forward(self, ids: Tensor, attention_mask: Tensor) -> Any:
        x = self.attend(self.wide(self.embed(ids)), src_key_padding_mask=attention_mask == 0)
        weights = attention_mask[..., None] / attention_mask.sum(1)[:, None, None]
        return self.head((x * weights).sum(1))


def test_masked_tokens_are_rolled_to_where_a_text_begins() -> None:
    torch.manual_seed(0)
    lengths, layers = torch.randint(1, 7, (40,)), ["embed", "wide", "head"]
    mask = (torch.arange(6) < lengths[:, None]).long()
    ids = torch.randint(11, (40, 6))
    data = [
        {"ids": x, "attention_mask": m} for x, m in zip(ids.split(16), mask.split(16), strict=True)
    ]
    a, b = Texts(0, 5).double().eval(), Texts(1, 6).double().eval()
    found = compare(a, b, data, layers=layers, all_pairs=True, **KEEPS)
    of_a, of_b = gather(a, data, layers), gather(b, data, layers)
    rolls = find_rolls([16, 16, 8], NULLS, SEED)
    for at_a, at_b in cross(of_a, of_b):
        wanted = np.zeros(())
        for number, batch in enumerate(data):
            x, y = of_a[at_a][number], of_b[at_b][number]
            counts = batch["attention_mask"].numpy()
            if "head" in (at_a, at_b):
                x, y = (
                    (side * counts[..., None]).sum(1) / counts.sum(1)[:, None]
                    if side.ndim == 3
                    else side
                    for side in (x, y)
                )
                offsets = rolls[number]
            else:
                x, y = x[counts > 0], y[counts > 0]
                starts = np.concatenate([[0], counts.sum(1).cumsum()])
                offsets = [starts[each] for each in rolls[number]]
            wanted = wanted + np.stack([x.T @ np.roll(y, -offset, axis=0) for offset in offsets])
        pair = found.pair((at_a, at_b))
        assert pair.n_items == 40
        assert_near_nulls(find_products(pair), wanted)


def test_what_a_comparison_tells_of_chance_it_tells_of_every_pair(
    found: sm.Comparison, tmp_path: Path
) -> None:
    assert list(found.nulls) == list(found)
    assert found.p_value.shape == (5, 5)
    labels = found.layers_a
    for row, a in enumerate(labels):
        for column, b in enumerate(labels):
            wanted = sm.p_value(found.pair((a, b)))
            assert found.p_value[row, column] == wanted
    pytest.importorskip("pandas")
    np.testing.assert_array_equal(found.to_dataframe()["p_value"], found.p_value.ravel())
    assert "null chance" in repr(found)
    assert found.pair(("fc", "fc")).n_nulls == NULLS
    found.save(tmp_path)
    for other in (sm.Comparison.load(tmp_path), pickle.loads(pickle.dumps(found))):
        assert other == found
        for key in found:
            assert same_nulls(other.pair(key), found.pair(key))
    lean = found.without_replicates()
    assert lean == found
    assert lean.pair(("fc", "fc")).n_nulls == 0


def test_without_nulls_a_pair_keeps_none() -> None:
    plain = compare(A, B, BATCHES, layers="*", all_pairs=True, progress=False)
    assert not plain.nulls
    for key in plain:
        pair = plain.pair(key)
        assert pair.n_nulls == 0
        assert pair._gram.to_host().replicates() is None


def test_one_input_alone_is_refused_as_it_is_one_by_one() -> None:
    def refusal(**how: Any) -> str:
        with pytest.raises(ValueError, match="one item") as caught:
            compare(A, B, IMAGES[:31].double().split(30), **how, **KEEPS)
        return str(caught.value)

    for layer in ("conv1", "fc"):
        assert refusal(layers=[layer], all_pairs=True) == refusal(layers=[layer])
    assert "batch 1 (counted from 0)" in refusal(layers="*", all_pairs=True)


def test_an_unmatched_roll_would_be_seen(found: sm.Comparison) -> None:
    """What the other tests rest on: products under two rolls of the same inputs differ."""
    of_a, of_b = (gather(model, BATCHES, LAYERS) for model in (A, WIDE))
    key = cast("tuple[str, str]", next(iter(found)))
    others = find_rolls(SIZES, NULLS, SEED + 1)
    wanted = multiply_rolled(of_a[key[0]], of_b[key[1]], others)
    with pytest.raises(AssertionError):
        assert_near_nulls(find_products(found.pair(key)), wanted)
