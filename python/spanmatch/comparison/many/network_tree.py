"""A tree that joins networks by their distance. This module needs matplotlib and scipy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.cluster.hierarchy import dendrogram, linkage
from scipy.spatial.distance import squareform

from spanmatch.comparison.keys import shorten_names
from spanmatch.comparison.many.network_distances import find_distances
from spanmatch.comparison.many.network_matrices import measure_names, place_axes
from spanmatch.plot.style import INK, LABEL, SMALL, escape_formulas, style_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spanmatch.comparison.many.compared_networks import ComparedNetworks

LETTERS = 36  # The most letters of a network's name.
LINE = 0.2  # Inches for each network.
FRAME, LEFT = 1.1, 0.2  # Inches over and under the tree together, and at its left.
LEAST = 0.005  # If no distance is as large, the networks do not differ in two digits.


def has_tree(many: ComparedNetworks) -> bool:
    """Tell whether there is a tree, which needs three networks, all compared, that differ."""
    far = find_distances(many)
    return len(many.networks) > 2 and not np.isnan(far).any() and float(far.max()) >= LEAST


def measure_tree(count: int) -> float:
    """Return the height of a tree in inches, with its title and its axis."""
    return FRAME + LINE * max(3, count)


def draw_tree(figure: Figure, many: ComparedNetworks, bottom: float = 0.0) -> None:
    """Draw the tree of networks: average linkage on 1 - area, the mean over layers.

    The tree is as wide as the figure, and begins `bottom` inches above its lower edge.
    """
    far = find_distances(many)
    short = shorten_names(many.networks, LETTERS)
    width = float(figure.get_figwidth()) - LEFT - measure_names(many.networks, LETTERS)
    height = measure_tree(len(many.networks)) - FRAME
    axes = place_axes(figure, LEFT, bottom + FRAME / 2, width, height)
    style_axes(axes, grid="x")
    axes.set_title("nearest networks", fontsize=LABEL)
    axes.set_xlabel("1 − area, mean of layers")
    dendrogram(
        linkage(squareform(far, checks=False), method="average"),
        labels=[escape_formulas(short[name]) for name in many.networks],
        orientation="left",
        ax=axes,
        color_threshold=0.0,
        above_threshold_color=INK,
        leaf_font_size=SMALL,
    )
    axes.set_xlim(right=0.0)
