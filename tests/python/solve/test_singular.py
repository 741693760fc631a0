"""Singular values, their sum and left vectors, against a whole decomposition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanmatch.solve.singular import SMALL, decompose_left, sum_singular

if TYPE_CHECKING:
    from collections.abc import Callable

    from problems import Floats


def of_values(rows: int, columns: int, values: Floats, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.standard_normal((n, n)))[0] for n in (rows, columns))
    made: Floats = (left[:, : values.size] * values) @ right[: values.size]
    return made


SPECTRA: dict[str, Callable[[int], Floats]] = {
    "even": lambda k: np.linspace(1.0, 0.5, k),
    "falling to rounding": lambda k: np.geomspace(1.0, 1e-16, k),
    "through the cut": lambda k: np.geomspace(5.0 * SMALL, 0.2 * SMALL, k),
    "of low rank": lambda k: np.repeat([1.0, 0.0], [k - k // 2, k // 2]),
    "near the root of rounding": lambda k: np.r_[np.ones(k - k // 2), np.full(k // 2, 1e-8)],
    "nothing": np.zeros,
}


@given(
    st.sampled_from(sorted(SPECTRA)),
    st.integers(1, 30),
    st.integers(1, 30),
    st.floats(-6, 6),
    st.integers(0, 2**16),
)
def test_as_an_svd_has_them(
    spectrum: str, rows: int, columns: int, exponent: float, seed: int
) -> None:
    k, scale = min(rows, columns), 10.0**exponent
    wanted = SPECTRA[spectrum](k)
    matrix = of_values(rows, columns, wanted, seed) * scale
    vectors, values = decompose_left(matrix)
    assert vectors.shape == (rows, k)
    assert np.all(np.diff(values) <= 0)
    assert values == pytest.approx(wanted * scale, rel=0, abs=1e-13 * scale)
    assert vectors.T @ vectors == pytest.approx(np.eye(k), rel=0, abs=1e-13)
    # Each row of vectorsᵀ A is its value long, at right angles to the others, and none is missing.
    turned = vectors.T @ matrix
    assert turned @ turned.T == pytest.approx(np.diag(values**2), rel=0, abs=1e-13 * scale**2)
    assert vectors @ turned == pytest.approx(matrix, rel=0, abs=1e-13 * scale)


@given(
    st.sampled_from(sorted(SPECTRA)),
    st.integers(1, 60),
    st.integers(1, 60),
    st.floats(-60, 60),
    st.integers(0, 2**16),
)
def test_their_sum(spectrum: str, rows: int, columns: int, exponent: float, seed: int) -> None:
    values, scale = SPECTRA[spectrum](min(rows, columns)), 10.0**exponent
    matrix = of_values(rows, columns, values, seed) * scale
    assert sum_singular(matrix) == pytest.approx(values.sum() * scale, rel=5e-11, abs=0)


def test_the_sum_of_values_of_every_size_keeps_its_digits() -> None:
    for least in (-2, -4, -6, -8, -10):
        values = np.r_[1.0, np.full(199, 10.0**least)]
        matrix = of_values(200, 200, values, seed=least + 10)
        assert sum_singular(matrix) == pytest.approx(values.sum(), rel=5e-11)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_without_rows_or_columns_there_are_none(shape: tuple[int, int]) -> None:
    vectors, values = decompose_left(np.zeros(shape))
    assert vectors.shape == (shape[0], 0)
    assert values.shape == (0,)
    assert sum_singular(np.zeros(shape)) == 0.0
