"""HSIC and CKA without bias, against the definition by samples × samples kernels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanmatch.solve.debiased import Products, find_debiased_cka, find_hsic

if TYPE_CHECKING:
    from problems import Floats, Rng


def hsic_of_kernels(k: Floats, m: Floats) -> float:
    """Equation 4 of Song et al. 2012."""
    n = len(k)
    k, m = (kernel - np.diag(np.diag(kernel)) for kernel in (k, m))
    total = np.trace(k @ m) + k.sum() * m.sum() / ((n - 1) * (n - 2))
    return float((total - 2 * (k.sum(axis=0) @ m.sum(axis=1)) / (n - 2)) / (n * (n - 3)))


def summed(x: Floats, y: Floats) -> tuple[float, float, float, float, int]:
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    a, b = (np.square(side).sum(axis=1) for side in (x, y))
    return float(np.square(x.T @ y).sum()), float(a @ b), float(a.sum()), float(b.sum()), len(x)


def debiased(x: Floats, y: Floats) -> tuple[float, str]:
    (xy, ab, a, b, n), xx, yy = (summed(*sides) for sides in ((x, y), (x, x), (y, y)))
    return find_debiased_cka(Products(xy, ab), Products(*xx[:2]), Products(*yy[:2]), (a, b), n)


def sides(rng: Rng, n: int) -> tuple[Floats, Floats]:
    x = rng.standard_normal((n, 7)) + 3.0
    return x, np.hstack([x[:, :3] @ rng.standard_normal((3, 3)), rng.standard_normal((n, 2)) ** 3])


@given(st.integers(4, 40), st.integers(0, 2**16))
def test_as_the_kernels_have_it(n: int, seed: int) -> None:
    x, y = sides(np.random.default_rng(seed), n)
    k, m = x @ x.T, y @ y.T
    scale = np.linalg.norm(k) * np.linalg.norm(m) / (n * (n - 3))
    assert find_hsic(*summed(x, y)) == pytest.approx(hsic_of_kernels(k, m), abs=1e-13 * scale)
    own = hsic_of_kernels(k, k) * hsic_of_kernels(m, m)
    if n > 10:
        value, reason = debiased(x, y)
        assert value == pytest.approx(hsic_of_kernels(k, m) / math.sqrt(own), abs=1e-10)
        assert reason == ""


def test_unrelated_sides_have_none_and_are_not_clipped() -> None:
    rng = np.random.default_rng(0)
    draws = [debiased(*rng.standard_normal((2, 32, 512)))[0] for _ in range(200)]
    assert abs(np.mean(draws)) < 0.02
    assert 60 < (np.array(draws) < 0).sum() < 140
    assert all(
        debiased(x, -3 * x)[0] == pytest.approx(1, abs=1e-12)
        for x in rng.standard_normal((5, 9, 4))
    )


@pytest.mark.parametrize("n", [1, 2, 3])
def test_fewer_than_four_rows_have_no_value(n: int) -> None:
    value, reason = debiased(*sides(np.random.default_rng(0), n))
    assert math.isnan(value)
    assert reason == f"debiased CKA needs at least 4 rows, and there are {n}"


@pytest.mark.parametrize("n", [4, 5, 30])
@pytest.mark.parametrize("seed", range(5))
def test_rows_that_are_alike_only_to_themselves_have_no_value(n: int, seed: int) -> None:
    # At right angles and of one length: all that two rows have in common is the mean.
    rng = np.random.default_rng([n, seed])
    x, y = 0.3 * np.linalg.qr(rng.standard_normal((n, n)))[0] + 0.7, rng.standard_normal((n, 3))
    for side, (value, reason) in (("x", debiased(x, y)), ("y", debiased(y, x))):
        assert math.isnan(value)
        assert reason.startswith(f"the unbiased HSIC of {side} with itself is zero to rounding")
