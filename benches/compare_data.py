"""The data of all comparisons: two layers that read the same factors, each in its own way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_NOISE, MOST_NOISE = 0.05, 1.0


def shared_factors(
    neurons: int, samples: int, seed: int, decay: float = 1.0
) -> tuple[Floats, Floats]:
    """Two sides, samples × neurons, that match little by little as ε grows.

    Every neuron is a random mix of factors that both sides share, scaled to variance 1, and noise
    of its own, of a size between 0.05 and 1. There are as many factors as neurons on a side, the
    j-th of size 1/j^decay. So at most ε some neurons match, and others are lost and take more with
    them.
    """
    rng = np.random.default_rng([seed, neurons, samples])
    factors = rng.standard_normal((samples, neurons)) / np.arange(1.0, neurons + 1) ** decay

    def side() -> Floats:
        mixed = factors @ rng.standard_normal((neurons, neurons))
        mixed /= mixed.std(axis=0)
        noise = rng.standard_normal((samples, neurons))
        mixed += noise * rng.uniform(LEAST_NOISE, MOST_NOISE, neurons)
        return mixed

    return side(), side()
