"""Results of (x, y) with sides exchanged are those of (y, x)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import spanmatch as sm
from spanmatch.results.exchanged import exchange_sides

RNG = np.random.default_rng(0)
X = RNG.standard_normal((80, 4))
Y = np.column_stack([X[:, :2], RNG.standard_normal((80, 3)), np.zeros(80)])


def make_pair(a: Any, b: Any) -> sm.ActivationPair:
    pair = sm.ActivationPair(folds=4)
    pair.update(a, b)
    return pair


@pytest.mark.parametrize("how", [{}, {"center": True}, {"ridge": 0.2}], ids=str)
@pytest.mark.parametrize("solve", [sm.spectrum, sm.interval])
def test_the_other_order_is_what_it_is_solved_to(solve: Any, how: dict[str, Any]) -> None:
    found = exchange_sides(solve(make_pair(X, Y), **how))
    wanted = solve(make_pair(Y, X), **how)
    for name in ("x", "y"):
        assert np.allclose(getattr(found, name), getattr(wanted, name), atol=1e-9)
    if solve is sm.spectrum:
        for mine, theirs in zip(found.chance, wanted.chance, strict=True):
            assert np.allclose(mine, theirs, equal_nan=True)
    else:
        assert np.allclose(found.area, wanted.area, atol=1e-9)


def test_single_partners_and_pairs_change_sides() -> None:
    there = sm.one_to_one(X, Y)
    found, wanted = exchange_sides(there), sm.one_to_one(Y, X)
    for eps in (0.0, 0.3, 0.9):
        assert found.similarity(eps) == wanted.similarity(eps)
        assert found.near(eps) == wanted.near(eps)
        assert np.array_equal(found.pairs(eps)[:, ::-1], there.pairs(eps))
    for mine, theirs in ((found.nearest_x, wanted.nearest_x), (found.nearest_y, wanted.nearest_y)):
        assert np.array_equal(mine[0], theirs[0])
        assert np.allclose(mine[1], theirs[1], atol=1e-9)


def test_twice_exchanged_it_is_itself() -> None:
    pair = make_pair(X, Y)
    residuals = sm.held_out(pair, match=sm.maximum_match(pair, eps=0.5))
    for result in (sm.spectrum(pair), sm.interval(pair), sm.one_to_one(pair), residuals):
        assert exchange_sides(exchange_sides(result)) == result  # type: ignore[type-var]
        assert np.array_equal(exchange_sides(result).x, result.y)  # type: ignore[type-var]
    nulls = sm.null_spectra(X, Y, nulls=3)
    other = exchange_sides(nulls)
    assert np.array_equal(other.x, nulls.y)
    assert np.array_equal(other.y, nulls.x)
    assert other.p_value(exchange_sides(sm.spectrum(X, Y))) == nulls.p_value(sm.spectrum(X, Y))
