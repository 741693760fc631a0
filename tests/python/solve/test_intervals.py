"""Intervals are what a slow jackknife gives, and hold the value of endless data."""

from __future__ import annotations

import itertools
import json
import pickle
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

import spanmatch as sm
from grams import dealt
from problems import dead, planted
from refusal import refused
from spanmatch.solve.student_t import find_two_sided_quantile

if TYPE_CHECKING:
    from pathlib import Path

X, Y = planted(np.random.default_rng(8), 5, 4, 480)
ITEMS, LENGTH, FOLDS = 60, 8, 6
METHODS = ["jackknife", "bootstrap"]
by_each_method = pytest.mark.parametrize("method", METHODS)


def kept(seed: int = 1) -> sm.ActivationPair:
    pair = sm.ActivationPair(folds=FOLDS, seed=seed)
    for rows in (slice(0, 160), slice(160, 480)):
        pair.update(X[rows], Y[rows], rows_per_item=LENGTH)
    return pair


@pytest.mark.parametrize("freedom", [1, 2, 3, 7, 15, 64, 401])
def test_quantiles_are_those_of_student(freedom: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    for level in (0.01, 0.5, 0.9, 0.95, 0.999):
        expected = stats.t.ppf((1 + level) / 2, freedom)
        # scipy 1.10 is right to 1e-9 alone.
        assert find_two_sided_quantile(level, freedom) == pytest.approx(expected, rel=1e-8)


def test_quantiles_known_from_tables() -> None:
    for freedom, known in {1: 12.706, 2: 4.303, 5: 2.571, 15: 2.131, 30: 2.042}.items():
        assert round(find_two_sided_quantile(0.95, freedom), 3) == known
    assert np.isfinite(find_two_sided_quantile(1 - 2**-53, 15))


@pytest.mark.parametrize("center", [False, True])
def test_the_jackknife_leaves_out_each_fold_of_items(center: bool) -> None:
    fold = np.repeat(dealt(FOLDS, ITEMS, seed=1), LENGTH)
    whole = sm.spectrum(X, Y, center=center)
    parts = [sm.spectrum(X[fold != left], Y[fold != left], center=center) for left in range(FOLDS)]
    found = sm.interval(kept(), center=center)
    for name in ("area", "x", "y"):
        t = getattr(whole, name)
        of_parts = np.array([getattr(part, name) for part in parts])
        mean = of_parts.mean(axis=0)
        bias = (FOLDS - 1) * (t - mean)
        variance = (FOLDS - 1) / FOLDS * np.sum((of_parts - mean) ** 2, axis=0)
        half = find_two_sided_quantile(0.95, FOLDS - 1) * np.sqrt(variance + bias**2 / 4)
        ends = np.clip([t + bias / 2 - half, t + bias / 2 + half], 0.0, 1.0)
        np.testing.assert_allclose(getattr(found, name), ends, rtol=0, atol=1e-6)


def test_the_bootstrap_is_near_the_jackknife() -> None:
    pair = kept()
    jackknife, bootstrap = (sm.interval(pair, method=cast("Any", method)) for method in METHODS)
    assert 0.5 < np.ptp(bootstrap.area) / np.ptp(jackknife.area) < 1.2
    assert abs(bootstrap.area.mean() - jackknife.area.mean()) < np.ptp(jackknife.area) / 4


@by_each_method
def test_what_few_samples_add_is_taken_away(method: Any) -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 100, 10))
    found, whole = sm.interval(x, y, method=method), sm.spectrum(x, y)
    # Unrelated: of endless data the area is 0.
    assert found.area.mean() < whole.area - 0.005
    assert found.area[0] < 0.01


@by_each_method
def test_an_interval_is_of_the_value_on_all_data(method: Any) -> None:
    found, whole = sm.interval(kept(), method=method), sm.spectrum(X, Y)
    assert found.area[0] < whole.area < found.area[1]
    np.testing.assert_array_equal(found.eps, np.arange(100) / 100)
    for ends in (found.similarity, found.area, found.x, found.y):
        assert (ends[0] >= 0.0).all()
        assert (ends[0] <= ends[1]).all()
        assert (ends[1] <= 1.0).all()
    # As s(ε) does, its ends grow.
    assert (np.diff(found.similarity, axis=1) >= 0.0).all()
    assert (found.folds, found.level, found.method) == (FOLDS, 0.95, method)


@by_each_method
def test_exact_matches_are_sure(method: Any) -> None:
    mix = np.random.default_rng(0).standard_normal((5, 5))
    found = sm.interval(X, X @ mix, method=method)
    np.testing.assert_array_equal(found.area, [1.0, 1.0])
    assert not found.x.any()
    assert not found.y.any()
    np.testing.assert_array_equal(found.similarity, 1.0)


@by_each_method
def test_dead_neurons_are_dead_for_sure(method: Any) -> None:
    x, y = dead(np.random.default_rng(0))
    found = sm.interval(x, y, method=method, folds=5)
    for ends, gone in ((found.x, [0, 5, 23]), (found.y, [2, 3])):
        assert np.isinf(ends[:, gone]).all()
        assert np.isinf(ends).sum() == 2 * len(gone)
    assert found.similarity.max() <= 39 / 44


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("value", [1.0, 0.3])
@by_each_method
def test_a_neuron_that_lives_in_one_fold_is_unsure(method: Any, value: float, center: bool) -> None:
    x = X.copy()
    x[:, 0] = 0.0
    x[3, 0] = value
    y = np.hstack([Y, x[:, :1]])
    found = sm.interval(x, y, folds=FOLDS, method=method, center=center)
    assert found.x[0, 0] == 0.0
    assert found.x[1, 0] > 0.5


def test_shares_of_few_items_fill_all_folds_by_their_own_seeds() -> None:
    pair = sm.ActivationPair(folds=FOLDS)
    for seed, share in enumerate(np.array_split(np.arange(480), 120)):
        part = sm.ActivationPair(folds=FOLDS, seed=seed)
        part.update(X[share], Y[share], rows_per_item=2)
        pair.merge(part)
    assert pair.n_items == 240
    sm.interval(pair)


@by_each_method
def test_more_confidence_is_a_wider_interval(method: Any) -> None:
    pair = kept()
    found = [sm.interval(pair, level=level, method=method) for level in (0.5, 0.8, 0.95, 0.999)]
    for narrow, wide in itertools.pairwise(found):
        assert wide.area[0] < narrow.area[0] < narrow.area[1] < wide.area[1]
        assert (wide.x[0] <= narrow.x[0]).all()
        assert (wide.x[1] >= narrow.x[1]).all()
        assert (wide.similarity[0] <= narrow.similarity[0]).all()


def test_more_data_is_a_narrower_interval() -> None:
    x, y = planted(np.random.default_rng(8), 5, 4, 8000)
    few, many = (sm.interval(x[:rows], y[:rows]) for rows in (500, 8000))
    assert np.ptp(many.area) < np.ptp(few.area) / 2


def test_a_grid_of_ones_own() -> None:
    pair = kept()
    whole = sm.interval(pair)
    some = sm.interval(pair, eps=[0.7, 0.2])
    np.testing.assert_array_equal(some.similarity, whole.similarity[:, [70, 20]])
    assert sm.interval(pair, eps=0.7).similarity.shape == (2, 1)


def test_arrays_and_a_pair_give_the_same() -> None:
    pair = sm.ActivationPair(folds=FOLDS, seed=3)
    pair.update(X, Y, rows_per_item=LENGTH)
    options: dict[str, Any] = {"folds": FOLDS, "rows_per_item": LENGTH, "seed": 3}
    assert sm.interval(X, Y, **options) == sm.interval(pair)
    assert sm.interval(X, Y, method="bootstrap", **options) == sm.interval(
        pair, method="bootstrap", seed=3
    )
    assert sm.interval(X, Y).folds == 16


def test_the_seed_decides_and_threads_do_not(restore_threads: None) -> None:
    pair = kept()
    found = []
    for threads, seed in ((1, 0), (3, 0), (1, 1)):
        sm.set_num_threads(threads)
        found.append(sm.interval(pair, method="bootstrap", seed=seed))
    assert found[0] == found[1] != found[2]
    assert sm.interval(pair, seed=1) == sm.interval(pair, seed=2)
    assert sm.interval(pair) != sm.interval(kept(seed=5))


@by_each_method
def test_intervals_come_back(method: Any, tmp_path: Path) -> None:
    x, y = dead(np.random.default_rng(0))
    found = sm.interval(x, y, method=method, eps=[0.2, 0.4], folds=4)
    found.save(tmp_path / "interval")
    for again in (
        pickle.loads(pickle.dumps(found)),
        sm.Interval.load(tmp_path / "interval"),
        sm.load(tmp_path / "interval"),
        sm.Interval(**json.loads(json.dumps(found.to_dict()))),
    ):
        assert type(again) is sm.Interval
        assert again == found
        assert not again.area.flags.writeable
    assert found != sm.interval(x, y, method=method, eps=[0.2, 0.4], folds=5)
    low, high = found.area
    assert repr(found) == (f"Interval(95% by {method} over 4 folds, area {low:.4f} to {high:.4f})")
    with pytest.raises(ValueError, match="a low and a high end"):
        sm.Interval(**(found.to_dict() | {"area": [0.1, 0.2, 0.3]}))


def test_errors_say_what_to_do() -> None:
    pair = kept()
    refused(lambda: sm.interval(sm.ActivationPair(folds=3)), "the pair is empty")
    plain = sm.ActivationPair(nulls=3)
    plain.update(X, Y)
    refused(lambda: sm.interval(plain), "keeps no folds", r"ActivationPair\(folds=16\)")
    refused(lambda: sm.interval(pair, folds=3), "has its folds from the start", "make it by")
    refused(lambda: sm.interval(pair, Y), "a pair holds both sides already")
    refused(lambda: sm.interval(X), "y is missing")
    for rows in (48, [400, 80]):
        refused(partial(sm.interval, X, Y, rows_per_item=rows), "16 folds", "need 16")
    refused(lambda: sm.interval(X, Y, rows_per_item=7), "rows_per_item is 7")
    wrong: Any
    for wrong in (0, 1, -1, 2.0, True):
        refused(partial(sm.interval, X, Y, folds=wrong), "`folds` must be")
    for wrong in (0, 1, 1.5, 95, -0.1, float("nan"), "0.9", None):
        refused(partial(sm.interval, pair, level=wrong), "level must be")
    for wrong in ("delta", None, 3, ["jackknife"]):
        refused(partial(sm.interval, pair, method=wrong), 'method is "jackknife" or')
    refused(lambda: sm.interval(pair, seed=-1), "`seed` must be from 0")
    refused(lambda: sm.interval(pair, center=cast("Any", 1)), "`center` must be True or False")
    for wrong in (1.0, [0.2, -0.1], "a"):
        refused(partial(sm.interval, pair, eps=wrong), "`eps` must be")


def test_too_few_samples_are_warned_of_once() -> None:
    with pytest.warns(sm.UndersampledWarning, match="40 samples for 10 neurons") as caught:
        sm.interval(np.random.default_rng(0).standard_normal((40, 10)), Y[:40], folds=4)
    assert len(caught) == 1
    assert caught[0].filename == __file__


# Neurons of three shared dimensions and noise: what endless data give follows from the covariance.
NEURONS, SAMPLES, DRAWS = 5, 480, 200
LEVELS = np.array([0.2, 0.35, 0.5, 0.65, 0.8, 0.9])


def population() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    loadings = rng.standard_normal((2 * NEURONS, 3))
    noise = np.tile(np.linspace(0.15, 1.2, NEURONS), 2) * np.exp(0.2 * rng.standard_normal(10))
    return loadings / np.linalg.norm(loadings, axis=1)[:, None], noise


@pytest.fixture(scope="module")
def held() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each method, in which draws the area, and each s(ε), was held."""
    loadings, noise = population()
    root = np.linalg.cholesky(loadings @ loadings.T + np.diag(noise**2)).T
    with pytest.warns(sm.UndersampledWarning):
        endless = sm.spectrum(root[:, :NEURONS], root[:, NEURONS:])
    assert 0.2 < endless.area < 0.8
    found: dict[str, list[tuple[bool, np.ndarray]]] = {method: [] for method in METHODS}
    for seed in range(DRAWS):
        rng = np.random.default_rng([seed, 12])
        z = rng.standard_normal((SAMPLES, 3)) @ loadings.T
        z += noise * rng.standard_normal(z.shape)
        pair = sm.ActivationPair(folds=16, seed=seed)
        pair.update(z[:, :NEURONS], z[:, NEURONS:])
        for method, so_far in found.items():
            bounds = sm.interval(pair, eps=LEVELS, method=method, seed=seed)  # type: ignore[arg-type]
            (low, high), s = bounds.similarity, endless.similarity(LEVELS)
            so_far.append(
                (
                    bounds.area[0] <= endless.area <= bounds.area[1],
                    (low <= s + 1e-9) & (s <= high + 1e-9),
                )
            )
    return {
        method: (np.array([area for area, _ in each]), np.array([s for _, s in each]))
        for method, each in found.items()
    }


@by_each_method
def test_intervals_hold_the_value_of_endless_data(
    held: dict[str, tuple[np.ndarray, np.ndarray]], method: str
) -> None:
    area, similarity = held[method]
    assert 0.90 <= area.mean() <= 0.98
    assert (similarity.mean(axis=0) >= 0.90).all()
