"""Canonical correlations with a ridge, against the generalised eigenvalue problem."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import eigh

import spanmatch as sm
from oracle import unit_columns
from problems import planted, problem, random
from spanmatch.solve.ridge_cca import ridge_cca

if TYPE_CHECKING:
    from problems import Floats

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

seeds = st.integers(0, 2**16)


def by_eigenvalues(x: Floats, y: Floats, ridge: float) -> float:
    """C_xy (C_yy + λ)⁻¹ C_yx w = ρ² (C_xx + λ) w."""
    x, y = (unit_columns(side - side.mean(axis=0))[0] for side in (x, y))
    n_x, n_y = x.shape[1], y.shape[1]
    inner = x.T @ y @ np.linalg.solve(y.T @ y + ridge * np.eye(n_y), y.T @ x)
    squares = eigh((inner + inner.T) / 2, x.T @ x + ridge * np.eye(n_x), eigvals_only=True)
    n = min(np.linalg.matrix_rank(side, tol=1e-6) for side in (x, y))
    return float(np.sqrt(squares.clip(0.0)[::-1][:n]).sum() / n)


@pytest.mark.parametrize("ridge", [0.01, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("name", ["planted", "relu", "duplicated", "dependent", "undersampled"])
def test_as_the_eigenvalue_problem_has_it(name: str, ridge: float) -> None:
    for x, y in (problem(name), problem(name)[::-1]):
        want = by_eigenvalues(x, y, ridge)
        assert ridge_cca(x, y, ridge=ridge) == pytest.approx(want, abs=1e-8)


@pytest.mark.parametrize("name", ["planted", "relu", "duplicated", "dead", "undersampled"])
def test_without_a_ridge_it_is_mean_cca(name: str) -> None:
    x, y = problem(name)
    assert ridge_cca(x, y, ridge=0) == pytest.approx(sm.measures(x, y).mean_cca, abs=1e-12)


@given(seeds, st.floats(0, 10), st.floats(0.01, 10))
def test_a_ridge_takes_away(seed: int, ridge: float, more: float) -> None:
    x, y = planted(np.random.default_rng(seed), 6, 9, 60)
    assert 0 <= ridge_cca(x, y, ridge=ridge + more) < ridge_cca(x, y, ridge=ridge) <= 1


@given(seeds, st.floats(0, 10))
def test_scales_of_neurons_permutations_and_sides(seed: int, ridge: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = planted(rng, 6, 9, 60)
    want = ridge_cca(x, y, ridge=ridge)
    same = ((x + 1.0) * 10.0 ** rng.uniform(-9, 9, 6))[:, rng.permutation(6)]
    assert ridge_cca(same, y, ridge=ridge) == pytest.approx(want, abs=1e-9)
    assert ridge_cca(y, same, ridge=ridge) == pytest.approx(want, abs=1e-9)
    if ridge > 0.01:
        turned = x @ np.linalg.qr(rng.standard_normal((6, 6)))[0]
        assert ridge_cca(turned, y, ridge=ridge) != pytest.approx(want, abs=1e-9)


def test_few_samples_no_longer_find_everything() -> None:
    x, y = random(np.random.default_rng(0), 40, 40, 41)
    assert ridge_cca(x, y, ridge=0) == pytest.approx(1, abs=1e-9)
    assert ridge_cca(x, y, ridge=3.0) < 0.3


@pytest.mark.parametrize("ridge", [-1.0, math.nan, math.inf])
def test_what_it_takes(ridge: float) -> None:
    x, y = problem("planted")
    with pytest.raises(ValueError, match="`ridge` must be finite and at least 0"):
        ridge_cca(x, y, ridge=ridge)
    with pytest.raises(TypeError, match="`ridge` must be a real number, got str"):
        ridge_cca(x, y, ridge="auto")  # type: ignore[arg-type]
