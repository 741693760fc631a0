"""A result with its sides exchanged is what solving the exchanged sides gives."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm
from spanmatch.results.exchanged import exchange_sides

SEEDS = st.integers(0, 2**20)


def sides(seed: int) -> tuple[Any, Any]:
    """Sides of other widths that share some dimensions, with a dead neuron and a duplicate."""
    rng = np.random.default_rng(seed)
    n_x, n_y = rng.integers(3, 8, 2)
    shared = rng.standard_normal((90, 2))
    x = np.hstack([shared, rng.standard_normal((90, n_x))])
    y = np.hstack([shared @ rng.standard_normal((2, 2)), rng.standard_normal((90, n_y))])
    y[:, -1] = 0.0
    x[:, -1] = 2 * x[:, 0]
    return x, y + 0.2 * rng.standard_normal(y.shape) * (y != 0)


def alike(mine: Any, other: Any) -> None:
    np.testing.assert_allclose(mine, other, rtol=1e-7, atol=1e-7)


@given(SEEDS, st.sampled_from([None, 0.2]))
def test_a_spectrum(seed: int, ridge: float | None) -> None:
    x, y = sides(seed)
    mine, solved = exchange_sides(sm.spectrum(x, y, ridge=ridge)), sm.spectrum(y, x, ridge=ridge)
    for name in ("x", "y", "n_samples", "resolution"):
        alike(getattr(mine, name), getattr(solved, name))
    for side in (0, 1):
        alike(mine.chance[side], solved.chance[side])
    assert (mine.ridge, mine.dead[0].tolist()) == (ridge, solved.dead[0].tolist())


@given(SEEDS)
def test_residuals(seed: int) -> None:
    x, y = sides(seed)
    mine, solved = exchange_sides(sm.residuals(x, y)), sm.residuals(y, x)
    alike(mine.x, solved.x)
    alike(mine.y, solved.y)


@given(SEEDS)
def test_pairs_one_by_one_but_for_the_choice_of_them(seed: int) -> None:
    x, y = sides(seed)
    mine, solved = exchange_sides(sm.one_to_one(x, y)), sm.one_to_one(y, x)
    levels = np.linspace(0.003, 0.97, 25)
    alike(mine.area, solved.area)
    alike(mine.similarity(levels), solved.similarity(levels))
    alike(mine.near(levels), solved.near(levels))
    for side in (0, 1):
        alike(mine.partner_residuals[side], solved.partner_residuals[side])
    before = sm.one_to_one(x, y)
    for eps in (0.1, 0.5, 0.9):
        pairs = before.pairs(eps)[:, ::-1]
        assert sorted(mine.pairs(eps).tolist()) == sorted(pairs.tolist())
        assert mine.match(eps).x.tolist() == before.match(eps).y.tolist()


@given(SEEDS)
def test_intervals(seed: int) -> None:
    x, y = sides(seed)
    found = []
    for a, b in ((x, y), (y, x)):
        pair = sm.ActivationPair(folds=4, seed=1)
        pair.update(a, b)
        found.append(sm.interval(pair))
    mine, solved = exchange_sides(found[0]), found[1]
    for name in ("eps", "area", "similarity", "x", "y"):
        alike(getattr(mine, name), getattr(solved, name))
    assert (mine.level, mine.method, mine.folds) == (solved.level, solved.method, solved.folds)


def rolled(x: Any, y: Any, shift: int) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    pair.update(x, np.roll(y, shift, axis=0))
    return pair


@given(SEEDS)
def test_nulls_are_those_of_the_opposite_shifts(seed: int) -> None:
    x, y = sides(seed)
    shifts = (1, 7, 30)
    nulls = sm.NullSpectra.of([sm.spectrum(rolled(x, y, each)) for each in shifts], shifts)
    mine = exchange_sides(nulls)
    # To shift y one way against x is to shift x the other way against y.
    for null, shift in zip(mine, shifts, strict=True):
        solved = sm.spectrum(rolled(y, x, -shift))
        alike(null.x, solved.x)
        alike(null.y, solved.y)
        alike(null.chance[0], solved.chance[0])
    assert mine.rolls.tolist() == nulls.rolls.tolist()
    alike(mine.area, nulls.area)
    assert mine.p_value(exchange_sides(sm.spectrum(x, y))) == nulls.p_value(sm.spectrum(x, y))


@pytest.mark.parametrize("solve", [sm.spectrum, sm.one_to_one, sm.residuals])
def test_exchanged_twice_is_the_same(solve: Any) -> None:
    result = solve(*sides(5))
    twice = exchange_sides(exchange_sides(result))
    assert twice == result
    assert exchange_sides(result) != result
    assert pickle.loads(pickle.dumps(exchange_sides(result))) == exchange_sides(result)
