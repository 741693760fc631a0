"""The area of each layer with a reference, along the other networks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from spanmatch.comparison.keys import shorten_names
from spanmatch.comparison.picture import COLOURS
from spanmatch.plot.style import INK, SMALL, TITLE, escape_formulas, style_axes

if TYPE_CHECKING:
    from spanmatch.comparison.many.compared_networks import ComparedNetworks

LETTERS = 18  # The most letters of a network's or a layer's name.
LEGEND = 20  # The most layers that have a legend.
LINE = 0.16  # The height of a line of text in inches.
# The part of the colours that is visible on a white page and on a dark one.
DARKEST, LIGHTEST = 0.15, 0.9


def draw_reference_curves(many: ComparedNetworks) -> Figure:
    """Draw a line for each layer, the networks in their order along x."""
    reference = many.reference
    assert reference is not None
    at = many.networks.index(reference)
    others = [place for place in range(len(many.networks)) if place != at]
    width = min(6.4, max(4.0, 0.4 * len(others)))
    figure = Figure(figsize=(width + 3.2, 4.4), layout="constrained")
    axes = figure.subplots()
    shades = np.linspace(DARKEST, LIGHTEST, len(many))
    titles = {
        layer: _show_in_legend(escape_formulas(short))
        for layer, short in shorten_names(many.layers, LETTERS + 8).items()
    }
    for layer, colour in zip(many.layers, matplotlib.colormaps[COLOURS](shades), strict=True):
        axes.plot(
            range(len(others)),
            many[layer].area[at][others],
            color=colour,
            marker="o",
            markersize=3.5,
            linewidth=1.4,
            label=titles[layer],
        )
    short = shorten_names(many.networks, LETTERS)
    names = [escape_formulas(short[many.networks[place]]) for place in others]
    step = math.ceil(len(others) * LINE / width)
    lying = len(others) * max(map(len, names)) <= 8 * width
    axes.set_xticks(range(0, len(others), step), names[::step], rotation=0 if lying else 90)
    axes.set(ylim=(0.0, 1.02), ylabel="area under s(ε)")
    axes.set_title(f"each network with {escape_formulas(short[reference])}", fontsize=TITLE)
    style_axes(axes)
    if len(many) <= LEGEND:
        axes.legend(
            fontsize=SMALL,
            frameon=False,
            labelcolor=INK,
            loc="center left",
            bbox_to_anchor=(1.0, 0.5),
        )
    else:
        first, last = titles[many.layers[0]], titles[many.layers[-1]]
        axes.set_xlabel(f"one line a layer, from {first} (dark) to {last} (light)")
    return figure


def _show_in_legend(label: str) -> str:
    """Return a label that a legend shows: matplotlib leaves out labels that begin with _."""
    return f"\u200b{label}" if label.startswith("_") else label
