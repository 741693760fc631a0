"""The same bits at any number of threads, and right numbers from large parallel products."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm
from oracle import augmented_residuals, resolution, unit_columns
from problems import almost, planted

if TYPE_CHECKING:
    from problems import Sides

pytestmark = [
    pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning"),
    pytest.mark.usefixtures("restore_threads"),
]

THREADS = (1, 2, 4)
SAMPLES = 3001
# Odd, and large enough that products, factors and downdates are split between threads.
SIZES = [(301, 257), (517, 389)]


def odd_sides(n_x: int, n_y: int) -> Sides:
    """Planted, with duplicates, near-duplicates and a dead neuron: every path of the peel."""
    rng = np.random.default_rng([n_x, n_y])
    x, y = planted(rng, n_x, n_y, SAMPLES)
    for z in (x, y):
        z[:, 50:60] = z[:, 100:110]
        z[:, 60:85] = almost(rng, z[:, 110:135], 1e-4)
        z[:, 40] = 0.0
    return x, y


def bits(*arrays: np.ndarray) -> tuple[bytes, ...]:
    return tuple(array.tobytes() for array in arrays)


def spectrum_bits(spectrum: sm.MatchSpectrum) -> tuple[object, ...]:
    return (*bits(spectrum.x, spectrum.y, *spectrum.chance), spectrum.refreshes)


@pytest.mark.parametrize("center", [False, True], ids=["plain", "centred"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES)
def test_same_bits_at_any_number_of_threads(
    size: tuple[int, int], dtype: type[np.floating], center: bool
) -> None:
    x, y = (z.astype(dtype) for z in odd_sides(*size))
    some_x, some_y = np.arange(0, size[0], 2), np.arange(1, size[1], 3)
    results = set()
    for threads in THREADS:
        sm.set_num_threads(threads)
        pair = sm.ActivationPair()
        for start in range(0, SAMPLES, 1000):
            pair.update(x[start : start + 1000], y[start : start + 1000])
        match = sm.maximum_match(pair, eps=0.5, center=center)
        r = sm.residuals(pair, x_index=some_x, y_index=some_y, center=center)
        results.add(
            (
                spectrum_bits(sm.spectrum(x, y, center=center)),
                spectrum_bits(sm.spectrum(pair, center=center)),
                bits(match.x, match.y, r.x, r.y),
            )
        )
    assert len(results) == 1


@pytest.mark.parametrize("threads", THREADS)
def test_a_large_product_is_right_in_every_part(threads: int) -> None:
    # faer had a report (#273) of wrong values from a parallel f64 product at n = 5,018. The joint
    # Gram matrix is of that size here; a stride spreads the chosen neurons over all its tiles.
    sm.set_num_threads(threads)
    rng = np.random.default_rng(273)
    n_x, n_y, samples, stride = 2601, 2417, 96, 127
    assert n_x + n_y == 5018
    x, y = rng.standard_normal((samples, n_x)), rng.standard_normal((samples, n_y))
    pair = sm.ActivationPair()
    pair.update(x, y)
    unit_x, unit_y = unit_columns(x)[0], unit_columns(y)[0]
    delta = resolution(n_x + n_y)
    for start in range(0, stride, 25):
        in_x, in_y = np.arange(start, n_x, stride), np.arange(start, n_y, stride)
        r = sm.residuals(pair, x_index=in_x, y_index=in_y)
        want_x = augmented_residuals(unit_y[:, in_y], unit_x, delta)
        want_y = augmented_residuals(unit_x[:, in_x], unit_y, delta)
        np.testing.assert_allclose(r.x, want_x, rtol=0, atol=1e-9)
        np.testing.assert_allclose(r.y, want_y, rtol=0, atol=1e-9)
