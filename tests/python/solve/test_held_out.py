"""Residuals on folds left out, against least squares on the rows themselves."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from held_out_oracle import folds_of, held_out_by_rows
from problems import duplicated, planted, problem, random
from refusal import refused

if TYPE_CHECKING:
    from oracle import Floats

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

FOLDS = 5
each_ridge = pytest.mark.parametrize("ridge", [None, 1e-6, 1e-3, 0.3, 10.0])
both_centrings = pytest.mark.parametrize("center", [False, True], ids=["plain", "centred"])


def all_of(x: Floats, y: Floats) -> sm.Match:
    n_x, n_y = x.shape[1], y.shape[1]
    return sm.Match(0.5, np.arange(n_x), np.arange(n_y), n_x, n_y)


def check(
    x: Floats,
    y: Floats,
    match: sm.Match | None = None,
    *,
    within: float = 1e-8,
    rows_per_item: int = 1,
    **how: Any,
) -> sm.Residuals:
    match = match or all_of(x, y)
    found = sm.held_out(x, y, match=match, folds=FOLDS, rows_per_item=rows_per_item, **how)
    how = {"ridge": None, "center": False} | how
    fold = folds_of(len(x), FOLDS, rows_per_item=rows_per_item)
    wanted = held_out_by_rows(x, y, fold, match, **how)
    assert (found.x.shape, found.y.shape) == (match.x.shape, match.y.shape)
    # Squares: next to 0 a residual from sums has half of the digits.
    for got, want in zip((found.x, found.y), wanted, strict=True):
        np.testing.assert_allclose(got**2, want**2, rtol=within, atol=within * 1e-5)
    assert found.ridge == how["ridge"]
    return found


def chosen(x: Floats, y: Floats) -> sm.Match:
    some = [np.flatnonzero(side.any(axis=0))[1::2] for side in (x, y)]
    return sm.Match(0.5, some[0], some[1], x.shape[1], y.shape[1])


@both_centrings
@each_ridge
@pytest.mark.parametrize("name", ["random", "planted", "large_mean", "relu", "scaled"])
def test_errors_are_those_of_rows(name: str, ridge: float | None, center: bool) -> None:
    x, y = problem(name)
    live_x, live_y = (side[:, side.any(axis=0)] for side in (x, y))
    check(live_x, live_y, ridge=ridge, center=center)
    check(x, y, chosen(x, y), ridge=ridge, center=center)


@both_centrings
@each_ridge
def test_a_pair_of_neurons(ridge: float | None, center: bool) -> None:
    x, y = problem("planted")
    one = sm.Match(0.5, np.array([1]), np.array([2]), 24, 20)
    check(x, y, one, ridge=ridge, center=center)
    check(x[:, :1], y[:, :1], ridge=ridge, center=center)
    check(x, y[:, :1], ridge=ridge, center=center)


@both_centrings
@each_ridge
def test_copies(ridge: float | None, center: bool) -> None:
    x, y = duplicated(np.random.default_rng(2))
    check(x, y, ridge=ridge, center=center, within=1e-6)


@both_centrings
@pytest.mark.parametrize("ridge", [1e-6, 1e-3, 0.3])
def test_more_neurons_than_rows(ridge: float, center: bool) -> None:
    x, y = random(np.random.default_rng(3), 50, 40, 30)
    found = check(x, y, ridge=ridge, center=center)
    assert found.x.max() > 0.9


@both_centrings
def test_digits_are_kept_where_means_are_large(center: bool) -> None:
    x, y = planted(np.random.default_rng(4))
    x, y = x / x.std(axis=0) + 1e4, y / y.std(axis=0) + 1e4
    for ridge in (None, 0.3):
        check(x, y, ridge=ridge, center=center, within=1e-6)
    if center:
        moved = sm.held_out(x - 1e4, y - 1e4, match=all_of(x, y), center=True, folds=FOLDS)
        found = sm.held_out(x, y, match=all_of(x, y), center=True, folds=FOLDS)
        np.testing.assert_allclose(found.x, moved.x, rtol=1e-6)


@both_centrings
@each_ridge
@pytest.mark.parametrize("constant", [0.0, 0.1, -7.3, 1e4])
def test_a_neuron_that_lives_in_one_fold(
    constant: float, ridge: float | None, center: bool
) -> None:
    x, y = planted(np.random.default_rng(5), 8, 6, 120)
    for fold in range(FOLDS):
        sides = x.copy(), y.copy()
        rest = folds_of(120, FOLDS) != fold
        sides[0][rest, 0], sides[1][rest, 2] = constant, constant
        check(*sides, ridge=ridge, center=center, within=1e-6)


@both_centrings
def test_a_neuron_that_is_silent_elsewhere_is_predicted_as_silent(center: bool) -> None:
    x, y = planted(np.random.default_rng(6), 3, 3, 100)
    x[folds_of(100, FOLDS) != 2, 1] = 0.0
    # Alone on its side it predicts nothing, so that on its fold all of y is left.
    match = sm.Match(0.5, np.array([1]), np.array([0, 1]), 3, 3)
    found = check(x, y, match, center=center)
    assert found.x[0] >= 1.0
    if not center:
        x[folds_of(100, FOLDS) == 2, 1] = 0.0
        x[7, 1] = 1.0
        assert check(x, y, match).x[0] >= 1.0


def test_constant_columns_are_neurons_as_long_as_nothing_is_centred() -> None:
    x, y = planted(np.random.default_rng(7), 6, 5, 80)
    x[:, 2], y[:, 0] = 3.0, -0.1
    found = check(x, y)
    assert found.x[2] == pytest.approx(0.0, abs=1e-6)
    refused(lambda: sm.held_out(x, y, match=all_of(x, y), center=True), "neuron 2 of x", "dead")


@both_centrings
@pytest.mark.parametrize("ridge", [None, 0.3])
def test_what_is_silent_where_it_is_left_out(ridge: float | None, center: bool) -> None:
    x, y = planted(np.random.default_rng(8), 6, 5, 80)
    x[folds_of(80, FOLDS) == 1, 3] = 0.0
    check(x, y, ridge=ridge, center=center)


@both_centrings
@pytest.mark.parametrize("ridge", [None, 1e-3, 0.3])
def test_the_match_is_found_again_on_the_other_folds(ridge: float | None, center: bool) -> None:
    differ = 0
    for seed in range(4):
        x, y = planted(np.random.default_rng(seed), 14, 12, 60)
        x[:, 5] = 0.0
        how: dict[str, Any] = {"center": center, "ridge": ridge}
        spectrum = sm.spectrum(x, y, **how)
        for eps in np.quantile(np.append(spectrum.x, spectrum.y), (0.3, 0.6)):
            match = spectrum.match(eps + 1e-3)
            found = check(x, y, match, reselect=True, **how)
            fixed = sm.held_out(x, y, match=match, folds=FOLDS, **how)
            differ += not np.array_equal(found.x, fixed.x)
    assert differ > 2


def test_a_match_by_chance_does_not_carry_over() -> None:
    x, y = random(np.random.default_rng(9), 60, 60, 80)
    match = sm.spectrum(x, y).match(0.75)
    assert len(match) > 100
    assert sm.linear_map(x, y, match=match).x_residuals.max() < 0.75
    found = sm.held_out(x, y, match=match)
    assert found.x.min() > 1.0
    # Held back, it is predicted no worse than by nothing.
    assert sm.held_out(x, y, match=match, ridge=30.0).x.max() < 1.1
    # What is shared does.
    mixed = x @ np.random.default_rng(0).standard_normal((60, 20))
    again = sm.held_out(x, mixed, match=all_of(x, mixed), ridge=1e-6)
    assert again.y.max() < 0.05


def test_rows_of_an_item_are_left_out_together() -> None:
    x, y = planted(np.random.default_rng(10), 8, 7, 120)
    x, y = np.repeat(x, 3, axis=0), np.repeat(y, 3, axis=0)
    found = check(x, y, rows_per_item=6)
    alone = check(x, y)
    assert found.x.mean() > alone.x.mean()


def test_arrays_and_a_pair_give_the_same() -> None:
    x, y = planted(np.random.default_rng(11), 8, 7, 120)
    match = sm.maximum_match(x, y, eps=0.7, ridge=0.1)
    pair = sm.ActivationPair(folds=6, seed=3)
    pair.update(x, y, rows_per_item=4)
    options: dict[str, Any] = {"folds": 6, "seed": 3, "rows_per_item": 4}
    found = sm.held_out(pair, match=match)
    assert found == sm.held_out(x, y, match=match, **options)
    assert found.ridge == 0.1
    assert sm.held_out(pair, match=match, ridge=1e-3).ridge == 1e-3
    auto = sm.held_out(pair, match=match, ridge="auto")
    assert auto.ridge == sm.spectrum(pair, ridge="auto").ridge
    assert auto == sm.held_out(pair, match=match, ridge=auto.ridge)


def test_no_scale_counts() -> None:
    x, y = planted(np.random.default_rng(12), 8, 7, 120)
    wanted = sm.held_out(x, y, match=all_of(x, y))
    for scale in (1e-150, 1e150):
        found = sm.held_out(scale * x, y, match=all_of(x, y))
        np.testing.assert_allclose(found.x, wanted.x, rtol=1e-12)
        np.testing.assert_allclose(found.y, wanted.y, rtol=1e-12)


def test_errors_say_what_to_do() -> None:
    x, y = planted(np.random.default_rng(13), 7, 5, 60)
    whole = all_of(x, y)

    def ask(match: Any = whole, **how: Any) -> sm.Residuals:
        return sm.held_out(x, y, match=match, **how)

    plain = sm.ActivationPair()
    plain.update(x, y)
    refused(lambda: sm.held_out(plain, match=whole), "keeps no folds", "folds=16")
    kept = sm.ActivationPair(folds=4)
    kept.update(x, y)
    refused(lambda: sm.held_out(kept, match=whole, folds=4), "has its folds from the start")
    refused(lambda: sm.held_out(kept, match=whole, rows_per_item=2), "a pair knows its items")
    refused(lambda: ask([0]), "match must be a Match")
    refused(lambda: ask(sm.Match(0.5, whole.x, whole.y, 8, 5)), "sides of 8 and 5")
    refused(lambda: ask(sm.Match(0.5, whole.x[::-1], whole.y, 7, 5)), "rising order")
    # Columns that are not there are none of the other side's.
    refused(lambda: ask(sm.Match(0.5, np.array([7]), whole.y, 7, 5)), "7", "x")
    refused(lambda: ask(sm.Match(0.5, np.array([-1, 2]), whole.y, 7, 5)), "x")
    refused(lambda: ask(sm.Match(0.5, whole.x, np.array([5]), 7, 5)), "5", "y")
    for wrong in (1, "yes", None):
        refused(partial(ask, reselect=wrong), "`reselect` must be True or False")
    refused(lambda: ask(folds=1), "`folds` must be")
    refused(lambda: ask(folds=61), "60 items are too few for 61 folds", "fewer folds")
    refused(lambda: ask(rows_per_item=7), "rows_per_item is 7")
    refused(lambda: ask(ridge=0), "`ridge` must be")
    dead = x.copy()
    dead[:, 3] = 0.0
    refused(lambda: sm.held_out(dead, y, match=whole), "neuron 3 of x is dead")
    refused(lambda: sm.held_out(1e-170 * x, y, match=whole), "neuron 0 of x", "underflow")


def test_none_is_judged_of_an_empty_match() -> None:
    x, y = planted(np.random.default_rng(13), 7, 5, 60)
    none = np.array([], np.int64)
    found = sm.held_out(x, y, match=sm.Match(0.5, none, none, 7, 5))
    assert found.x.size == found.y.size == 0
    only = sm.held_out(x, y, match=sm.Match(0.5, np.arange(3), none, 7, 5))
    np.testing.assert_allclose(only.x, 1.0, rtol=1e-12)
