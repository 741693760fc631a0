"""What a ridge is for: of few samples what is shared stands out, and what is not is chance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm

if TYPE_CHECKING:
    from spanmatch.base.arguments import Ridge

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

SAMPLES, NEURONS, SHARED, DIMENSIONS = 300, 400, 200, 60
DRAWS, NULLS = 200, 9


def networks(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Of either side the first half spans the same dimensions, under noise half as large."""
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((SAMPLES, DIMENSIONS))
    sides = []
    for _ in range(2):
        side = rng.standard_normal((SAMPLES, NEURONS))
        signal = shared @ rng.standard_normal((DIMENSIONS, SHARED))
        side[:, :SHARED] = signal / signal.std(axis=0) + 0.5 * side[:, :SHARED]
        sides.append(side)
    return sides[0], sides[1]


def area_under_roc(spectrum: sm.MatchSpectrum) -> float:
    """How often a shared neuron's critical ε is below that of one that is not."""
    shared = np.append(spectrum.x[:SHARED], spectrum.y[:SHARED])
    alone = np.append(spectrum.x[SHARED:], spectrum.y[SHARED:])
    below, alike = (shared[:, None] < alone).mean(), (shared[:, None] == alone).mean()
    return float(below + alike / 2)


@pytest.mark.parametrize("seed", [0, 1])
def test_shared_neurons_are_told_from_others_with_a_ridge_alone(seed: int) -> None:
    x, y = networks(seed)
    plain = sm.spectrum(x, y)
    assert area_under_roc(plain) == pytest.approx(0.5, abs=0.02)
    assert plain.similarity(0.05) == 1.0
    chosen = sm.spectrum(x, y, ridge="auto")
    assert chosen.ridge is not None
    assert 0.3 <= chosen.ridge <= 10.0
    assert area_under_roc(chosen) >= 0.99
    fixed = sm.spectrum(x, y, ridge=0.3)
    assert area_under_roc(fixed) >= 0.99
    # What is not shared is as in a null, and no less than what is expected by chance.
    null = sm.spectrum(x, np.roll(y, 7, axis=0), ridge=0.3)
    assert np.median(fixed.x[:SHARED]) < 0.6
    assert np.median(fixed.x[SHARED:]) == pytest.approx(np.median(null.x), abs=0.02)
    assert (fixed.x[SHARED:] > np.nanmedian(fixed.chance[0]) - 0.05).mean() > 0.9


def p_values(ridge: Ridge, of_nulls: float | None = None) -> np.ndarray:
    """Of unrelated sides with fewer samples than neurons; nulls may be of another ridge."""
    found = []
    for seed in range(DRAWS):
        rng = np.random.default_rng([seed, 77])
        x, y = rng.standard_normal((14, 9)), rng.standard_normal((14, 8))
        how: dict[str, Any] = {"nulls": NULLS, "seed": seed}
        if of_nulls is None:
            found.append(sm.p_value(x, y, ridge=ridge, **how))
        else:
            nulls = sm.null_spectra(x, y, ridge=of_nulls, **how)
            # As if they were of the data's: nulls refuse a spectrum of another λ.
            spectrum = sm.spectrum(x, y, ridge=ridge)
            found.append(replace(nulls, ridge=spectrum.ridge).p_value(spectrum))
    return np.array(found)


def unevenness(p: np.ndarray) -> float:
    """Of multiples of a tenth: χ² of 9 degrees, above 27.9 in one of a thousand."""
    counts = np.bincount(np.rint(p * 10).astype(int) - 1, minlength=10)
    return float(np.sum((counts - DRAWS / 10) ** 2) / (DRAWS / 10))


@pytest.mark.parametrize("ridge", [0.1, 1.0, "auto"])
@pytest.mark.filterwarnings("ignore::spanmatch.RidgeWarning")
def test_p_values_of_unrelated_sides_are_uniform(ridge: Ridge) -> None:
    p = p_values(ridge)
    assert unevenness(p) < 27.9
    assert abs(p.mean() - 0.55) < 0.08
    assert (p <= 0.101).mean() < 0.17


def test_nulls_of_another_ridge_would_not_be_uniform() -> None:
    # So the test above can fail: λ of the nulls is to be that of the data.
    p = p_values(0.1, of_nulls=0.3)
    assert unevenness(p) > 100.0
    assert (p <= 0.101).mean() > 0.3
