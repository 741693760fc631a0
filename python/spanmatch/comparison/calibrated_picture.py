"""Pictures of calibrated measures: curves over the layers, or colours for all pairs of layers.

This module needs matplotlib.
"""

from __future__ import annotations

import math
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from spanmatch.comparison.calibrated_table import describe
from spanmatch.comparison.picture import (
    COLOURS,
    FIGURES,
    NAMED_LAYERS,
    label_bar,
    measure_extent,
    name_layers,
    write_figures,
)
from spanmatch.plot.style import (
    CHANCE,
    CURVE,
    INK,
    LABEL,
    OTHERS,
    SMALL,
    SOFT,
    TITLE,
    style_axes,
)

if TYPE_CHECKING:
    from spanmatch.comparison.calibrated_layers import CalibratedLayers
    from spanmatch.results.result import Floats

COLUMNS = 3  # The most panels in a row.
LETTERS_PER_INCH = 9
TICK = 0.25  # The distance of ticks on the axis of a measure.
VALUE, SCORE, THRESHOLD, ZERO = "as it is", "calibrated", "what chance reaches", "at most chance"
GREY, BELOW = "grey: no more than chance, or not known", "below 0 is drawn as 0"


def draw_calibrated(layers: CalibratedLayers) -> Figure:
    """Draw a panel for each measure; for all pairs of layers two, the values and the scores."""
    return _draw_matrices(layers) if layers.all_pairs else _draw_curves(layers)


def _draw_curves(layers: CalibratedLayers) -> Figure:
    """Draw each measure over the layers, downwards: its value, its threshold and its score."""
    measures = layers.measures
    columns = min(COLUMNS, len(measures))
    rows, extent = math.ceil(len(measures) / columns), measure_extent(len(layers))
    figure = Figure(layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    beside = name_layers(grid[0, 0].yaxis, layers.layers_a)
    width = max(6.0, 0.5 + beside + 2.5 * columns)
    figure.set_size_inches(width, 1.3 + rows * (0.6 + extent))
    figure.suptitle(_compose_title(layers, width), color=INK, fontsize=TITLE)
    depth = np.arange(len(layers))
    for panel, measure in zip(grid.ravel(), measures, strict=False):
        value, score = layers.value(measure), layers.score(measure)
        marker = "o" if len(layers) <= NAMED_LAYERS else ""
        how = {"marker": marker, "markersize": 3.5}
        panel.plot(
            layers.threshold(measure),
            depth,
            color=CHANCE,
            linewidth=1.2,
            linestyle=":",
            marker="|" if marker else "",
        )
        panel.plot(value, depth, color=SOFT, linewidth=1.2, **how)
        panel.plot(score, depth, color=CURVE, linewidth=2, **how)
        # Open dots mark scores of exactly 0, since small scores look the same.
        nothing = score == 0.0
        panel.plot(
            score[nothing],
            depth[nothing],
            linestyle="none",
            marker="o",
            markersize=5,
            markerfacecolor="white",
            markeredgecolor=CURVE,
            clip_on=False,
            in_layout=False,
            zorder=3,
        )
        panel.set_title(measure, fontsize=LABEL)
        style_axes(panel)
    # All panels share both axes.
    low = _find_lowest(layers)
    ticks = TICK * np.arange(math.ceil(low / TICK), 5)
    grid[0, 0].set(xlim=(low - 0.03, 1.03), xticks=ticks, ylim=(len(layers) - 0.5, -0.5))
    for panel in grid.ravel()[len(measures) :]:
        panel.remove()
    for panel in grid.ravel()[max(0, len(measures) - columns) : len(measures)]:
        panel.tick_params(labelbottom=True)
    _name_curves(figure)
    return figure


def _find_lowest(layers: CalibratedLayers) -> float:
    """Return the lowest value of all curves, at most 0: debiased measures may be negative."""
    figures = [
        each for name in layers.measures for each in (layers.value(name), layers.threshold(name))
    ]
    return float(np.nanmin(figures, initial=0.0))


def _name_curves(figure: Figure) -> None:
    figure.legend(
        handles=[
            Line2D([], [], color=CURVE, linewidth=2, label=SCORE),
            Line2D(
                [], [], color=CURVE, marker="o", markerfacecolor="white", linestyle="", label=ZERO
            ),
            Line2D([], [], color=SOFT, linewidth=1.2, label=VALUE),
            Line2D([], [], color=CHANCE, linewidth=1.2, linestyle=":", label=THRESHOLD),
        ],
        loc="outside lower center",
        ncols=4,
        frameon=False,
        fontsize=SMALL,
        labelcolor=INK,
    )


def _draw_matrices(layers: CalibratedLayers) -> Figure:
    """Draw two matrices of each measure with the same colours: its values and its scores."""
    measures = layers.measures
    figure = Figure(layout="constrained")
    grid = figure.subplots(len(measures), 2, sharex=True, sharey=True, squeeze=False)
    beside = name_layers(grid[0, 0].yaxis, layers.layers_a)
    below = name_layers(grid[0, 0].xaxis, layers.layers_b)
    across, down = measure_extent(len(layers.layers_b)), measure_extent(len(layers.layers_a))
    width = max(6.5, 1.8 + beside + 2 * across)
    figure.set_size_inches(width, 1.2 + below + len(measures) * (0.5 + down))
    figure.suptitle(_compose_title(layers, width), color=INK, fontsize=TITLE)
    for pair, measure in zip(grid, measures, strict=True):
        both = layers.value(measure), layers.score(measure)
        most = max(0.1, math.ceil(10 * np.nanmax([*both, np.zeros(both[0].shape)])) / 10)
        for panel, matrix, what in zip(pair, both, (VALUE, SCORE), strict=True):
            image = panel.imshow(
                _hide_chance(matrix) if what == SCORE else matrix,
                cmap=COLOURS,
                vmin=0,
                vmax=most,
                aspect="auto",
                interpolation="nearest",
            )
            panel.set_facecolor(OTHERS)  # The colour of scores that are 0 or not known.
            panel.set_title(f"{measure}, {what}", fontsize=LABEL)
            panel.tick_params(axis="x", labelrotation=90)
            if max(matrix.shape) <= FIGURES:
                write_figures(panel, _hide_chance(matrix) if what == SCORE else matrix, most)
            style_axes(panel, grid=None)
        label_bar(figure.colorbar(image, ax=pair, aspect=20), "")
    grid[-1, 0].set(xlabel="layers of B", ylabel="layers of A")
    grid[-1, 1].set(xlabel="layers of B")
    negative = any((layers.value(measure) < 0.0).any() for measure in measures)
    footer = f"{GREY}; {BELOW}" if negative else GREY
    figure.supxlabel(footer, fontsize=SMALL, color=INK)
    return figure


def _hide_chance(score: Floats) -> Floats:
    return np.where(score > 0.0, score, np.nan)


def _compose_title(layers: CalibratedLayers, inches: float) -> str:
    # Keep each number in one line with its noun.
    parts = [part.replace(" ", "\u00a0") for part in describe(layers).split(", ")]
    return fill(", ".join(parts), int(LETTERS_PER_INCH * inches))
