"""P-values of simulated networks: uniform where they share nothing, small where they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm

if TYPE_CHECKING:
    from spanmatch.base.arguments import RowsPerItem

# Networks on images: a ReLU map at each position of a smooth image, which is darker in its middle,
# of a positive mean.
SIDE, CHANNELS, NEURONS, ROLLS, DRAWS = 5, 5, 6, 19, 150
POSITIONS = SIDE**2
LINE = np.arange(SIDE) - SIDE // 2
_ROOT = np.linalg.cholesky(
    np.exp(-(np.subtract.outer(LINE, LINE) ** 2) / 2.9) + 1e-9 * np.eye(SIDE)
)
SMOOTH = np.kron(_ROOT, _ROOT)
DARK = np.add.outer(LINE**2, LINE**2).reshape(-1, 1) / 8.0


def images(rng: np.random.Generator, count: int) -> np.ndarray:
    values = SMOOTH @ rng.standard_normal((count, POSITIONS, CHANNELS))
    return np.asarray(DARK + values * np.exp(0.3 * rng.standard_normal((count, 1, 1))))


def networks(seed: int, count: int, shared: int) -> tuple[np.ndarray, np.ndarray]:
    """Two of them, which see images of their own, but for some channels."""
    rng = np.random.default_rng([seed, count, shared])
    first, second = images(rng, count), images(rng, count)
    second[..., :shared] = first[..., :shared]
    x, y = (
        np.maximum(seen @ rng.standard_normal((CHANNELS, NEURONS)) / np.sqrt(CHANNELS) + 0.3, 0.0)
        for seen in (first, second)
    )
    return x.reshape(-1, NEURONS), y.reshape(-1, NEURONS)


def drawn(count: int, shared: int, rows_per_item: RowsPerItem = POSITIONS) -> np.ndarray:
    """For each draw, its p-value, and the median critical ε less that of its nulls."""
    found = []
    for seed in range(DRAWS):
        pair = sm.ActivationPair(nulls=ROLLS, seed=seed)
        pair.update(*networks(seed, count, shared), rows_per_item=rows_per_item)
        spectrum, nulls = sm.spectrum(pair), sm.null_spectra(pair)
        median = np.median([*spectrum.x, *spectrum.y])
        found.append((nulls.p_value(spectrum), median - nulls.chance_level))
    columns: np.ndarray = np.array(found).T
    return columns


def unevenness(p: np.ndarray) -> float:
    """Of multiples of 1 / 20 in ten classes: χ² of 9 degrees, above 27.9 in one of a thousand."""
    counts = np.bincount((np.rint(p * 20).astype(int) - 1) // 2, minlength=10)
    return float(np.sum((counts - DRAWS / 10) ** 2) / (DRAWS / 10))


@pytest.mark.parametrize("count", [20, 60])
def test_p_values_of_unrelated_networks_are_uniform(count: int) -> None:
    p, difference = drawn(count, shared=0)
    assert unevenness(p) < 27.9
    assert abs(p.mean() - 0.525) < 0.08
    assert (p <= 0.051).mean() < 0.12
    assert abs(difference.mean()) < 0.02


def test_p_values_are_nearly_uniform_where_batches_have_fewer_items_than_nulls() -> None:
    items, draws = 8, 400
    found = []
    for seed in range(draws):
        x, y = np.maximum(np.random.default_rng(seed).standard_normal((2, 120, 5)) + 0.5, 0.0)
        pair = sm.ActivationPair(nulls=ROLLS, seed=seed)
        for first in range(0, 120, items):
            pair.update(x[first : first + items], y[first : first + items])
        found.append(sm.p_value(pair))
    # As the docs say, 6 % and not 5 %.
    assert np.mean(np.array(found) <= 0.051) < 0.1


def test_rows_rolled_one_by_one_would_not_be_uniform() -> None:
    # Were positions free to move, every pair of networks would seem related: so the test can fail.
    p, _ = drawn(60, shared=0, rows_per_item=1)
    assert unevenness(p) > 100.0
    assert (p <= 0.051).mean() > 0.2


def test_what_networks_share_is_found() -> None:
    p, difference = drawn(60, shared=2)
    assert (p <= 0.051).mean() > 0.95
    assert difference.mean() < -0.05
