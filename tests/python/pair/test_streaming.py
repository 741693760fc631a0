"""A pair that streams has the Gram, and gives the answers, of all samples at once."""

from __future__ import annotations

import gc
import itertools
import tracemalloc
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm
from grams import gram_of
from problems import PROBLEMS, planted, problem

cuts = st.lists(st.floats(0.0, 1.0), max_size=8)


def split(x: np.ndarray, y: np.ndarray, cuts: list[float]) -> list[sm.ActivationPair]:
    edges = sorted({0, len(x), *(int(cut * len(x)) for cut in cuts)})
    pairs = []
    for first, last in itertools.pairwise(edges):
        pair = sm.ActivationPair()
        pair.update(x[first:last], y[first:last])
        pairs.append(pair)
    return pairs


def difference(mine: np.ndarray, other: np.ndarray, scale: np.ndarray) -> float:
    """Largest difference, in units of the product of the two columns' norms."""
    return float(np.max(np.abs(mine / scale[:, None] / scale - other / scale[:, None] / scale)))


@given(st.sampled_from(sorted(PROBLEMS)), cuts)
def test_any_split_gives_the_same_gram(name: str, cuts: list[float]) -> None:
    x, y = problem(name)
    whole, streamed, merged = sm.ActivationPair(), sm.ActivationPair(), sm.ActivationPair()
    whole.update(x, y)
    edges = sorted({0, len(x), *(int(cut * len(x)) for cut in cuts)})
    for first, last in itertools.pairwise(edges):
        streamed.update(x[first:last], y[first:last])
    for part in reversed(split(x, y, cuts)):
        merged.merge(part)
    z = np.hstack([x, y])
    norms = np.linalg.norm(z, axis=0)
    norms[norms == 0.0] = 1.0
    plain = (z / norms).T @ (z / norms)
    for pair in (whole, streamed, merged):
        found = gram_of(pair) / norms[:, None] / norms
        assert np.max(np.abs(found - plain), initial=0.0) < 1e-12
    # Centred, relative to the deviations: first outlying rows cost the digits that they have.
    deviations = np.sqrt(np.diagonal(whole._gram.to_host().centered()))
    if name not in ("outlying_first_row", "large_mean") and np.all(deviations > 0.0):
        centered = [pair._gram.to_host().centered() for pair in (whole, streamed, merged)]
        assert difference(centered[1], centered[0], deviations) < 1e-12
        assert difference(centered[2], centered[0], deviations) < 1e-12


def centred_first(side: np.ndarray) -> np.ndarray:
    """In extended precision, so that the mean has more digits than the values."""
    wide = side.astype(np.longdouble)
    return np.asarray(wide - wide.mean(axis=0), dtype=np.float64)


@pytest.mark.parametrize("parts", [1, 2, 7])
@pytest.mark.parametrize("seed", range(3))
def test_means_a_million_deviations_away(seed: int, parts: int) -> None:
    x, y = planted(np.random.default_rng(seed), 15, 13, 900)
    x, y = (
        (side / side.std(axis=0) + 1e6 * np.linspace(-1, 1, side.shape[1])).astype(np.float32)
        for side in (x, y)
    )
    expected = sm.residuals(centred_first(x), centred_first(y))
    spectrum = sm.spectrum(centred_first(x), centred_first(y))
    streamed, merged = sm.ActivationPair(), sm.ActivationPair()
    for rows in np.array_split(np.arange(900), parts):
        # Shifts that differ by a few deviations, as those of real batches, and by many.
        one = sm.ActivationPair()
        one.update(x[rows], y[rows])
        streamed.update(x[rows], y[rows])
        merged = one + merged
    for pair in (streamed, merged):
        found = sm.residuals(pair, center=True)
        np.testing.assert_allclose(found.x, expected.x, rtol=0, atol=1e-6)
        np.testing.assert_allclose(found.y, expected.y, rtol=0, atol=1e-6)
        curve = sm.spectrum(pair, center=True)
        np.testing.assert_allclose(curve.x, spectrum.x, rtol=0, atol=1e-6)
        np.testing.assert_allclose(curve.y, spectrum.y, rtol=0, atol=1e-6)


def test_every_function_centres_from_the_same_pair() -> None:
    x, y = problem("planted")
    pair = sm.ActivationPair()
    pair.update(x + 5.0, y - 3.0)
    x, y = (side - side.mean(axis=0) for side in (x, y))
    match = sm.maximum_match(x, y, eps=0.5)
    assert 0 < len(match) < 44
    neuron = ("x", int(match.x[0]))
    chosen: dict[str, Any] = {"eps": 0.5, "x_index": match.x, "y_index": match.y}
    assert sm.spectrum(pair, center=True) != sm.spectrum(pair)
    assert sm.maximum_match(pair, eps=0.5, center=True) == match
    assert sm.is_match(pair, center=True, **chosen)
    for call in (sm.simple_matches, sm.support):
        assert call(pair, eps=0.5, center=True) == call(x, y, eps=0.5)
    assert sm.minimum_match(pair, eps=0.5, neuron=neuron, center=True) == sm.minimum_match(
        x, y, eps=0.5, neuron=neuron
    )
    assert sm.is_simple(pair, center=True, **chosen) == sm.is_simple(x, y, **chosen)
    assert sm.minimum_for(pair, center=True, **chosen) == sm.minimum_for(x, y, **chosen)
    found = sm.linear_map(pair, match=match, center=True)
    wanted = sm.linear_map(x, y, match=match)
    np.testing.assert_allclose(found.x, wanted.x, rtol=0, atol=1e-9)


def test_a_failed_batch_among_many_says_which() -> None:
    x, y = planted(np.random.default_rng(5), 6, 5, 1000)
    x[705, 4] = np.nan
    pair, kept = sm.ActivationPair(), sm.ActivationPair()
    for batch, rows in enumerate(np.array_split(np.arange(1000), 10)):
        if batch == 7:
            with pytest.raises(ValueError, match=r"batch 7 \(counted from 0\): neuron 4 of x"):
                pair.update(x[rows], y[rows])
            continue
        pair.update(x[rows], y[rows])
        kept.update(x[rows], y[rows])
    assert sm.spectrum(pair) == sm.spectrum(kept)
    assert pair.n_batches == 9


def test_merging_says_which_width_differs() -> None:
    x, y = problem("planted")
    pair, other = sm.ActivationPair(), sm.ActivationPair()
    pair.update(x, y)
    other.update(x[:, :5], y)
    with pytest.raises(ValueError, match="x has 5 neurons, but the pair was begun with 24"):
        pair.merge(other)
    with pytest.raises(ValueError, match="x has 24 neurons, but the pair was begun with 5"):
        other.merge(pair)
    empty = sm.ActivationPair()
    assert sm.spectrum(pair + empty) == sm.spectrum(empty + pair) == sm.spectrum(pair)


def test_names_stay_with_the_neurons() -> None:
    x, y = np.eye(5, 2), np.eye(5, 3)
    pair = sm.ActivationPair(x_names=["edge", "curve"])
    for bad in (np.eye(5, 3), np.eye(5, 1)):
        with pytest.raises(ValueError, match=r"x has \d neurons, but x_names names 2"):
            pair.update(bad, y)
    pair.update(x, y)
    assert (pair.x_names, pair.y_names) == (("edge", "curve"), None)
    other = sm.ActivationPair(y_names=("a", "b", "c"))
    other.update(x, y)
    assert (pair + other).y_names == ("a", "b", "c")
    for names in (["edge", "spot"], ["edge"]):
        with pytest.raises(ValueError, match=r"x_names|neurons of x differently"):
            pair.merge(sm.ActivationPair(x_names=names))
    # In whatever order, with batches or without.
    full = sm.ActivationPair()
    full.update(x, y)
    for pairs in (
        (full, sm.ActivationPair(x_names=["edge"])),
        (sm.ActivationPair(x_names=["e"]), full),
    ):
        with pytest.raises(ValueError, match="x has 2 neurons, but x_names names 1"):
            pairs[0] + pairs[1]
    assert sm.ActivationPair(x_names=cast("Any", iter("ab"))).x_names == ("a", "b")
    unnamed = sm.ActivationPair()
    unnamed.update(y, x)
    with pytest.raises(ValueError, match="x has 3 neurons, but x_names names 2"):
        sm.ActivationPair(x_names=["edge", "curve"]).merge(unnamed)
    for bad_names in ("ab", [1, 2], 5):
        with pytest.raises(TypeError, match="y_names must be a list of strings"):
            sm.ActivationPair(y_names=cast("Any", bad_names))


def test_streaming_leaves_no_python_objects_behind() -> None:
    x, y = np.ones((64, 8), np.float32), np.ones((64, 8), np.float32)
    pair = sm.ActivationPair()
    pair.update(x, y)
    tracemalloc.start()
    for _ in range(2000):
        pair.update(x, y)
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 20_000  # less than an object for every update
