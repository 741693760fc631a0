"""GULP against the predictions themselves: the hat matrices of ridge regression."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures_oracle import MeasuresOracle
from oracle import centred
from problems import conditioned, planted, problem
from spanmatch.solve.gulp_distance import gulp_distance

if TYPE_CHECKING:
    from problems import Floats, Rng

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

seeds = st.integers(0, 2**16)
ridges = st.sampled_from((0.0, 1e-6, 1e-3, 0.1, 10.0))


def hat(side: Floats, ridge: float) -> Floats:
    """What turns any target, of as many values as there are samples, into its prediction."""
    side = centred(side)
    side = side / np.linalg.norm(side)
    found: Floats = side @ np.linalg.solve(side.T @ side + ridge * np.eye(side.shape[1]), side.T)
    return found


@pytest.mark.parametrize("ridge", [1e-4, 1e-2, 1.0])
@pytest.mark.parametrize(
    "name", ["planted", "relu", "dead", "duplicated", "dependent", "undersampled", "large_mean"]
)
def test_as_the_predictions_have_it(name: str, ridge: float) -> None:
    x, y = problem(name)
    apart = hat(x, ridge) - hat(y, ridge)
    assert gulp_distance(x, y, ridge=ridge) == pytest.approx(np.linalg.norm(apart), abs=1e-7)
    # No target of length 1 is predicted further apart.
    assert np.linalg.norm(apart, 2) <= gulp_distance(x, y, ridge=ridge)


@pytest.mark.parametrize("name", ["planted", "relu", "duplicated", "undersampled"])
def test_without_a_ridge_it_is_of_the_canonical_correlations(name: str) -> None:
    x, y = problem(name)
    oracle = MeasuresOracle(x, y)
    ranks = sum(basis.shape[1] for basis in oracle.bases)
    want = ranks - 2 * np.square(oracle.correlations).sum()
    assert gulp_distance(x, y, ridge=0) ** 2 == pytest.approx(want, abs=1e-8)


def orthogonal(rng: Rng, n: int) -> Floats:
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


@given(seeds, ridges, st.floats(-30, 30))
def test_rotations_scales_permutations_and_sides(seed: int, ridge: float, exponent: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = planted(rng, 6, 9, 60)
    want = gulp_distance(x, y, ridge=ridge)
    same = 10**exponent * x @ orthogonal(rng, 6)[:, rng.permutation(6)]
    assert gulp_distance(same, y, ridge=ridge) == pytest.approx(want, rel=1e-9)
    assert gulp_distance(y, same, ridge=ridge) == pytest.approx(want, rel=1e-9)
    assert gulp_distance(x, same, ridge=ridge) == pytest.approx(0, abs=1e-6)
    mixed = x @ conditioned(rng, 6, 9.0)
    unchanged = gulp_distance(mixed, y, ridge=ridge) == pytest.approx(want, rel=1e-7)
    assert unchanged or ridge > 0
    if ridge in {1e-3, 0.1}:
        assert not unchanged


@given(seeds, ridges, st.floats(0, 1))
def test_it_is_a_metric(seed: int, ridge: float, part: float) -> None:
    x, z = planted(np.random.default_rng(seed), 6, 6, 60)
    y = (1 - part) * x + part * z
    xy, yz, xz = (gulp_distance(*pair, ridge=ridge) for pair in ((x, y), (y, z), (x, z)))
    assert xz <= xy + yz + 1e-6
    assert abs(xy - yz) <= xz + 1e-6


@pytest.mark.parametrize("exponents", [(150, -150), (-150, -150), (150, 150)])
def test_scales_at_the_ends_of_float64(exponents: tuple[int, int]) -> None:
    x, y = problem("planted")
    one, other = (10.0**exponent for exponent in exponents)
    assert gulp_distance(one * x, other * y) == pytest.approx(gulp_distance(x, y), rel=1e-9)


@pytest.mark.parametrize("ridge", [-1.0, math.nan, math.inf])
def test_what_it_takes(ridge: float) -> None:
    x, y = problem("planted")
    with pytest.raises(ValueError, match="`ridge` must be finite and at least 0"):
        gulp_distance(x, y, ridge=ridge)
