"""Pairs of which it is known what single neurons share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import spanmatch as sm

if TYPE_CHECKING:
    from numpy.typing import NDArray

ANGLE = 0.5


def make_pair(x: NDArray[np.float64], y: NDArray[np.float64]) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    pair.update(x, y)
    return pair


def orthonormal(count: int) -> NDArray[np.float64]:
    """Columns whose cosines, and whose sums, are 0."""
    rng = np.random.default_rng(0)
    return np.linalg.qr(rng.standard_normal((60, count)))[0]


def tripled() -> sm.ActivationPair:
    """x = [y, y, y]: s = 1, near = 1 and s1 = 2 · 4 / (12 + 4) = 0.5 at every ε."""
    y = orthonormal(4)
    return make_pair(np.hstack([y, y, y]), y)


def rotated() -> sm.ActivationPair:
    """Two planes, each turned by half a radian in y: s = 1; near = s1 = 0 below ε = sin 0.5."""
    x = orthonormal(4)
    turn = np.array([[np.cos(ANGLE), -np.sin(ANGLE)], [np.sin(ANGLE), np.cos(ANGLE)]])
    return make_pair(x, x @ np.kron(np.eye(2), turn))


def mixed() -> sm.ActivationPair:
    """Of x one neuron three times, and a plane that is turned in y: at ε = 0.1 s = 1, near = 0.5,
    s1 = 0.25.
    """
    basis = orthonormal(3)
    turn = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    x = np.hstack([basis[:, [0, 0, 0]], basis[:, 1:]])
    return make_pair(x, np.hstack([basis[:, :1], basis[:, 1:] @ turn]))
