"""What every public function checks: sides, center, ridge, items, ε, neurons, seeds, indices."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from refusal import N_X, N_Y, X, Y, filled, refused

if TYPE_CHECKING:
    from collections.abc import Callable

NONE = np.array([], np.int64)
CALLS: dict[str, Callable[..., object]] = {
    "spectrum": sm.spectrum,
    "one_to_one": sm.one_to_one,
    "residuals": sm.residuals,
    "maximum_match": partial(sm.maximum_match, eps=0.5),
    "is_match": partial(sm.is_match, eps=0.5, x_index=[0], y_index=[0]),
    "minimum_match": partial(sm.minimum_match, eps=0.5, neuron=("x", 0)),
    "simple_matches": partial(sm.simple_matches, eps=0.5),
    "is_simple": partial(sm.is_simple, eps=0.5, x_index=[0], y_index=[0]),
    "minimum_for": partial(sm.minimum_for, eps=0.5, x_index=[], y_index=[]),
    "support": partial(sm.support, eps=0.5),
    "linear_map": partial(sm.linear_map, match=sm.Match(0.5, NONE, NONE, n_x=N_X, n_y=N_Y)),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_every_function_checks_the_sides_and_center(name: str) -> None:
    call = CALLS[name]
    for center in (1, 0.0, "yes", None, [True]):
        refused(partial(call, X, Y, center=center), "center", "True or False")
    refused(partial(call, X), "y")
    refused(partial(call, filled(), Y), "pair")
    refused(partial(call, sm.ActivationPair()), "empty")
    refused(partial(call, X.astype(int), Y), "x", "int64")
    assert call(X, Y, center=np.True_) == call(filled(), center=True)


# These take as many, and have no answer of their own to compare.
RESAMPLED: dict[str, Callable[..., object]] = {
    "interval": partial(sm.interval, folds=4),
    "null_spectra": partial(sm.null_spectra, nulls=1),
    "p_value": partial(sm.p_value, nulls=1),
    "held_out": partial(sm.held_out, match=CALLS["linear_map"].keywords["match"]),  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("name", CALLS | RESAMPLED)
@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_every_function_checks_the_ridge(name: str) -> None:
    call = (CALLS | RESAMPLED)[name]
    numbers: tuple[Any, ...] = (0, -1, 1e-13, np.nan, np.inf, -np.inf, np.float32(0), 10**400)
    for ridge in (*numbers, "no", "Auto", ""):
        with pytest.raises(ValueError, match=r'`ridge` must be None, "auto", or a finite number'):
            call(X, Y, ridge=ridge)
    others: tuple[Any, ...] = (True, np.True_, [1], np.array([0.3]), b"auto", 1j, Decimal("0.3"))
    for wrong in others:
        with pytest.raises(TypeError, match="`ridge` must be a real number, got"):
            call(X, Y, ridge=wrong)
    # Of what is wrong with the ridge, before a look at the samples.
    refused(partial(call, None, None, ridge="no"), "`ridge` must be")
    for ridge in (np.float32(0.5), Fraction(1, 2), np.float64(0.5)):
        assert call(X, Y, ridge=ridge) == call(X, Y, ridge=0.5)
    assert call(X, Y, ridge=np.int64(1)) == call(X, Y, ridge=1.0)
    assert call(X, Y, ridge=None) == call(X, Y)
    call(X, Y, ridge=1e-12)


@pytest.mark.parametrize("name", CALLS | RESAMPLED)
@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_the_least_ridge_of_many_neurons_is_their_own_resolution(name: str) -> None:
    call = (CALLS | RESAMPLED)[name]
    x, y = np.random.default_rng(0).standard_normal((2, 17, 1200))
    match = sm.Match(0.5, NONE, NONE, n_x=1200, n_y=1200)
    how: dict[str, Any] = {"match": match} if name in {"linear_map", "held_out"} else {}
    how |= {"folds": 2} if name in {"interval", "held_out"} else {}
    least = 4 * 2400 * 2.0**-53
    for ridge in (1e-12, 0.99 * least):
        refused(partial(call, x, y, ridge=ridge, **how), "ridge", r"δ² = 1\.06581\d*e-12")


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_every_function_checks_where_items_begin(name: str) -> None:
    call = CALLS[name]
    for how in ({}, {"ridge": "auto"}):
        refused(partial(call, X, Y, rows_per_item=7, **how), "rows_per_item is 7")
        refused(partial(call, X, Y, rows_per_item=[50, 11], **how), "adds up to 61")
        for wrong in ("2", 2.0, True, None):
            refused(partial(call, X, Y, rows_per_item=wrong, **how), "`rows_per_item` must be")
        refused(partial(call, folded(), rows_per_item=2, **how), "a pair knows its items")
    assert call(X, Y, rows_per_item=5) == call(X, Y)


def folded() -> sm.ActivationPair:
    pair = sm.ActivationPair(folds=4)
    pair.update(X, Y)
    return pair


@pytest.mark.parametrize("eps", [-0.1, 1.0, np.nan, "0.3", None])
def test_every_function_checks_eps(eps: Any) -> None:
    for call in CALLS.values():
        if isinstance(call, partial) and "eps" in call.keywords:
            refused(partial(call, X, Y, eps=eps), "eps")


@pytest.mark.parametrize(
    ("neuron", "error", "words"),
    [
        (("z", 0), ValueError, "side of a neuron .* 'z'"),
        (("x", N_X), ValueError, "no neuron 7 of x"),
        (("y", N_Y), ValueError, "no neuron 5 of y"),
        (("x", -1), ValueError, "no neuron -1 of x"),
        (("x", 2**70), ValueError, "no neuron 1180591620717411303424 of x"),
        (("x", 1.0), TypeError, "must be an integer, got float"),
        (("x", True), TypeError, "must be an integer, got bool"),
        (("x", "1"), TypeError, "must be an integer, got str"),
        ((0, 1), TypeError, "side of a neuron .* int"),
        (("x",), TypeError, "a side and a number"),
        ("x7", TypeError, "a side and a number"),
        (7, TypeError, "a side and a number"),
        (None, TypeError, "a side and a number"),
    ],
)
@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_a_bad_neuron(neuron: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        sm.minimum_match(X, Y, eps=0.5, neuron=neuron)
    with pytest.raises(error, match=words):
        sm.support(X, Y, eps=0.5).core(neuron)


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_seeds_and_methods() -> None:
    seeds: tuple[Any, ...] = (-1, 2**64, 0.5, "1", None, True)
    for seed in seeds:
        refused(partial(sm.minimum_match, X, Y, eps=0.5, neuron=("x", 0), seed=seed), "seed")
        refused(partial(sm.simple_matches, X, Y, eps=0.5, seed=seed), "seed")
    numbers: dict[str, Any] = {"seed": np.uint64(2**64 - 1), "neuron": ("x", np.uint8(0))}
    plain: dict[str, Any] = {"seed": 2**64 - 1, "neuron": ("x", 0)}
    assert sm.minimum_match(X, Y, eps=0.5, **numbers) == sm.minimum_match(X, Y, eps=0.5, **plain)
    methods: tuple[Any, ...] = ("all", "Cover", None, 3, ["each"])
    for method in methods:
        refused(partial(sm.simple_matches, X, Y, eps=0.5, method=method), "cover", "each")


def test_indices_that_int64_does_not_hold_are_not_wrapped() -> None:
    wrapped = np.array([2**64 - 1, 2**63], np.uint64)
    for name in ("is_match", "is_simple", "minimum_for"):
        with pytest.raises(ValueError, match=r"x_index .* 18446744073709551615"):
            CALLS[name](X, Y, x_index=wrapped)
    with pytest.raises(ValueError, match=r"y_index .* 18446744073709551615"):
        sm.residuals(X, Y, y_index=wrapped)


def test_a_set_that_is_no_match_has_no_minimum() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 100, 3))
    with pytest.raises(ValueError, match=r"no match at eps = 0\.1"):
        sm.minimum_for(x, y, eps=0.1, x_index=[0], y_index=[1])
    assert not sm.is_simple(x, y, eps=0.1, x_index=[0], y_index=[1])
    assert not sm.is_simple(x, y, eps=0.1, x_index=[], y_index=[])
    assert sm.minimum_for(x, y, eps=0.1, x_index=[], y_index=[]) == []


def test_few_samples_and_large_eps_warn_at_the_caller() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 30, 8))
    solve: list[Callable[..., object]] = [sm.support, sm.simple_matches]
    solve.append(partial(sm.minimum_match, neuron=("x", 0)))
    for call in solve:
        with pytest.warns(sm.UndersampledWarning, match="30 samples .* eps = 0.99 is at") as caught:
            call(x, y, eps=0.99)
        assert {warning.filename for warning in caught} == {__file__}
