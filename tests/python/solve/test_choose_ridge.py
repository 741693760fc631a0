"""The ridge of least held-out error, against least squares on the rows that are not left out."""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

import spanmatch as sm
from held_out_oracle import error_of_ridge, folds_of
from problems import duplicated, planted, problem, random, undersampled
from refusal import refused
from spanmatch.solve import choose_ridge
from spanmatch.solve.choose_ridge import RIDGES, sum_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle import Floats
    from problems import Sides

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

GROUPS = 4
both_centrings = pytest.mark.parametrize("center", [False, True], ids=["plain", "centred"])


def groups_of(rows: int, rows_per_item: int = 1, folds: int = 16, seed: int = 0) -> Floats:
    """The part of the data that a row is left out with, of arrays where nothing else is said."""
    fold = folds_of(rows, folds, rows_per_item=rows_per_item, seed=seed)
    return np.asarray(fold % GROUPS)


def errors_by_rows(x: Floats, y: Floats, group: Floats, center: bool) -> Floats:
    return np.array([error_of_ridge(x, y, group, ridge, center=center) for ridge in RIDGES])


def silent_in_parts() -> Sides:
    """Neurons that live on one group, on all but one, and on none; and one constant elsewhere."""
    x, y = planted(np.random.default_rng(1), 10, 8, 120)
    group = groups_of(120)
    x[group != 1, 0], x[group == 2, 1], y[:, 3], y[group != 0, 4] = 0.0, 0.0, 0.0, 5.0
    return x, y


KINDS: dict[str, Callable[[], Sides]] = {
    "planted": partial(problem, "planted"),
    "large_mean": partial(problem, "large_mean"),
    "scaled": partial(problem, "scaled"),
    "undersampled": lambda: undersampled(np.random.default_rng(0)),
    "few": lambda: planted(np.random.default_rng(0), 40, 30, 50),
    "copies": lambda: duplicated(np.random.default_rng(0)),
    "silent": silent_in_parts,
    "one neuron": lambda: planted(np.random.default_rng(3), 1, 1, 60),
}


@both_centrings
@pytest.mark.parametrize("kind", KINDS)
def test_the_error_is_that_of_rows(kind: str, center: bool) -> None:
    x, y = KINDS[kind]()
    wanted = errors_by_rows(x, y, groups_of(len(x)), center)
    pair = sm.ActivationPair(folds=16)
    pair.update(x, y)
    # Of squares that are all but explained, few digits are left at λ = 1e-6.
    np.testing.assert_allclose(sum_errors(pair._gram.to_host(), center), wanted, rtol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.RidgeWarning)
        chosen = sm.spectrum(x, y, center=center, ridge="auto").ridge
        assert chosen == sm.spectrum(pair, center=center, ridge="auto").ridge
    assert chosen == RIDGES[wanted.argmin()]
    assert isinstance(chosen, float)


def test_the_grid_is_as_documented() -> None:
    np.testing.assert_allclose(RIDGES[[0, 1, 2, -1]], [1e-6, 10**-5.5, 1e-5, 100.0], rtol=1e-12)
    assert RIDGES.size == 17


@both_centrings
def test_rows_of_an_item_are_left_out_together(center: bool) -> None:
    x, y = random(np.random.default_rng(2), 30, 25, 40)
    y[:, :5] += 2 * x[:, :5]
    x, y = np.repeat(x, 4, axis=0), np.repeat(y, 4, axis=0)
    x += 1e-3 * np.random.default_rng(0).standard_normal(x.shape)
    how: dict[str, Any] = {"center": center, "ridge": "auto"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.RidgeWarning)
        by_row = sm.spectrum(x, y, **how).ridge
        by_item = sm.spectrum(x, y, rows_per_item=4, **how).ridge
        same = sm.spectrum(x, y, rows_per_item=[4] * 40, **how).ridge
    assert by_item == RIDGES[errors_by_rows(x, y, groups_of(160, 4), center).argmin()]
    assert same == by_item
    # What was seen of the same item is no test.
    assert by_row is not None
    assert by_item is not None
    assert by_row < 0.01 * by_item


@pytest.mark.parametrize(("folds", "seed"), [(2, 0), (3, 1), (6, 5), (16, 2)])
def test_folds_of_a_pair_are_pooled_to_four(folds: int, seed: int) -> None:
    x, y = planted(np.random.default_rng(3), 20, 18, 60)
    pair = sm.ActivationPair(folds=folds, seed=seed)
    pair.update(x, y, rows_per_item=2)
    group = groups_of(60, 2, folds, seed)
    wanted = errors_by_rows(x, y, group, center=False)
    np.testing.assert_allclose(sum_errors(pair._gram.to_host(), False), wanted, rtol=1e-5)


CALLS: dict[str, Callable[..., Any]] = {
    "spectrum": sm.spectrum,
    "one_to_one": sm.one_to_one,
    "residuals": sm.residuals,
    "maximum_match": partial(sm.maximum_match, eps=0.6),
    "is_match": partial(sm.is_match, eps=0.6, x_index=[0, 1], y_index=[0, 1]),
    "minimum_match": partial(sm.minimum_match, eps=0.8, neuron=("x", 0)),
    "simple_matches": partial(sm.simple_matches, eps=0.6),
    "is_simple": partial(sm.is_simple, eps=0.6, x_index=[0], y_index=[0]),
    "minimum_for": partial(sm.minimum_for, eps=0.99, x_index=[0, 1], y_index=[0, 1]),
    "support": partial(sm.support, eps=0.6),
    "interval": sm.interval,
}


@both_centrings
@pytest.mark.parametrize("name", CALLS)
def test_every_function_chooses_alike(name: str, center: bool) -> None:
    x, y = planted(np.random.default_rng(4), 12, 10, 60)
    call = partial(CALLS[name], center=center)
    ridge = sm.spectrum(x, y, center=center, ridge="auto").ridge
    assert ridge is not None
    assert 1e-6 < ridge < 100
    pair = sm.ActivationPair(folds=16)
    pair.update(x, y)
    found = call(x, y, ridge="auto")
    assert found == call(x, y, ridge=ridge) == call(pair, ridge="auto")
    if hasattr(found, "ridge"):
        assert found.ridge == ridge
    # It is no small matter.
    if name not in {"is_match", "is_simple", "minimum_for", "minimum_match", "simple_matches"}:
        assert sm.spectrum(x, y, center=center) != sm.spectrum(x, y, center=center, ridge=ridge)


@pytest.mark.parametrize("name", CALLS)
def test_a_pair_without_folds_cannot_choose(name: str) -> None:
    x, y = planted(np.random.default_rng(4), 12, 10, 60)
    pair = sm.ActivationPair(nulls=2)
    pair.update(x, y)
    refused(
        partial(CALLS[name], pair, ridge="auto"), "keeps no folds", r"ActivationPair\(folds=16\)"
    )


def test_a_linear_map_chooses_anew() -> None:
    x, y = planted(np.random.default_rng(4), 12, 10, 60)
    match = sm.maximum_match(x, y, eps=0.7)
    found = sm.linear_map(x, y, match=match, ridge="auto")
    assert found == sm.linear_map(x, y, match=match, ridge=found.ridge)
    assert found.ridge == sm.spectrum(x, y, ridge="auto").ridge


def test_a_choice_at_the_edge_of_the_grid_is_told_where_it_was_asked_for() -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((2000, 4))
    related, unrelated = x @ rng.standard_normal((4, 4)), rng.standard_normal((2000, 4))
    calls: list[Callable[..., object]] = [
        *(sm.spectrum, sm.one_to_one, sm.residuals, sm.interval),
        partial(sm.maximum_match, eps=0.5),
        partial(sm.is_match, eps=0.5, x_index=[0], y_index=[0]),
        partial(sm.p_value, nulls=1),
        partial(sm.held_out, match=sm.maximum_match(x, related, eps=0.1)),
    ]
    for call in calls:
        with pytest.warns(sm.RidgeWarning, match="1e-06, the smallest λ that it tries") as caught:
            call(x, related, ridge="auto")
        assert [warning.filename for warning in caught] == [__file__]
    with pytest.warns(sm.RidgeWarning, match="chose 100, the largest") as caught:
        sm.spectrum(x[:40], unrelated[:40], ridge="auto")
    assert [warning.filename for warning in caught] == [__file__]


def test_few_items_are_enough_to_choose_by() -> None:
    x, y = planted(np.random.default_rng(6), 6, 5, 40)
    for rows in range(2, 20):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sm.RidgeWarning)
            assert sm.spectrum(x[:rows], y[:rows], ridge="auto").ridge in RIDGES
    refused(lambda: sm.spectrum(x[:1], y[:1], ridge="auto"), "needs two items at least")
    refused(lambda: sm.spectrum(x, y, ridge="auto", rows_per_item=40), "needs two items at least")


@pytest.mark.parametrize("columns", [0, 3])
def test_of_a_side_that_is_dead_nothing_is_chosen(columns: int) -> None:
    x = np.random.default_rng(7).standard_normal((60, 4))
    for sides in ((x, np.zeros((60, columns))), (np.zeros((60, columns)), x)):
        refused(partial(sm.spectrum, *sides, ridge="auto"), "no ridge can be chosen", "number")


def test_each_null_of_arrays_has_a_ridge_of_its_own() -> None:
    x, y = planted(np.random.default_rng(8), 8, 7, 60)
    how: dict[str, Any] = {"rows_per_item": 3, "ridge": "auto", "center": True}
    found = sm.null_spectra(x, y, nulls=19, seed=4, **how)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.RidgeWarning)
        wanted = [sm.spectrum(x, np.roll(y, -by, axis=0), **how) for by in range(3, 60, 3)]
    assert found.ridges is not None
    assert np.unique(found.ridges).size > 1
    # Twenty items have nineteen rolls: each is met once.
    rows = [each.x.tolist() for each in wanted]
    places = [rows.index(each.x.tolist()) for each in found]
    assert sorted(places) == list(range(19))
    assert [wanted[place].ridge for place in places] == found.ridges.tolist()
    numbers = sm.null_spectra(x, y, nulls=19, seed=4, rows_per_item=3, ridge=1.0, center=True)
    np.testing.assert_array_equal(found.rolls, numbers.rolls)
    observed = sm.spectrum(x, y, **how)
    assert found.ridge == observed.ridge
    one = sm.null_spectra(x, y, nulls=1, rows_per_item=3, ridge=1.0, center=True)
    other = sm.spectrum(x, y, center=True, ridge=20.0)
    for nulls in (found, numbers, one):
        refused(partial(nulls.p_value, other), "the ridge 20.0", f"with {nulls.ridge}")
    p = sm.p_value(x, y, nulls=19, seed=4, **how)
    assert p == found.p_value(observed) == (1 + (found.area >= observed.area).sum()) / 20
    of_eps = sm.p_value(x, y, [0.5, 0.8], nulls=19, seed=4, **how)
    np.testing.assert_array_equal(of_eps, found.p_value(observed, [0.5, 0.8]))


def test_any_array_is_rolled() -> None:
    x, y = (torch.from_numpy(z).bfloat16() for z in planted(np.random.default_rng(8), 8, 7, 60))
    how: dict[str, Any] = {"nulls": 5, "ridge": "auto"}
    wanted = sm.null_spectra(x.double(), y.double(), **how)
    assert sm.null_spectra(x, y, **how) == wanted
    assert sm.null_spectra(x.float().requires_grad_(), y.float().requires_grad_(), **how) == wanted
    strided = np.repeat(y.float().numpy(), 2, axis=0)[::2]
    assert sm.null_spectra(np.asfortranarray(x.float().numpy()), strided, **how) == wanted
    assert sm.p_value(x, y, **how) == wanted.p_value(sm.spectrum(x, y, ridge="auto"))


def test_too_few_samples_of_nulls_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = (side[:40] for side in planted(np.random.default_rng(1), 12, 10, 300))
    monkeypatch.setattr(choose_ridge, "RIDGES", np.array([1e-6, 1e-4, 1e-2]))
    for function in (sm.null_spectra, sm.p_value):
        with pytest.warns((sm.UndersampledWarning, sm.RidgeWarning)) as caught:
            function(x, y, nulls=1, ridge="auto")
        told = [each for each in caught if each.category is sm.UndersampledWarning]
        assert "40 samples for 12 neurons" in str(told[0].message)
        assert [each.filename for each in told] == [__file__]


@pytest.mark.parametrize("function", [sm.null_spectra, sm.p_value])
def test_the_nulls_of_a_pair_have_no_folds(function: Callable[..., object]) -> None:
    x, y = planted(np.random.default_rng(4), 12, 10, 60)
    pair = sm.ActivationPair(nulls=2, folds=8)
    pair.update(x, y)
    words = ("the nulls of a pair have no folds", "give a number", "arrays")
    refused(partial(function, pair, ridge="auto"), *words)
    function(pair, ridge=sm.spectrum(pair, ridge="auto").ridge)
    refused(partial(function, x, y, nulls=2, ridge="auto", rows_per_item=7), "rows_per_item is 7")
