"""How near networks are to each other, over the layers that all pairs of them have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from spanmatch.comparison.many.compared_networks import ComparedNetworks
    from spanmatch.results.result import Floats


def list_shared_layers(many: ComparedNetworks) -> list[str]:
    """Return the layers at which all pairs that were compared were compared."""
    return [
        layer
        for layer in many.layers
        if all(layer in comparison for comparison in many.comparisons.values())
    ]


def find_distances(many: ComparedNetworks) -> Floats:
    """Return how far networks are from each other: 1 less the mean of their areas.

    The mean is over the layers that all pairs have: over others one pair's mean would be of other
    layers than another's. Where there is no such layer, and of networks that were not compared, it
    is nan.
    """
    layers = list_shared_layers(many)
    count = len(many.networks)
    far: Floats = np.full((count, count), np.nan)
    if layers:
        far = 1.0 - np.mean([many[layer].area for layer in layers], axis=0)
    np.fill_diagonal(far, 0.0)
    return far
