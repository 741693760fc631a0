"""Where coefficients are in the thousands rounding decides at ε: all functions allow for it."""

from __future__ import annotations

import numpy as np
import pytest

import spanmatch as sm
from oracle import RESOLUTION, SLACK, augmented_residuals, ridge_weights, unit_columns

ROUNDINGS = 2 * 2.0**-53


def mixed(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Few factors of very different sizes, little noise, and neurons that are nearly alike."""
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((20, 6)) * 10.0 ** rng.uniform(-4, 0, 6)

    def blur(z: np.ndarray, size: float) -> np.ndarray:
        noise = rng.standard_normal(z.shape)
        blurred: np.ndarray = z + size * noise * np.linalg.norm(z, axis=0) / np.sqrt(len(z))
        return blurred

    def side(neurons: int) -> np.ndarray:
        z = blur(factors @ rng.standard_normal((6, neurons)), 10.0 ** rng.uniform(-8, -1))
        for j in range(neurons):
            if rng.random() < 0.2:
                z[:, j] = blur(z[:, rng.integers(neurons)], 10.0 ** rng.uniform(-8, 0))
        return z

    return side(14), side(12)


def nearly_dependent(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sides where x0 takes the difference of two y that are nearly alike."""
    common, difference, noise = np.random.default_rng(seed).standard_normal((3, 40))
    y = np.column_stack([common, common + 1e-5 * difference])
    return np.column_stack([difference + 0.5 * noise, common]), y


def critical(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    spectrum = sm.spectrum(x, y)
    found = np.unique(np.concatenate([spectrum.x, spectrum.y]))
    return found[(found > 0) & (found < 1)]


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
# Of 300 seeds those where a match was refused that had been found, and as many others.
@pytest.mark.parametrize("seed", [10, 23, 55, 64, 98, 155, 211, 280, *range(8)])
def test_what_is_found_is_a_match(seed: int) -> None:
    x, y = mixed(seed)
    for eps in critical(x, y):
        found = [sm.maximum_match(x, y, eps=eps), *sm.simple_matches(x, y, eps=eps, method="each")]
        for match in found:
            assert sm.is_match(x, y, eps=eps, x_index=match.x, y_index=match.y)
        neurons = [("x", int(i)) for i in found[0].x] + [("y", int(i)) for i in found[0].y]
        for neuron in neurons:
            minimum = sm.minimum_match(x, y, eps=eps, neuron=neuron)
            if minimum is not None:
                assert sm.minimum_for(x, y, eps=eps, x_index=minimum.x, y_index=minimum.y)


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_no_more_is_allowed_for_than_rounding() -> None:
    for seed in range(40):
        x, y = nearly_dependent(seed)
        (unit_x, _), (unit_y, _) = unit_columns(x), unit_columns(y)
        weights = ridge_weights(unit_y[:, :2], unit_x[:, :1], RESOLUTION)
        square = float(augmented_residuals(unit_y[:, :2], unit_x[:, :1], RESOLUTION)[0]) ** 2
        doubt = ROUNDINGS * (1 + np.abs(weights).sum()) ** 2
        assert doubt > 1e-8
        # By more than rounding, and by less.
        for excess, expected in ((10 * doubt, False), (-10 * doubt, True)):
            eps = np.sqrt(square - excess) - SLACK
            assert sm.is_match(x, y, eps=eps, x_index=[0, 1], y_index=[0, 1]) is expected
