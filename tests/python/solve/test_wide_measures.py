"""Measures by the products of samples, against those by the products of neurons, and the oracle."""

from __future__ import annotations

import math
import tracemalloc
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm
from measures_oracle import FIELDS, RANKS, MeasuresOracle
from oracle import centred
from spanmatch.solve.measures import linear_cka, measures
from spanmatch.solve.wide_measures import measure_wide_debiased_cka, read_wide_sides
from spanmatch.solve.wide_sides import find_wide

if TYPE_CHECKING:
    from collections.abc import Callable

    from problems import Floats, Rng, Sides

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

WITHOUT_INVERSE = ("linear_cka", "procrustes_similarity")


def related(rng: Rng, n: int, n_x: int, n_y: int) -> Sides:
    x, y = rng.standard_normal((n, n_x)), rng.standard_normal((n, n_y))
    k = min(n_x, n_y) // 2
    y[:, :k] += 2.0 * x[:, :k]
    return x, y


def of_low_rank(rng: Rng, n: int, n_x: int, n_y: int) -> Sides:
    x, y = related(rng, n, max(2, n // 3), max(2, n // 2))
    return tuple(
        side @ rng.standard_normal((side.shape[1], width)) for side, width in ((x, n_x), (y, n_y))
    )  # type: ignore[return-value]


def with_falling_variances(rng: Rng, n: int, n_x: int, n_y: int) -> Sides:
    # Nine decades: roots of eigenvalues of products end at the eighth.
    made = []
    for side in related(rng, n, n_x, n_y):
        u, s, v = np.linalg.svd(side, full_matrices=False)
        made.append((u * np.geomspace(1.0, 1e-9, s.size)) @ v)
    return made[0], made[1]


def with_samples_that_repeat(rng: Rng, n: int, n_x: int, n_y: int) -> Sides:
    rows = rng.integers(0, max(2, n // 2), n)
    x, y = related(rng, n, n_x, n_y)
    return x[rows], y[rows]


def with_dead_and_repeated_neurons(rng: Rng, n: int, n_x: int, n_y: int) -> Sides:
    x, y = related(rng, n, n_x, n_y)
    x[:, ::5], y[:, 1::7] = rng.random(x[:, ::5].shape[1]), -3.0
    y[:, ::3] = y[:, :1]
    return x, y


def with_large_means(rng: Rng, n: int, n_x: int, n_y: int) -> Sides:
    x, y = related(rng, n, n_x, n_y)
    x, y = x + 1e4, y - 1e4
    x[0] = y[0] = 0.0  # the first row is not like the others
    return x, y


def with_neurons_of_all_scales(rng: Rng, n: int, n_x: int, n_y: int) -> Sides:
    x, y = related(rng, n, n_x, n_y)
    return x * 10.0 ** rng.uniform(-100, 100, n_x), y * 10.0 ** rng.uniform(-3, 3, n_y)


KINDS = (
    related,
    of_low_rank,
    with_falling_variances,
    with_samples_that_repeat,
    with_dead_and_repeated_neurons,
    with_large_means,
    with_neurons_of_all_scales,
)
sizes = st.tuples(st.integers(2, 20), st.integers(0, 60), st.integers(1, 60), st.booleans())


def wide(kind: Callable[..., Sides], size: tuple[int, int, int, bool], seed: int) -> Sides:
    n, more, other, swap = size
    x, y = kind(np.random.default_rng(seed), n, 2 * n + more, other)
    return (y, x) if swap else (x, y)


def numbers(result: sm.Measures) -> dict[str, float]:
    return {name: getattr(result, name) for name in (*FIELDS, *RANKS)}


def by_neurons(x: Floats, y: Floats) -> dict[str, float]:
    pair = sm.ActivationPair()
    pair.update(x, y)
    return numbers(measures(pair))


@given(st.sampled_from(KINDS), sizes, st.integers(0, 2**16))
def test_as_by_the_products_of_neurons(
    kind: Callable[..., Sides], size: tuple[int, int, int, bool], seed: int
) -> None:
    x, y = wide(kind, size, seed)
    assert find_wide(x, y) is not None
    got, wanted = numbers(measures(x, y)), by_neurons(x, y)
    assert np.array_equal(got["linear_cka"], linear_cka(x, y), equal_nan=True)
    if any(not centred(side).any() for side in (x, y)):
        assert all(math.isnan(got[name]) and math.isnan(wanted[name]) for name in FIELDS)
        return
    oracle = MeasuresOracle(x, y)
    for name in RANKS:
        assert got[name] == pytest.approx(wanted[name], rel=1e-10), name
    for name in WITHOUT_INVERSE:
        assert got[name] == pytest.approx(wanted[name], rel=0, abs=1e-10), name
        assert got[name] == pytest.approx(getattr(oracle, name), rel=0, abs=1e-10), name
    assert got["svcca"] == pytest.approx(wanted["svcca"], rel=0, abs=1e-7)
    assert got["procrustes_distance"] == pytest.approx(oracle.procrustes_distance, abs=3e-7)
    if oracle.is_clear and oracle.condition < 1e4:
        for name in ("mean_cca", "pwcca", "r2_x", "r2_y"):
            if name != "pwcca" or not 1e-12 < oracle.gap < 1e-4:
                assert got[name] == pytest.approx(wanted[name], rel=0, abs=1e-7), name


@given(sizes, st.integers(0, 2**16))
def test_means_cost_no_digits(size: tuple[int, int, int, bool], seed: int) -> None:
    n, more, other, _ = size
    rng = np.random.default_rng(seed)
    # Integers, so that nothing is rounded before it is read.
    x, y = (rng.integers(-9, 9, (n, width)).astype(np.float64) for width in (2 * n + more, other))
    x[:, 0] += np.arange(n)
    got, wanted = numbers(measures(x + 2.0**40, y - 2.0**24)), numbers(measures(x, y))
    assert got == pytest.approx(wanted, rel=0, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("exponents", [(150, 150), (-150, -150), (150, -150), (0, 140)])
def test_scales_of_a_side(exponents: tuple[int, int]) -> None:
    x, y = related(np.random.default_rng(0), 12, 40, 30)
    one, other = (10.0**exponent for exponent in exponents)
    wanted = numbers(measures(x, y))
    got = numbers(measures(one * x, other * y))
    assert got == pytest.approx(wanted, rel=0, abs=1e-10)
    constant = np.hstack([one * x, np.full((12, 1), 1e150)])
    assert numbers(measures(constant, other * y)) == pytest.approx(wanted, rel=0, abs=1e-10)


@pytest.mark.parametrize("kind", ["float16", "float32", "bfloat16", "torch", "strided"])
def test_types_are_widened(kind: str) -> None:
    x, y = related(np.random.default_rng(0), 12, 40, 30)
    x, y = np.round(8 * x) / 8, np.round(8 * y) / 8  # bfloat16 has eight digits
    wanted = measures(x, y)
    read: list[Any]
    if kind == "bfloat16":
        ml_dtypes = pytest.importorskip("ml_dtypes")
        read = [side.astype(ml_dtypes.bfloat16) for side in (x, y)]
        wanted = measures(*(side.astype(np.float64) for side in read))
    elif kind == "torch":
        torch = pytest.importorskip("torch")
        read = [torch.tensor(side).bfloat16() for side in (x, y)]
        wanted = measures(*(side.double().numpy() for side in read))
    elif kind == "strided":
        read = [np.repeat(side.T[::-1], 2, axis=1).T[::2, ::-1] for side in (x, y)]
    else:
        read = [side.astype(kind) for side in (x, y)]
    assert find_wide(*read) is not None
    assert measures(*read) == wanted
    assert linear_cka(*read) == wanted.linear_cka


def test_a_side_without_neurons_or_variance_has_no_measures() -> None:
    x, _ = related(np.random.default_rng(0), 10, 40, 25)
    for other in (x[:, :0], np.tile(x[0], (10, 1)), np.zeros((10, 30), np.float32)):
        for sides in ((x, other), (other, x)):
            assert all(map(math.isnan, numbers(measures(*sides)).values()))
            assert math.isnan(linear_cka(*sides))


def test_where_samples_are_less_work() -> None:
    x, y = related(np.random.default_rng(0), 10, 20, 19)
    assert find_wide(x, y) is not None
    assert find_wide(y, x) is not None
    assert find_wide(x[:, 1:], y) is None
    pair = sm.ActivationPair()
    pair.update(x, y)
    assert find_wide(pair, None) is None


def test_fifty_thousand_neurons_fit() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 50_176), dtype=np.float32)
    y = 0.5 * x[:, ::-1] + rng.standard_normal((200, 50_176), dtype=np.float32)
    tracemalloc.start()
    try:
        got = measures(x, y)
        assert tracemalloc.get_traced_memory()[1] < 2e8
    finally:
        tracemalloc.stop()
    k, m = (centred(side.astype(np.float64)) for side in (x, y))
    k, m = k @ k.T, m @ m.T
    cka = (k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum())
    assert got.linear_cka == pytest.approx(cka, abs=1e-12)
    assert got.mean_cca == pytest.approx(1, abs=1e-12)


def debiased(x: Floats, y: Floats) -> tuple[float, str]:
    columns = find_wide(x, y)
    assert columns is not None
    sides = read_wide_sides(columns, progress=False)
    assert sides is not None
    return measure_wide_debiased_cka(sides)


def test_debiased_cka_of_kernels() -> None:
    rng = np.random.default_rng(0)
    x, y = related(rng, 20, 90, 40)

    def hsic(k: Floats, m: Floats) -> float:
        n = len(k)
        k, m = (kernel - np.diag(np.diag(kernel)) for kernel in (k, m))
        total = (k * m).sum() + k.sum() * m.sum() / ((n - 1) * (n - 2))
        return float(total - 2 * (k.sum(axis=0) @ m.sum(axis=0)) / (n - 2))

    k, m = x @ x.T, y @ y.T
    wanted = hsic(k, m) / math.sqrt(hsic(k, k) * hsic(m, m))
    for sides in ((x, y), (x + 1e3, y - 1e3), (1e150 * x, 1e-150 * y)):
        value, why = debiased(*sides)
        assert value == pytest.approx(wanted, abs=1e-10)
        assert why == ""
    draws = [debiased(*rng.standard_normal((2, 32, 512)))[0] for _ in range(200)]
    assert abs(np.mean(draws)) < 0.02
    assert min(draws) < 0
    assert linear_cka(*rng.standard_normal((2, 32, 512))) > 0.8
    for call, reason in (
        (partial(debiased, x[:3], y[:3]), "at least 4 rows"),
        (partial(debiased, np.hstack([np.eye(20)] * 3), y), "HSIC of x with itself is zero"),
    ):
        value, why = call()
        assert math.isnan(value)
        assert reason in why
