"""HSIC and CKA without bias, against the definition by samples × samples kernels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm
from norms_oracle import find_debiased_cka as of_kernels
from norms_oracle import find_hsic as hsic_of_kernels
from spanmatch.pair.pair import wrap_gram
from spanmatch.solve.debiased import Products, find_debiased_cka, find_hsic

if TYPE_CHECKING:
    from problems import Floats, Rng


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


def outlying(size: float, n_x: int, n: int = 60) -> tuple[Floats, Floats]:
    """Two related sides, one row of x so many times as large as the others."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((n, n_x))
    y = np.hstack([x[:, : n_x // 2], rng.standard_normal((n, 3))])
    x[n // 3] *= size
    return x, y


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
@pytest.mark.parametrize("n_x", [6, 200], ids=["by neurons", "by samples"])
def test_digits_that_are_lost_are_not_told(n_x: int) -> None:
    told = []
    for power in range(8):
        x, y = outlying(10.0**power, n_x)
        found = sm.measures(x, y)
        if found.debiased_cka_note:
            assert math.isnan(found.debiased_cka)
            assert "digits" in found.debiased_cka_note or "zero to" in found.debiased_cka_note
        else:
            assert found.debiased_cka == pytest.approx(of_kernels(x, y), abs=1e-9)
            told.append(power)
    # As long as they are there.
    assert {0, 1, 2} <= set(told) <= set(range(5))
    x, y = outlying(1e5 if n_x == 6 else 1e4, n_x)
    assert "the digits of debiased CKA are lost" in sm.measures(x, y).debiased_cka_note
    with pytest.warns(sm.UndefinedWarning, match="debiased CKA is nan: the digits"):
        assert math.isnan(sm.debiased_linear_cka(x, y))


def test_single_rows_that_repeat_drift_no_further_than_is_said() -> None:
    values = np.array([[0.1, 0.3], [0.4, -0.2], [-0.3, 0.1], [3e3, 3e3]])
    others = np.array([[0.3, -0.1], [0.2, 0.4], [-0.4, 0.1], [3e3, -3e3]])
    order = np.random.default_rng(0).integers(0, 3, 4000)
    order[1] = 3
    pair = sm.ActivationPair()
    for at in order:
        pair.update(values[at : at + 1], others[at : at + 1])
    found = sm.measures(pair)
    wanted = of_kernels(values[order], others[order])
    assert found.debiased_cka_note or found.debiased_cka == pytest.approx(wanted, abs=1e-9)


def test_folds_without_the_rows_that_gave_the_shift() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((2, 200, 4)) + 1.0
    for far in (10.0, 1e3, 1e6):
        pair = sm.ActivationPair(folds=4)
        pair.update(x[:1] + far, y[:1])
        pair.update(x[1:], y[1:])
        gram = pair._gram.to_host()
        fold = gram.plan(1, 1, 0, 0)[1][0]
        kept = gram.plan(199, 1, 1, 1)[1] != fold
        found = sm.measures(wrap_gram(gram.of_folds([int(at != fold) for at in range(4)], True)))
        wanted = of_kernels(x[1:][kept], y[1:][kept])
        told = found.debiased_cka == pytest.approx(wanted, abs=1e-9)
        assert told if far == 10.0 else told or math.isnan(found.debiased_cka)
    assert found.debiased_cka_note


def test_scales_beyond_float64_are_said() -> None:
    x, y = sides(np.random.default_rng(3), 50)
    for scale in (1e-90, 1e90):
        assert "leave the range of float64" in sm.measures(x * scale, y).debiased_cka_note
    assert sm.measures(x * 1e-60, y * 1e60).debiased_cka == pytest.approx(
        of_kernels(x, y), abs=1e-12
    )


@given(st.integers(4, 40), st.integers(0, 2**16))
def test_nothing_is_more_than_alike(n: int, seed: int) -> None:
    x, _ = sides(np.random.default_rng(seed), n)
    found = debiased(x, -3 * x)[0]
    assert found <= 1.0
    assert math.isnan(found) or found == pytest.approx(1.0, abs=1e-12)
