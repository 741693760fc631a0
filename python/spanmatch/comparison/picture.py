"""Pictures of a comparison: curves, areas over depth, or all pairs."""

from __future__ import annotations

import math
import re
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from spanmatch.comparison.keys import label, shorten_names
from spanmatch.comparison.table import describe
from spanmatch.plot.bands import draw_bands, name_bands
from spanmatch.plot.similarity import draw_similarity
from spanmatch.plot.style import (
    CHANCE,
    CURVE,
    GRID,
    INK,
    LABEL,
    OTHERS,
    SMALL,
    TITLE,
    draw_band,
    draw_nulls,
    escape_formulas,
    find_spread,
    style_axes,
)
from spanmatch.results.curve import find_area

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.colorbar import Colorbar
    from numpy.typing import NDArray

    from spanmatch.comparison.layers import ComparedLayers
    from spanmatch.results.result import Floats

PANELS = 12  # Up to this many layers have a panel each.
NAMED_LAYERS = 60  # The most names along an axis: with more layers only some are named.
LETTERS = 34  # The longest name beside a matrix.
# The letters over a panel: of a name in one line, of each line of a longer name, and of its last
# line, on which numbers follow.
ONE_LINE, LINE, LAST_LINE = 16, 36, 10
FIGURES = 14  # Cells of a matrix with up to this many layers along each axis show their numbers.
COLOURS = "viridis"  # Perceptually uniform, also for colour-blind readers and in grey.
LETTER = 0.068  # The width of a letter in inches.
EPS = np.linspace(0.0, 1.0, 250, endpoint=False)


def draw_comparison(layers: ComparedLayers) -> Figure:
    """Draw every layer: a panel each for a few, one picture for many, a matrix for all pairs."""
    if layers.all_pairs:
        return _draw_matrix(layers)
    if len(layers) > PANELS:
        return _draw_depth(layers)
    panels = {_break_name(label(key)): layers.solved(key) for key in layers}
    columns = min(3, len(layers))
    return draw_similarity(panels, _compose_title(layers, 2.8 * columns + 1.8))


def _draw_depth(layers: ComparedLayers) -> Figure:
    """Draw s(ε) of each layer as a row of colours, and the areas beside them."""
    count = len(layers)
    banded = len(layers.one_to_one) == count
    foot = 0.3 if banded else 0.0  # Inches for the names of the bands.
    figure = Figure(figsize=(9.0, 2.2 + foot + measure_extent(count)), layout="constrained")
    figure.suptitle(_compose_title(layers, 9.0), color=INK, fontsize=TITLE)
    curves, areas = figure.subplots(1, 2, sharey=True, width_ratios=[2.2, 1])
    _draw_curves(figure, curves, layers)
    depth, marker = np.arange(count), "o" if count <= NAMED_LAYERS else ""
    areas.plot(layers.area, depth, color=CURVE, marker=marker, markersize=3, label="area")
    _draw_beside(areas, layers, depth)
    areas.set(xlabel="area under s(ε)", xlim=(0, 1), xticks=np.arange(0, 1.1, 0.2))
    areas.legend(
        handles=areas.get_lines(),  # The bands have their own legend below.
        loc="lower center",
        bbox_to_anchor=(0.5, 1),
        ncols=2,
        frameon=False,
        fontsize=SMALL,
        labelcolor=INK,
    )
    if banded:
        name_bands(figure)
    style_axes(curves, grid=None)
    style_axes(areas)
    return figure


def _draw_beside(panel: Axes, layers: ComparedLayers, depth: NDArray[np.int64]) -> None:
    """Draw the areas by chance, the interval of each area, and the bands under the areas."""
    if len(layers.nulls) == len(layers):
        nulls = find_spread(np.transpose([nulls.area for nulls in layers.nulls.values()]))
        draw_nulls(panel, depth, nulls, label="nulls", upright=True)
    else:
        panel.plot(1 - layers.chance, depth, color=CHANCE, label="by chance")
    if len(layers.intervals) == len(layers):
        low, high = np.transpose([each.area for each in layers.intervals.values()])
        draw_band(panel, depth, low, high, upright=True)
    if len(layers.one_to_one) == len(layers):
        pairs = layers.one_to_one.values()
        near = [find_area(np.concatenate(each.partner_residuals)) for each in pairs]
        draw_bands(panel, depth, [each.area for each in pairs], near, layers.area, upright=True)


def _draw_curves(figure: Figure, panel: Axes, layers: ComparedLayers) -> None:
    count, height = len(layers), measure_extent(len(layers))
    image = panel.imshow(
        layers.similarity(EPS),
        cmap=COLOURS,
        vmin=0,
        vmax=1,
        aspect="auto",
        interpolation="nearest",
        extent=(0, 1, count - 0.5, -0.5),
    )
    _draw_chance_edge(panel, layers.chance)
    panel.set(xlabel="ε, the largest relative residual in a match", xlim=(0, 1))
    name_layers(panel.yaxis, layers.layers_a)
    # These are fractions of a height that grows with the number of layers.
    bar = figure.colorbar(
        image, ax=panel, location="top", aspect=40, fraction=0.5 / height, pad=0.1 / height
    )
    label_bar(bar, "s(ε), part of the neurons matched")


def _draw_chance_edge(panel: Axes, chance: Floats) -> None:
    edges = np.arange(chance.size + 1) - 0.5
    # White on black is visible over every colour.
    for width, colour in ((4.0, "black"), (2.0, "white")):
        panel.stairs(
            chance,
            edges,
            orientation="horizontal",
            baseline=None,
            color=colour,
            linewidth=width,
        )
    known = np.flatnonzero(~np.isnan(chance))
    if known.size > 0:
        panel.annotate(
            "chance",
            (chance[known[-1]], known[-1] + 0.5),
            xytext=(-6, 3),
            textcoords="offset points",
            ha="right",
            color="white",
            fontsize=SMALL,
            path_effects=[withStroke(linewidth=2, foreground="black")],
        )


def _draw_matrix(layers: ComparedLayers) -> Figure:
    """Draw the area of each layer of A with each layer of B as the colour of a cell."""
    rows, columns = layers.layers_a, layers.layers_b
    figure = Figure(layout="constrained")
    panel = figure.subplots()
    beside, below = name_layers(panel.yaxis, rows), name_layers(panel.xaxis, columns)
    width = 2.0 + beside + measure_extent(len(columns))
    figure.set_size_inches(width, 1.4 + below + measure_extent(len(rows)))
    figure.suptitle(_compose_title(layers, width), color=INK, fontsize=TITLE)
    area = layers.area
    most = max(0.1, math.ceil(10 * np.nanmax(area)) / 10)
    image = panel.imshow(
        area, cmap=COLOURS, vmin=0, vmax=most, aspect="auto", interpolation="nearest"
    )
    panel.set_facecolor(OTHERS)  # The colour of layers that were not compared.
    panel.tick_params(axis="x", labelrotation=90)
    panel.set(xlabel="layers of B", ylabel="layers of A")
    if max(area.shape) <= FIGURES:
        write_figures(panel, area, most)
    label_bar(figure.colorbar(image, ax=panel, aspect=30), _label_areas(layers))
    style_axes(panel, grid=None)
    return figure


def write_figures(panel: Axes, area: Floats, most: float) -> None:
    """Write the value of each cell of a matrix, in black or white to be legible on its colour."""
    for (row, column), value in np.ndenumerate(area):
        if not math.isnan(value):
            ink = "white" if value < 0.42 * most else "black"
            panel.text(
                column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=SMALL
            )


def _label_areas(layers: ComparedLayers) -> str:
    by_chance = 1 - layers.chance[~np.isnan(layers.chance)]
    if by_chance.size == 0:
        return "area under s(ε)"
    least, most = f"{by_chance.min():.2f}", f"{by_chance.max():.2f}"
    return f"area under s(ε)\nby chance {least if least == most else f'{least} to {most}'}"


def measure_extent(count: int) -> float:
    """Return the inches for a number of layers, of which many get less room each."""
    return max(1.4, min(0.42 * count, max(0.17 * count, 5.0), 0.17 * NAMED_LAYERS))


def name_layers(axis: Axis, layers: Sequence[str]) -> float:
    """Write the names of layers along an axis, and return the inches that they take."""
    step = math.ceil(len(layers) / NAMED_LAYERS)
    names = layers[::step]
    short = shorten_names(names, LETTERS)
    axis.set_ticks(
        np.arange(0, len(layers), step), [escape_formulas(short[name]) for name in names]
    )
    return LETTER * max(map(len, short.values()))


def label_bar(bar: Colorbar, what: str) -> None:
    """Label a colour bar."""
    bar.set_label(what, color=INK, fontsize=LABEL)
    bar.ax.tick_params(labelsize=SMALL, color=GRID, labelcolor=INK)
    bar.outline.set_visible(False)


def _compose_title(layers: ComparedLayers, inches: float) -> str:
    # Keep each number in one line with its noun.
    parts = [part.replace(" ", "\u00a0") for part in describe(layers).split(", ")]
    return fill(", ".join(parts), int(9 * inches))


def _break_name(name: str) -> str:
    """Break a long name into lines after its separators."""
    if len(name) <= ONE_LINE:
        return escape_formulas(name)
    lines = [""]
    for part in reversed(re.findall(r"[^._/]*[._/]|[^._/]+", name)):
        room = LAST_LINE if len(lines) == 1 else LINE
        if lines[0] and len(part + lines[0]) > room:
            lines.insert(0, "")
        lines[0] = part + lines[0]
    return escape_formulas("\n".join(lines))
