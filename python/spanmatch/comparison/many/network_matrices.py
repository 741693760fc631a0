"""Matrices of networks × networks, drawn as coloured cells, a panel for each layer.

This needs matplotlib. Everything is placed in inches, so that panels are squares of equal size and
there is room for the names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

from spanmatch.comparison.keys import shorten_names
from spanmatch.comparison.picture import COLOURS, LETTER, label_bar, write_figures
from spanmatch.plot.style import INK, SMALL, TITLE, escape_formulas, style_axes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from spanmatch.results.result import Floats

WIDTH = 9.6  # The width of a figure in inches, at which letters are legible on a page.
COLUMNS = 6
GAP = 0.15  # Inches between panels.
ABOVE = 0.35  # Inches over a panel, for its title.
BAR, HEAD = 0.12, 0.6  # Inches of the colour bar, alone and with its numbers and label.
SMALLEST, LARGEST = 1.4, 4.0  # Inches along a panel.
LETTERS = 18  # The most letters of a network's name.
FIGURES = 8  # The most networks in a panel whose cells show their numbers.
LINE = 0.13  # The height of a line of text in inches.


@dataclass(frozen=True)
class MatrixGrid:
    """A figure with a panel for each layer, and axes for the colour bar."""

    figure: Figure
    panels: list[Axes]
    bar: Axes
    columns: int
    size: float
    """Inches along a panel."""


def begin_matrices(
    names: Sequence[str], count: int, *, title: str = "", foot: float = 0.0
) -> MatrixGrid:
    """Return a figure of panels, each with a row and a column for every network.

    Parameters
    ----------
    names
        The names of the networks.
    count
        The number of panels.
    title
        A title over all panels.
    foot
        Inches to leave free below.
    """
    beside = measure_names(names, LETTERS)
    room, least = WIDTH - beside - GAP, _measure_panel(len(names))
    columns = max(1, min(count, COLUMNS, int(room / (least + GAP))))
    size = max(least, min(LARGEST, room / columns - GAP))
    rows = math.ceil(count / columns)
    head = HEAD + (0.35 if title else 0.0)
    height = head + rows * (size + ABOVE) + beside + foot
    figure = Figure(figsize=(WIDTH, height))
    if title:
        figure.suptitle(title, y=1 - 0.1 / height, color=INK, fontsize=TITLE)
    tops = [height - head - (at // columns) * (size + ABOVE) - ABOVE for at in range(count)]
    panels = [
        place_axes(figure, beside + (at % columns) * (size + GAP), top - size, size, size)
        for at, top in enumerate(tops)
    ]
    wide = columns * (size + GAP) - GAP
    bar = place_axes(figure, beside, height - head, wide, BAR)
    return MatrixGrid(figure, panels, bar, columns, size)


def draw_matrices(
    grid: MatrixGrid, names: Sequence[str], layers: Mapping[str, Floats], label: str
) -> None:
    """Draw a panel for each layer, all with the same scale of colours.

    Names of networks are at the left and below. The cells of a network with itself, and of two
    networks that were not compared, are empty.
    """
    itself = np.eye(len(names), dtype=bool)
    shown = {layer: np.where(itself, np.nan, values) for layer, values in layers.items()}
    most = _find_most(list(shown.values()))
    titles = shorten_names(list(layers), max(12, int(grid.size / LETTER)))
    for at, (panel, (layer, values)) in enumerate(zip(grid.panels, shown.items(), strict=True)):
        image = _draw_matrix(panel, values, most)
        panel.set_title(escape_formulas(titles[layer]), fontsize=SMALL)
        _name_networks(
            panel,
            names,
            beside=at % grid.columns == 0,
            below=at + grid.columns >= len(shown),
            size=grid.size,
        )
    bar = grid.figure.colorbar(image, cax=grid.bar, orientation="horizontal")
    label_bar(bar, label)
    grid.bar.xaxis.set_ticks_position("top")
    grid.bar.xaxis.set_label_position("top")
    grid.bar.tick_params(length=0)


def measure_names(names: Sequence[str], letters: int) -> float:
    """Return the inches that the longest name takes beside axes, with a gap."""
    short = shorten_names(names, letters).values()
    # A browser may use another font, but this one is wider than most.
    extents = (TextPath((0, 0), escape_formulas(name), size=SMALL).get_extents() for name in short)
    return max(float(each.width) for each in extents) / 72 + GAP


def place_axes(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Return axes at a position in inches."""
    across, up = figure.get_size_inches()
    return figure.add_axes((left / across, bottom / up, width / across, height / up))


def _measure_panel(count: int) -> float:
    """Return the least inches along a panel, in which many networks get less room each."""
    return min(LARGEST, max(SMALLEST, 0.29 * count if count <= FIGURES else LINE * count))


def _find_most(matrices: Sequence[Floats]) -> float:
    """Return the upper end of the colours: the largest value, rounded up to a tenth."""
    known = np.concatenate([values[~np.isnan(values)] for values in matrices])
    return max(0.1, math.ceil(10 * float(known.max(initial=0.0)) - 1e-9) / 10)


def _draw_matrix(panel: Axes, values: Floats, most: float) -> AxesImage:
    image = panel.imshow(values, cmap=COLOURS, vmin=0.0, vmax=most, interpolation="nearest")
    style_axes(panel, grid=None)
    if len(values) <= FIGURES:
        write_figures(panel, values, most)
    return image


def _name_networks(
    panel: Axes, names: Sequence[str], *, beside: bool, below: bool, size: float
) -> None:
    """Write names at the left or below as asked for, and only some if there is no room for all."""
    step = math.ceil(len(names) * LINE / size - 1e-9)
    short = shorten_names(names, LETTERS)
    places = range(0, len(names), step)
    labels = [escape_formulas(short[names[at]]) for at in places]
    panel.set_xticks(places if below else [], labels if below else [], rotation=90)
    panel.set_yticks(places if beside else [], labels if beside else [])
