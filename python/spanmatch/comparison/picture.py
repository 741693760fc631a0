"""Pictures of a comparison: curves, layers through depth, all pairs. Needs matplotlib."""

from __future__ import annotations

import math
import re
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from spanmatch.comparison.keys import label, short_names
from spanmatch.comparison.table import about
from spanmatch.plot.similarity import CHANCE, CURVE, OTHERS, TEXT, similarity_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.colorbar import Colorbar
    from numpy.typing import NDArray

    from spanmatch.comparison.comparison import Comparison

    Floats = NDArray[np.float64]

PANELS = 12  # layers that have a panel each
LABELS = 60  # along an axis; of more layers only some are named
LETTERS = 34  # of a name beside a matrix
# Letters over a panel: of a name in one line, of the lines that a longer one is broken into, and of
# the last of these, on which numbers follow.
ONE_LINE, LINE, LAST_LINE = 16, 36, 10
FIGURES = 14  # layers along each axis of a matrix whose cells hold their figures
COLOURS = "viridis"  # even to the eye, also to colour-blind readers, and in grey
LETTER = 0.068  # inches
EPS = np.linspace(0.0, 1.0, 250, endpoint=False)


def comparison_figure(comparison: Comparison) -> Figure:
    """Draw every layer: a panel each for a few, one picture for many, a matrix for all pairs."""
    if comparison.all_pairs:
        return _matrix_figure(comparison)
    if len(comparison) > PANELS:
        return _depth_figure(comparison)
    panels = {_broken(label(key)): comparison.solved(key) for key in comparison}
    columns = min(3, len(comparison))
    return similarity_figure(panels, _title(comparison, 2.8 * columns + 1.8))


def _depth_figure(comparison: Comparison) -> Figure:
    """Draw s(ε) as the colours of a row for each layer, and beside it the areas."""
    count = len(comparison)
    figure = Figure(figsize=(9.0, 2.2 + _extent(count)), layout="constrained")
    figure.suptitle(_title(comparison, 9.0), color=TEXT, fontsize=12)
    curves, areas = figure.subplots(1, 2, sharey=True, width_ratios=[2.2, 1])
    _draw_curves(figure, curves, comparison)
    depth, marker = np.arange(count), "o" if count <= LABELS else ""
    areas.plot(comparison.area, depth, color=CURVE, marker=marker, markersize=3, label="area")
    _draw_beside(areas, comparison, depth)
    areas.set(xlabel="area under s(ε)", xlim=(0, 1), xticks=np.arange(0, 1.1, 0.2))
    areas.grid(color="#EEEEEE", linewidth=0.8)
    areas.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1),
        ncols=2,
        frameon=False,
        fontsize=8,
        labelcolor=TEXT,
    )
    for panel in (curves, areas):
        _style(panel)
    return figure


def _draw_beside(panel: Axes, comparison: Comparison, depth: NDArray[np.int64]) -> None:
    """Draw what the areas would be by chance, and the interval of each."""
    if len(comparison.nulls) == len(comparison):
        by_chance = np.array([nulls.area for nulls in comparison.nulls.values()])
        least, most = by_chance.min(axis=1), by_chance.max(axis=1)
        panel.fill_betweenx(depth, least, most, color=CHANCE, alpha=0.35, linewidth=0)
        panel.plot(np.median(by_chance, axis=1), depth, color=CHANCE, label="nulls")
    else:
        panel.plot(1 - comparison.chance, depth, color=CHANCE, label="by chance")
    if len(comparison.intervals) == len(comparison):
        low, high = np.transpose([each.area for each in comparison.intervals.values()])
        panel.fill_betweenx(depth, low, high, color=CURVE, alpha=0.25, linewidth=0)


def _draw_curves(figure: Figure, panel: Axes, comparison: Comparison) -> None:
    count, height = len(comparison), _extent(len(comparison))
    image = panel.imshow(
        comparison.similarity(EPS),
        cmap=COLOURS,
        vmin=0,
        vmax=1,
        aspect="auto",
        interpolation="nearest",
        extent=(0, 1, count - 0.5, -0.5),
    )
    _draw_chance(panel, comparison.chance)
    panel.set(xlabel="ε, the largest relative residual in a match", xlim=(0, 1))
    _name_layers(panel.yaxis, comparison.layers_a)
    # Fractions of a height that grows with the layers.
    bar = figure.colorbar(
        image, ax=panel, location="top", aspect=40, fraction=0.5 / height, pad=0.1 / height
    )
    _label_bar(bar, "s(ε), part of the neurons matched")


def _draw_chance(panel: Axes, chance: Floats) -> None:
    edges = np.arange(chance.size + 1) - 0.5
    # White on black is seen over every colour.
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
            fontsize=8,
            path_effects=[withStroke(linewidth=2, foreground="black")],
        )


def _matrix_figure(comparison: Comparison) -> Figure:
    """Draw the area of each layer of A with each of B as the colour of a cell."""
    rows, columns = comparison.layers_a, comparison.layers_b
    figure = Figure(layout="constrained")
    panel = figure.subplots()
    beside, below = _name_layers(panel.yaxis, rows), _name_layers(panel.xaxis, columns)
    width = 2.0 + beside + _extent(len(columns))
    figure.set_size_inches(width, 1.4 + below + _extent(len(rows)))
    figure.suptitle(_title(comparison, width), color=TEXT, fontsize=12)
    area = comparison.area
    most = max(0.1, math.ceil(10 * np.nanmax(area)) / 10)
    image = panel.imshow(
        area, cmap=COLOURS, vmin=0, vmax=most, aspect="auto", interpolation="nearest"
    )
    panel.set_facecolor(OTHERS)  # of pairs that were not compared
    panel.tick_params(axis="x", labelrotation=90)
    panel.set(xlabel="layers of B", ylabel="layers of A")
    if max(area.shape) <= FIGURES:
        _write_figures(panel, area, most)
    _label_bar(figure.colorbar(image, ax=panel, aspect=30), _area_label(comparison))
    _style(panel)
    return figure


def _write_figures(panel: Axes, area: Floats, most: float) -> None:
    for (row, column), value in np.ndenumerate(area):
        if not math.isnan(value):
            ink = "white" if value < 0.42 * most else "black"
            panel.text(column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=8)


def _area_label(comparison: Comparison) -> str:
    by_chance = 1 - comparison.chance[~np.isnan(comparison.chance)]
    if by_chance.size == 0:
        return "area under s(ε)"
    least, most = f"{by_chance.min():.2f}", f"{by_chance.max():.2f}"
    return f"area under s(ε)\nby chance {least if least == most else f'{least} to {most}'}"


def _extent(count: int) -> float:
    """Return inches for so many layers: less for each where there are many."""
    return max(1.4, min(0.42 * count, max(0.17 * count, 5.0), 0.17 * LABELS))


def _name_layers(axis: Axis, layers: Sequence[str]) -> float:
    """Write the names of layers, and return how many inches they take."""
    step = math.ceil(len(layers) / LABELS)
    names = layers[::step]
    short = short_names(names, LETTERS)
    axis.set_ticks(np.arange(0, len(layers), step), [_plain(short[name]) for name in names])
    return LETTER * max(map(len, short.values()))


def _label_bar(bar: Colorbar, what: str) -> None:
    bar.set_label(what, color=TEXT, fontsize=10)
    bar.ax.tick_params(labelsize=8, color=OTHERS, labelcolor=TEXT)
    bar.outline.set_visible(False)


def _style(panel: Axes) -> None:
    for axis in (panel.xaxis, panel.yaxis):
        axis.label.set(color=TEXT, fontsize=10)
    panel.tick_params(labelsize=8, color=OTHERS, labelcolor=TEXT)
    for spine in panel.spines.values():
        spine.set_color(OTHERS)


def _title(comparison: Comparison, inches: float) -> str:
    # A number and what it counts stay together.
    parts = [part.replace(" ", "\u00a0") for part in about(comparison).split(", ")]
    return fill(", ".join(parts), int(9 * inches))


def _broken(name: str) -> str:
    """Break a long name after dots into lines."""
    if len(name) <= ONE_LINE:
        return _plain(name)
    lines = [""]
    for part in reversed(re.findall(r"[^._/]*[._/]|[^._/]+", name)):
        room = LAST_LINE if len(lines) == 1 else LINE
        if lines[0] and len(part + lines[0]) > room:
            lines.insert(0, "")
        lines[0] = part + lines[0]
    return _plain("\n".join(lines))


def _plain(name: str) -> str:
    """Keep matplotlib from reading a formula into a name."""
    return name.replace("$", r"\$")
