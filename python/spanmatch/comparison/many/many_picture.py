"""Pictures of many networks: areas layer by layer, and which networks are near each other.

Needs matplotlib, and for the tree of networks scipy.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import dendrogram, linkage
from scipy.spatial.distance import squareform

from spanmatch.comparison.keys import shorten_names
from spanmatch.comparison.many.network_distances import find_distances
from spanmatch.plot.style import GRID, INK, LABEL, SMALL, TITLE, style_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spanmatch.comparison.many.compared_networks import ComparedNetworks
    from spanmatch.results.result import Floats

PANELS = 12  # layers that have a panel each
COLUMNS = 4
LETTERS = 18  # of a network's or a layer's name
FIGURES = 8  # networks along an axis of a panel whose cells hold their figures
COLOURS = "viridis"  # even to the eye, also to colour-blind readers, and in grey


def draw_many(many: ComparedNetworks) -> Figure:
    """Draw the areas of every two networks by layer; with a reference, along the networks."""
    return _draw_matrices(many) if many.reference is None else _draw_curves(many)


def _draw_matrices(many: ComparedNetworks) -> Figure:
    layers = _choose_layers(many.layers)
    count = len(layers) + 1
    columns = min(COLUMNS, math.ceil(math.sqrt(count)))
    rows = math.ceil(count / columns)
    size = 2.9 if len(many.networks) <= FIGURES else 3.6
    figure = Figure(figsize=(size * columns + 1.2, size * rows + 1.0), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    short = shorten_names(many.networks, LETTERS)
    names = [short[name] for name in many.networks]
    titles = shorten_names(layers, LETTERS + 8)
    for panel, layer in zip(axes, layers, strict=False):
        image = _draw_matrix(panel, many[layer].area, names)
        panel.set_title(titles[layer], fontsize=LABEL)
    bar = figure.colorbar(image, ax=list(axes), shrink=0.6, pad=0.01, fraction=0.03)
    bar.set_label("area under s(ε)", fontsize=LABEL, color=INK)
    bar.ax.tick_params(labelsize=SMALL, color=GRID, labelcolor=INK)
    _draw_tree(axes[len(layers)], many, names)
    for panel in axes[count:]:
        panel.set_visible(False)
    shown = "" if len(layers) == len(many) else f" ({len(layers)} of {len(many)} shown)"
    figure.suptitle(
        f"{len(many.networks)} networks at {len(many)} layers{shown}", fontsize=TITLE, color=INK
    )
    return figure


def _choose_layers(layers: tuple[str, ...]) -> list[str]:
    """Return all layers, or of many some, from the first to the last as far apart as they can."""
    if len(layers) <= PANELS:
        return list(layers)
    places = np.linspace(0, len(layers) - 1, PANELS).round().astype(int)
    return [layers[place] for place in places]


def _draw_matrix(axes: Axes, area: Floats, names: list[str]):  # type: ignore[no-untyped-def]
    """Draw networks × networks; what was not compared stays empty, as each with itself does."""
    shown = np.where(np.eye(len(names), dtype=bool), np.nan, area)
    image = axes.imshow(shown, cmap=COLOURS, vmin=0.0, vmax=1.0)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    style_axes(axes, grid=None)
    if len(names) <= FIGURES:
        for i, j in np.argwhere(~np.isnan(shown)):
            dark = shown[i, j] < 0.6
            axes.text(
                j,
                i,
                f"{shown[i, j]:.2f}",
                ha="center",
                va="center",
                fontsize=SMALL - 1.5,
                color="white" if dark else INK,
            )
    return image


def _draw_tree(axes: Axes, many: ComparedNetworks, names: list[str]) -> None:
    """Draw which networks are nearest, as a tree: average linkage on 1 - area, mean of layers."""
    style_axes(axes, grid="x")
    axes.set_title("nearest networks", fontsize=LABEL)
    axes.set_xlabel("1 - area, mean of layers")
    far = find_distances(many)
    if np.isnan(far).any():
        axes.set_axis_off()
        axes.text(
            0.5, 0.5, "some networks were not compared", ha="center", va="center", fontsize=SMALL
        )
        return
    tree = linkage(squareform(far, checks=False), method="average")
    dendrogram(
        tree,
        labels=names,
        orientation="left",
        ax=axes,
        color_threshold=0.0,
        above_threshold_color=INK,
        leaf_font_size=SMALL,
    )
    axes.set_xlim(right=0.0)


def _draw_curves(many: ComparedNetworks) -> Figure:
    """Draw the area of each layer with the reference, along the other networks."""
    assert many.reference is not None
    at = many.networks.index(many.reference)
    others = [place for place in range(len(many.networks)) if place != at]
    short = shorten_names(many.networks, LETTERS)
    figure = Figure(figsize=(max(6.0, 0.45 * len(others) + 3.5), 4.2), layout="constrained")
    axes = figure.subplots()
    colours = matplotlib.colormaps[COLOURS](np.linspace(0.0, 0.9, len(many)))
    titles = shorten_names(many.layers, LETTERS + 8)
    for layer, colour in zip(many.layers, colours, strict=True):
        area = many[layer].area[at][others]
        axes.plot(
            range(len(others)),
            area,
            color=colour,
            marker="o",
            markersize=3.5,
            linewidth=1.4,
            label=titles[layer],
        )
    axes.set_xticks(range(len(others)), [short[many.networks[place]] for place in others])
    if len(others) > FIGURES:
        axes.tick_params(axis="x", rotation=90)
    axes.set(ylim=(0.0, 1.02), ylabel="area under s(ε)")
    axes.set_title(f"each network with {short[many.reference]}", fontsize=TITLE)
    style_axes(axes)
    if len(many) <= PANELS:
        axes.legend(fontsize=SMALL, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    else:
        first, last = titles[many.layers[0]], titles[many.layers[-1]]
        axes.set_xlabel(f"one line a layer, from {first} (dark) to {last} (light)")
    return figure
