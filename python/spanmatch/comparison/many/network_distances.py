"""The distances between networks: 1 − area, over the layers that all pairs have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from spanmatch.comparison.many.compared_networks import ComparedNetworks
    from spanmatch.results.result import Floats


def list_shared_layers(many: ComparedNetworks) -> list[str]:
    """Return the layers that every comparison has."""
    return [
        layer
        for layer in many.layers
        if all(layer in comparison for comparison in many.comparisons.values())
    ]


def find_distances(many: ComparedNetworks) -> Floats:
    """Return the distances between networks: 1 less the mean of their areas.

    The mean is over the layers that all pairs have, so that all means are over the same layers. It
    is nan if there is no such layer, and for networks that were not compared.
    """
    layers = list_shared_layers(many)
    count = len(many.networks)
    far: Floats = np.full((count, count), np.nan)
    if layers:
        far = 1.0 - np.mean([many[layer].area for layer in layers], axis=0)
    np.fill_diagonal(far, 0.0)
    return far
