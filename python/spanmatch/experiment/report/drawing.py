"""A drawing of the report with its numbers, and functions that several drawings share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from spanmatch.base.shown_text import show_name
from spanmatch.plot.page.drawing import Drawing
from spanmatch.plot.style import BLUE, GREEN, INK, LABEL, SOFT, escape_formulas, style_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spanmatch.experiment.plan import ComparisonKind
    from spanmatch.experiment.report.findings import Findings

EPS = np.arange(100) / 100
COMPARED: dict[ComparisonKind, tuple[str, str]] = {
    "trained": ("two trained networks", BLUE),
    "start": ("a network before and after training", GREEN),
    "untrained": ("two untrained networks", SOFT),
}
"""The name and the colour of each kind of comparison."""


@dataclass(frozen=True)
class NumberedDrawing(Drawing):
    """A figure with its numbers."""

    rows: list[dict[str, Any]]
    """The numbers that it shows, a row for each."""


def begin_figure_through_depth(findings: Findings) -> tuple[Figure, Axes]:
    """Return a figure and its axes, with the layers along x and similarity up y."""
    figure = Figure(figsize=(9.6, 4.2), layout="constrained")
    axes = figure.subplots()
    name_layers(axes, findings.layers)
    axes.set_ylim(0, 1.02)
    style_axes(axes)
    return figure, axes


def name_layers(axes: Axes, layers: tuple[str, ...]) -> None:
    """Put the layers along the x axis, slanted where they would touch."""
    labels = list(map(shorten, layers))
    slanted = sum(map(len, labels)) > 60
    axes.set_xticks(
        range(len(layers)),
        labels,
        rotation=50 if slanted else 0,
        ha="right" if slanted else "center",
        rotation_mode="anchor" if slanted else "default",
    )
    axes.set_xlim(-0.5, len(layers) - 0.5)


def shorten(layer: str) -> str:
    """Return a layer's name for an axis: only its end if it is long, as the tables have all."""
    name = show_name(layer)
    return escape_formulas(name if len(name) <= 20 else f"…{name[-19:]}")


def add_legend(figure: Figure, columns: int) -> None:
    """Put a legend of the first axes over a figure."""
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside upper center",
        ncols=columns,
        frameon=False,
        fontsize=LABEL,
        labelcolor=INK,
    )
