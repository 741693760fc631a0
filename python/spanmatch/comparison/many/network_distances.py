"""How near networks are to each other, over all layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from spanmatch.comparison.many.compared_networks import ComparedNetworks
    from spanmatch.results.result import Floats


def find_distances(many: ComparedNetworks) -> Floats:
    """Return how far networks are from each other: 1 less the mean of their areas over layers."""
    areas = np.array([layer.area for layer in many.values()])
    known = ~np.isnan(areas)
    counts = known.sum(0)
    mean = np.where(known, areas, 0.0).sum(0) / np.maximum(counts, 1)
    far: Floats = np.where(counts > 0, 1.0 - mean, np.nan)
    np.fill_diagonal(far, 0.0)
    return far
