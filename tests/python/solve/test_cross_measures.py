"""Sides that are factored once, and read with one block of products after the other."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures_oracle import FIELDS, MeasuresOracle, assert_like
from oracle import centred
from problems import PROBLEMS, problem
from spanmatch.solve.cross_measures import measure_between
from spanmatch.solve.side_factors import Sides, factor_sides

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

DEGENERATE = {"all_dead", "empty_side"}
ALIVE = [name for name in PROBLEMS if name not in DEGENERATE]


@given(st.sampled_from(ALIVE), st.integers(0, 2**16))
def test_shifted_rows_are_measured_by_the_same_factors(name: str, seed: int) -> None:
    x, y = map(centred, problem(name, seed))
    z = np.hstack([x, y])
    sides = factor_sides(z.T @ z, x.shape[1])
    assert sides is not None
    for shift in (0, 1, len(x) // 2):
        shifted = np.roll(y, shift, axis=0)
        found = measure_between(sides, x.T @ shifted)
        assert tuple(found) == FIELDS
        oracle = MeasuresOracle(x, shifted)
        # Variates of like correlations turn, and a distance of 0 is found to 1e-7.
        without = [
            *(["pwcca"] if oracle.gap < 1e-6 else []),
            *(["procrustes_distance"] if found["procrustes_distance"] < 1e-3 else []),
            *([] if oracle.is_clear else ["mean_cca", "pwcca", "r2_x", "r2_y"]),
        ]
        atol = 1e-10 + 1e-15 * oracle.condition**2
        assert_like(SimpleNamespace(**found), oracle, atol=atol, without=tuple(without))


@pytest.mark.parametrize("name", sorted(DEGENERATE))
def test_a_side_without_variance_has_no_factors(name: str) -> None:
    x, y = map(centred, problem(name))
    for one, other in ((x, y), (y, x)):
        z = np.hstack([one, other])
        assert factor_sides(z.T @ z, one.shape[1]) is None


def test_a_factor_is_found_once() -> None:
    z = np.random.default_rng(0).standard_normal((50, 7))
    sides = factor_sides(z.T @ z, 3)
    assert isinstance(sides, Sides)
    for side in sides:
        assert side.principal is side.principal
        assert side.inverse_norms is side.inverse_norms
