"""Neurons that depend on each other: the peel stays right, and computes few rows anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm
from oracle import Oracle
from problems import planted

if TYPE_CHECKING:
    from problems import Floats, Rng, Sides

SIZE = 128
# The most rows that may have to be computed anew for each kind at this size: fewer than the 64
# neurons that depend on others.
BOUNDS = {"plain": 0, "duplicates": 0, "sums_of_two": 58, "mixes": 48, "near_duplicates": 40}


def quarter_dependent(kind: str, size: int, seed: int = 0) -> Sides:
    """A quarter of each side's columns depends on its others, at places drawn at random."""
    rng = np.random.default_rng([seed, size, *kind.encode()])
    free = size if kind == "plain" else size - size // 4
    x, y = planted(rng, free, free, samples=10 * size)
    return with_dependents(rng, x, kind, size), with_dependents(rng, y, kind, size)


def with_dependents(rng: Rng, z: Floats, kind: str, size: int) -> Floats:
    count = size - z.shape[1]
    one, other = (rng.permutation(z.shape[1])[:count] for _ in range(2))
    match kind:
        case "plain":
            return z
        case "duplicates":
            more = z[:, one]
        case "sums_of_two":
            more = z[:, one] + z[:, other]
        case "mixes":
            more = z @ rng.standard_normal((z.shape[1], count))
        case _:
            scale = np.linalg.norm(z[:, one], axis=0) / np.sqrt(len(z))
            more = z[:, one] + 1e-4 * scale * rng.standard_normal((len(z), count))
    return np.hstack([z, more])[:, rng.permutation(size)]


@pytest.mark.parametrize("kind", BOUNDS)
@pytest.mark.parametrize("seed", range(2))
def test_the_spectrum_equals_the_oracle(kind: str, seed: int) -> None:
    x, y = quarter_dependent(kind, 48, seed)
    oracle, spectrum = Oracle.of(x, y), sm.spectrum(x, y)
    assert oracle.is_clear(0.0)
    for got, want in zip((spectrum.x, spectrum.y), oracle.critical, strict=True):
        np.testing.assert_allclose(got, oracle.returned(want), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", BOUNDS)
def test_refreshes_are_few_and_the_match_is_right(kind: str) -> None:
    x, y = quarter_dependent(kind, SIZE)
    oracle, spectrum = Oracle.of(x, y), sm.spectrum(x, y)
    for more in (spectrum, *(sm.spectrum(*quarter_dependent(kind, SIZE, seed)) for seed in (1, 2))):
        assert more.refreshes <= BOUNDS[kind]
    # By deletion at a few ε instead of a peel at all of them, which would be slow at this size.
    c = np.unique(np.concatenate([spectrum.x, spectrum.y, [0.0, 1.0]]))
    gaps = np.flatnonzero(np.diff(c) > 1e-5)
    chosen = gaps[np.linspace(0, len(gaps) - 1, 12).astype(int)]
    whole = in_x, in_y = oracle.maximum_match(1.0)
    assert all(mask.all() for mask in whole)
    for eps in (c[chosen] + c[chosen + 1])[::-1] / 2:
        match = spectrum.match(float(eps))
        # A match at a smaller ε is one at a larger ε too, and so lies in what is left of it.
        in_x, in_y = oracle.maximum_match(float(eps), (in_x, in_y))
        np.testing.assert_array_equal(match.x, np.flatnonzero(in_x), err_msg=f"x at {eps}")
        np.testing.assert_array_equal(match.y, np.flatnonzero(in_y), err_msg=f"y at {eps}")


# What sets two near-duplicates of x apart is here what y is made of, so that coefficients reach
# 1 / level, and rounding of a Gram matrix, some 1e-16, comes back in r² as 1e-16 / level²; until
# δ = 1e-6 says that a smaller difference is none. For each level: how far c may be off, which hangs
# on large residuals, and how far any residual.
HARDEST = {
    1e-3: (1e-9, 3e-8),
    1e-4: (1e-8, 3e-6),
    1e-5: (1e-6, 2e-4),
    1e-6: (1e-5, 6e-4),
    1e-7: (1e-5, 2e-5),
    1e-8: (1e-6, 1e-6),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("level", HARDEST)
def test_a_match_that_hangs_on_small_differences(level: float, seed: int) -> None:
    rng = np.random.default_rng([7, round(-np.log10(level)), seed])
    z, difference = rng.standard_normal((2, 400, 12))
    x = np.hstack([z, z + level * difference])
    y = np.hstack([difference[:, :6] + 0.2 * rng.standard_normal((400, 6)), z[:, 6:]])
    oracle, spectrum, residuals = Oracle.of(x, y), sm.spectrum(x, y), sm.residuals(x, y)
    in_c, in_r = HARDEST[level]
    for got, want in zip((spectrum.x, spectrum.y), oracle.critical, strict=True):
        np.testing.assert_allclose(got, oracle.returned(want), rtol=0, atol=in_c)
    for got, want in zip((residuals.x, residuals.y), oracle.residuals(), strict=True):
        np.testing.assert_allclose(got, want, rtol=0, atol=in_r)


def two_groups(seed: int) -> Sides:
    """Neurons of two groups, on in other samples each: the cosines between them are exactly 0.

    Some of one group have a twin nearby, and x are sums within a group.
    """
    rng = np.random.default_rng(seed)
    n = 256
    even = np.zeros((n, 1))
    even[::2] = 1
    odd = 1 - even
    a = rng.integers(0, 8, (n, 6)) * even * 1.0
    b = rng.integers(0, 8, (n, 5)) * odd * 1.0
    near = b[:, :3] + rng.integers(-1, 2, (n, 3)) * odd * 2.0 ** -rng.integers(14, 21)
    y = np.concatenate([a, b, near], 1)
    x_a = a @ rng.integers(0, 3, (6, 4)) + even * rng.integers(0, 3, (n, 4))
    x_b = np.concatenate([b, near], 1) @ rng.integers(0, 3, (8, 4)) + odd * rng.integers(
        0, 4, (n, 4)
    )
    return np.concatenate([x_a, x_b], 1), y


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_mended_where_some_cosines_are_exactly_zero(seed: int) -> None:
    x, y = two_groups(seed)
    critical = Oracle.of(x, y).critical
    for order in (slice(None), slice(None, None, -1)):
        found = sm.spectrum(x, y[:, order])
        np.testing.assert_allclose(found.x, critical[0], atol=1e-5)
        np.testing.assert_allclose(found.y[order], critical[1], atol=1e-5)
