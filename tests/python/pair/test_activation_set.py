"""A set of sides: any two are the pair that had seen them alone."""

from __future__ import annotations

import pickle
from copy import copy
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import spanmatch as sm
from spanmatch.base.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

SIDES = ("a", "b", "c")
WIDTHS = {"a": 3, "b": 1, "c": 5}


def make_batches(seed: int, count: int = 3, items: int = 15, each: int = 2) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((count, items * each, 2))
    return [
        {
            side: rows @ rng.standard_normal((2, width)) + rng.standard_normal((len(rows), width))
            for side, width in WIDTHS.items()
        }
        for rows in shared
    ]


def fill(into: sm.ActivationSet, batches: list[dict[str, Any]], each: int = 2) -> sm.ActivationSet:
    for batch in batches:
        into.update(batch, rows_per_item=each)
    return into


def sum_alone(
    batches: list[dict[str, Any]], a: str, b: str, each: int = 2, **kept: Any
) -> sm.ActivationPair:
    pair = sm.ActivationPair(**kept)
    for batch in batches:
        pair.update(batch[a], batch[b], rows_per_item=each)
    return pair


def state(pair: sm.ActivationPair) -> list[Any]:
    gram = pair._gram.to_host()
    return [gram.parts(), gram.replicates(), gram.norms(), pair.x_names, pair.y_names]


def is_same(one: Any, other: Any) -> bool:
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other


def is_same_but_for_rounding(one: Any, other: Any) -> bool:
    """Sums of many sides are added up in another order than those of two."""
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(is_same_but_for_rounding, one, other))
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and bool(
            np.allclose(one, other, rtol=1e-12, atol=1e-12 * np.abs(other).max(initial=0))
        )
    return bool(one == other)


def is_close(one: Any, other: Any) -> bool:
    """Sums of two orders of the sides differ by rounding."""
    return np.allclose(one.x, other.x, atol=1e-9) and np.allclose(one.y, other.y, atol=1e-9)


@pytest.mark.parametrize("kept", [{}, {"nulls": 3, "folds": 2, "seed": 5}], ids=["plain", "kept"])
def test_any_two_sides_are_the_pair_that_saw_them_alone(kept: dict[str, Any]) -> None:
    batches = make_batches(0)
    acts = fill(sm.ActivationSet(SIDES, **kept), batches)
    for a, b in [("a", "b"), ("a", "c"), ("b", "c")]:
        alone = sum_alone(batches, a, b, **kept)
        assert is_same_but_for_rounding(state(acts.pair(a, b)), state(alone))
    assert acts.widths == WIDTHS
    assert (acts.n_batches, acts.n_samples) == (3, 90)
    assert acts.n_items == (45 if kept else 90)
    assert (acts.n_nulls, acts.n_folds) == (kept.get("nulls", 0), kept.get("folds", 0))


def test_the_other_order_is_what_that_pair_gives_but_for_the_roll() -> None:
    batches = make_batches(1)
    acts = fill(sm.ActivationSet(SIDES, nulls=19, folds=3, seed=1), batches)
    for a, b in [("b", "a"), ("c", "a"), ("c", "b")]:
        pair, alone = acts.pair(a, b), sum_alone(batches, a, b, folds=3, seed=1)
        there = acts.pair(b, a)
        assert is_close(sm.spectrum(pair), sm.spectrum(alone))
        assert is_close(sm.interval(pair), sm.interval(alone))
        for name, value in sm.measures(alone).to_dict().items():
            assert getattr(sm.measures(pair), name) == pytest.approx(value, abs=1e-12, nan_ok=True)
        nulls, theirs = sm.null_spectra(pair), sm.null_spectra(there)
        assert is_same((nulls.x, nulls.y), (theirs.y, theirs.x))
        assert sm.p_value(pair) == sm.p_value(there)
        calibrated, known = sm.calibrate(pair), sm.calibrate(there)
        for name in ("area", "linear_cka", "debiased_cka"):
            assert calibrated[name] == pytest.approx(known[name], abs=1e-12, nan_ok=True)


def test_the_mirrored_roll_meets_the_same_rows() -> None:
    """Of a null that is shifted by k, row i of y meets row i - k of x: a slow oracle."""
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((8, 2)), rng.standard_normal((8, 3))
    acts = sm.ActivationSet(["x", "y"], nulls=1, seed=4)
    acts.update({"x": x, "y": y})
    (shift,), *_ = sm.ActivationPair(nulls=1, seed=4)._gram.to_host().plan(8, 1, 0, 0)
    for a, b, meeting in (("x", "y", np.roll(y, -shift, 0)), ("y", "x", np.roll(x, shift, 0))):
        own = {"x": x, "y": y}[a]
        alone = sm.ActivationPair()
        alone.update(own, meeting)
        null = acts.pair(a, b)._gram.to_host().null(0)
        products = sm.ActivationPair.gram(alone, center=True)
        assert np.allclose(null.centered(), products, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(4)), st.integers(0, 3), st.floats(-1e6, 1e6))
def test_merged_in_any_order_it_is_one_set(order: list[int], cut: int, far: float) -> None:
    batches = make_batches(2, count=4)
    moved = [
        {side: rows + far * (at > 1) for side, rows in batch.items()}
        for at, batch in enumerate(batches)
    ]
    whole = fill(sm.ActivationSet(SIDES), moved)
    parts = [[moved[at] for at in order[:cut]], [moved[at] for at in order[cut:]]]
    total = fill(sm.ActivationSet(SIDES), parts[0]) + fill(sm.ActivationSet(SIDES), parts[1])
    for a, b in permutations(SIDES, 2):
        mine, theirs = total.pair(a, b).gram(center=True), whole.pair(a, b).gram(center=True)
        assert np.allclose(mine, theirs, rtol=1e-9, atol=1e-9 * (1 + far**2))
    assert total.n_samples == whole.n_samples


def test_types_may_differ_between_sides() -> None:
    batch = make_batches(4, count=1)[0]
    given = {
        "a": batch["a"].astype(np.float16),
        "b": torch.from_numpy(batch["b"]).bfloat16(),
        "c": torch.from_numpy(batch["c"]).float(),
    }
    acts = sm.ActivationSet(SIDES)
    acts.update(given)
    for a, b in permutations(SIDES, 2):
        alone = sm.ActivationPair()
        alone.update(given[a], given[b])
        assert is_close(sm.spectrum(acts.pair(a, b)), sm.spectrum(alone))


def test_a_pair_is_the_callers_own() -> None:
    batches = make_batches(5)
    acts = fill(sm.ActivationSet(SIDES), batches)
    before = state(acts.pair("a", "b"))
    acts.pair("a", "b").update(batches[0]["a"], batches[0]["b"])
    assert is_same(state(acts.pair("a", "b")), before)
    fewer = fill(sm.ActivationSet(SIDES, nulls=2, folds=2), batches).without_replicates()
    assert (fewer.n_nulls, fewer.n_folds) == (0, 0)
    assert is_same(state(fewer.pair("a", "b")), before)


def spoil(side: str, what: Any) -> dict[str, Any]:
    return {**make_batches(6, count=1)[0], side: what}


BATCH = make_batches(6, count=1)[0]
HOLED = BATCH["c"].copy()
HOLED[4, 3] = np.nan


@pytest.mark.parametrize(
    ("rows", "kind", "said"),
    [
        ({"a": BATCH["a"], "b": BATCH["b"]}, ValueError, r"batch 1 .* no rows of 'c'"),
        ({**BATCH, "d": BATCH["a"]}, ValueError, r"batch 1 .*: no side 'd': there are 'a'"),
        (spoil("c", HOLED), ValueError, r"batch 1 .*: neuron 3 of 'c' is NaN in row 4"),
        (spoil("c", BATCH["c"][:5]), ValueError, r"batch 1 .*: 'a' has 30 rows and 'c' has 5"),
        (
            spoil("b", BATCH["a"]),
            ValueError,
            r"batch 1 .*: 'b' has 3 neurons, but the set was begun with 1",
        ),
        (spoil("b", BATCH["b"].astype(int)), TypeError, r"rows\['b'\] holds int64.*astype"),
        (spoil("b", BATCH["b"][:, 0]), ValueError, r"rows\['b'\]\[:, None\]"),
        (
            spoil("c", BATCH["c"] * 1e200),
            ValueError,
            r"batch 1 .*: neuron \d of 'c' reaches .* overflow",
        ),
        (
            spoil("c", torch.from_numpy(HOLED).bfloat16()),
            ValueError,
            r"batch 1 .*: neuron 3 of 'c' is NaN in row 4",
        ),
        (list(BATCH.values()), TypeError, "a mapping from the sides"),
    ],
    ids=["missing", "unknown", "nan", "rows", "width", "type", "axis", "large", "bfloat16", "list"],
)
def test_a_wrong_batch_is_named_and_changes_nothing(
    rows: Any, kind: type[Exception], said: str
) -> None:
    acts = fill(sm.ActivationSet(SIDES, nulls=1, folds=2), [BATCH])
    before = [state(acts.pair(a, b)) for a, b in permutations(SIDES, 2)]
    with pytest.raises(kind, match=said):
        acts.update(rows, rows_per_item=2)
    assert is_same([state(acts.pair(a, b)) for a, b in permutations(SIDES, 2)], before)


def test_wrong_sides_are_refused_by_name() -> None:
    for wrong, said in (
        (["a"], "two sides at least, got 1"),
        (["a", "a"], "side 'a' is named twice"),
    ):
        with pytest.raises(ValueError, match=said):
            sm.ActivationSet(wrong)
    for odd in ("ab", ["a", 3], 3):
        with pytest.raises(TypeError, match="side"):
            sm.ActivationSet(odd)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no side 'x'"):
        sm.ActivationSet(SIDES, neuron_names={"x": ["n"]})
    acts = sm.ActivationSet(SIDES)
    with pytest.raises(KeyError, match="no side 'aa': did you mean 'a'"):
        acts.pair("aa", "b")
    with pytest.raises(ValueError, match="two sides, got 'a' twice"):
        acts.pair("a", "a")
    with pytest.raises(TypeError, match="merge needs an ActivationSet, got int"):
        acts.merge(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="different sides: a, b, c and b, a, c"):
        acts.merge(sm.ActivationSet(["b", "a", "c"]))


def test_saved_and_pickled_it_is_the_same(tmp_path: Path) -> None:
    names = {"b": ["edge"]}
    acts = sm.ActivationSet(SIDES, nulls=2, folds=2, seed=3, neuron_names=names)
    for there in (sm.ActivationSet(SIDES), fill(acts, make_batches(7))):
        path = tmp_path / "acts.safetensors"
        sm.save(there, path)
        for other in (sm.load(path), pickle.loads(pickle.dumps(there)), copy(there)):
            assert isinstance(other, sm.ActivationSet)
            assert repr(other) == repr(there)
            for a, b in permutations(SIDES, 2):
                assert is_same(state(other.pair(a, b)), state(there.pair(a, b)))
    assert acts.pair("b", "c").x_names == ("edge",)
    # It goes on as though it had never been saved.
    more = make_batches(8)
    loaded = sm.load(path)
    assert isinstance(loaded, sm.ActivationSet)
    for a, b in permutations(SIDES, 2):
        assert is_same(
            state(fill(copy(loaded), more).pair(a, b)), state(fill(copy(acts), more).pair(a, b))
        )


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    from spanmatch.base import tensor_file

    path = tmp_path / "acts.safetensors"
    fill(sm.ActivationSet(SIDES), make_batches(9)).save(path)
    tensors, values = tensor_file.read_as(path, "ActivationSet")
    spoilt = [
        (tensors, {**values, "sides": ["a", "b"]}),
        (tensors, {**values, "sides": ["a", "b", "b"]}),
        (tensors, {**values, "widths": [3, 1]}),
        (tensors, {**values, "widths": [3, 2, 5]}),
        (tensors, {**values, "names": [None, None]}),
        (tensors, {**values, "names": [None, ["edge", "curve"], None]}),
        ({**tensors, "spread": tensors["spread"] / 10}, values),
        (tensors, {**values, "n_samples": 0}),
    ]
    for held, known in spoilt:
        tensor_file.write(path, "ActivationSet", held, known)
        with pytest.raises(FileError, match="damaged"):
            sm.load(path)
