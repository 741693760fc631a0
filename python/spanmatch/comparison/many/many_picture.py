"""The picture of many networks: their areas layer by layer, and their tree.

This module needs matplotlib, and for the tree of networks scipy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.words import count_of
from spanmatch.comparison.many.network_matrices import begin_matrices, draw_matrices
from spanmatch.comparison.many.network_tree import draw_tree, has_tree, measure_tree
from spanmatch.comparison.many.reference_curves import draw_reference_curves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from spanmatch.comparison.many.compared_networks import ComparedNetworks

PANELS = 12  # At most this number of layers is shown, each in its own panel.


def draw_many(many: ComparedNetworks) -> Figure:
    """Draw the areas of every two networks by layer; with a reference, curves over networks."""
    return _draw_matrices(many) if many.reference is None else draw_reference_curves(many)


def choose_layers(layers: Sequence[str], most: int) -> list[str]:
    """Return all layers, or at most `most` that are evenly spaced from the first to the last."""
    if len(layers) <= most:
        return list(layers)
    places = np.linspace(0, len(layers) - 1, most).round().astype(int)
    return [layers[place] for place in places]


def _draw_matrices(many: ComparedNetworks) -> Figure:
    layers, tree = choose_layers(many.layers, PANELS), has_tree(many)
    shown = "" if len(layers) == len(many) else f" ({len(layers)} of {len(many)} shown)"
    grid = begin_matrices(
        many.networks,
        len(layers),
        title=f"{len(many.networks)} networks at {count_of(len(many), 'layer')}{shown}",
        foot=measure_tree(len(many.networks)) if tree else 0.0,
    )
    areas = {layer: many[layer].area for layer in layers}
    draw_matrices(grid, many.networks, areas, "area under s(ε)")
    if tree:
        draw_tree(grid.figure, many)
    return grid.figure
