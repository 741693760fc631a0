"""The style of all pictures: the palette, the axes, and how chance and intervals are drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.shown_text import show_controls

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

INK, SOFT, GRID = "#24292f", "#6e7781", "#d8dee4"
# Colour-blind readers can tell these apart (Okabe and Ito's palette), on a light or dark page.
BLUE, ORANGE, GREEN, PURPLE, SKY = "#0072b2", "#d55e00", "#009e73", "#b0578d", "#4aa3d9"
CURVE, CHANCE, OTHERS = BLUE, ORANGE, "#c4cad1"
SMALL, LABEL, TITLE = 8.5, 10, 12  # Font sizes.


def style_axes(axes: Axes, *, grid: str | None = "both") -> None:
    """Style axes; `grid` says which of them have lines: x, y, both, or None for none."""
    if grid is None:
        axes.grid(visible=False)
    else:
        axes.grid(axis=grid, color=GRID, linewidth=0.7)  # type: ignore[arg-type]
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=SMALL, color=GRID, labelcolor=INK)
    axes.title.set_color(INK)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=INK, fontsize=LABEL)
    for spine in axes.spines.values():
        spine.set_color(GRID)


def escape_formulas(name: str) -> str:
    r"""Return a name in which matplotlib reads no formula between dollars.

    Control characters, which neither fonts nor .svg files have, become visible escapes.

    >>> print(escape_formulas("a$b$"), escape_formulas("c\x1b"))
    a\$b\$ c\x1b
    """
    return show_controls(name).replace("$", r"\$")


def find_spread(values: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return the least, the median and the largest value along the first axis.

    >>> find_spread([[0.1, 0.2], [0.5, 0.4], [0.2, 0.9]])
    (array([0.1, 0.2]), array([0.2, 0.4]), array([0.5, 0.9]))
    """
    array = np.asarray(values, np.float64)
    return array.min(axis=0), np.median(array, axis=0), array.max(axis=0)


def draw_band(
    axes: Axes,
    along: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    colour: str = CURVE,
    upright: bool = False,
) -> None:
    """Shade the band from low to high; with `upright`, `along` runs up the picture."""
    fill = axes.fill_betweenx if upright else axes.fill_between
    fill(along, low, high, color=colour, alpha=0.25, linewidth=0)


def draw_nulls(
    axes: Axes,
    along: ArrayLike,
    nulls: tuple[ArrayLike, ArrayLike, ArrayLike],
    *,
    label: str | None = None,
    upright: bool = False,
) -> None:
    """Shade from the least null to the largest, and draw their median behind measured curves."""
    least, median, largest = nulls
    draw_band(axes, along, least, largest, colour=CHANCE, upright=upright)
    across = (median, along) if upright else (along, median)
    axes.plot(*across, color=CHANCE, linewidth=1.2, zorder=1.9, label=label)


def draw_chance_level(axes: Axes, level: float) -> None:
    """Shade from the chance level on, where unrelated neurons match too; not if it is nan."""
    if not math.isnan(level):
        axes.axvspan(level, 1.0, color=CHANCE, alpha=0.15, linewidth=0)
        axes.axvline(level, color=CHANCE, linewidth=1.2)
