"""Pictures of the structure of a match: sizes of simple matches, and support."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spanmatch.plot.style import BLUE, INK, LABEL, ORANGE, SMALL, TITLE, style_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from spanmatch.results.match import Match
    from spanmatch.results.structure import Support

X, Y = BLUE, ORANGE
LEAST_BARS = 8  # Leave room for this number of bars, so that a few are not too broad.
GAPS_UP_TO = 60  # More bars than this have no gaps between them.
DOTS = 700  # The most dots along a side of a matrix: more could not be seen apart.


def draw_match_sizes(matches: Sequence[Match], title: str) -> Figure:
    """Draw how many neurons of x and of y each match holds, largest match first."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    figure.suptitle(title, color=INK, fontsize=TITLE)
    if not matches:
        return _say_nothing_matches(figure)
    panel = figure.subplots()
    largest_first = sorted(matches, key=len, reverse=True)
    rank = np.arange(1, len(matches) + 1)
    width = 0.8 if len(matches) <= GAPS_UP_TO else 1.0
    of_x = np.array([match.x.size for match in largest_first])
    of_y = np.array([match.y.size for match in largest_first])
    panel.bar(rank, of_x, width, color=X, label="x", linewidth=0)
    panel.bar(rank, of_y, width, bottom=of_x, color=Y, label="y", linewidth=0)
    panel.set(xlabel="simple matches, largest first", ylabel="neurons")
    panel.set(xlim=(0.4, max(len(matches), LEAST_BARS) + 0.6), ylim=(0, None))
    _style(panel, grid="y")
    legend = panel.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
    for label in legend.get_texts():
        label.set(color=INK, fontsize=SMALL)
    return figure


def draw_support(support: Support, title: str) -> Figure:
    """Draw which neurons support which, and the sizes of the cores.

    Neurons are in order of the size of their core, with each group together. A neuron's supporters
    have no larger core than it, so all dots lie on the squares of the diagonal or above them.
    """
    figure = Figure(figsize=(7.6, 4.0), layout="constrained")
    figure.suptitle(title, color=INK, fontsize=TITLE)
    count = len(support.neurons)
    if count == 0:
        return _say_nothing_matches(figure)
    matrix, cores = figure.subplots(1, 2, width_ratios=[1.25, 1])
    order = _order_neurons(support)
    matrix.imshow(
        _thin(support.matrix[np.ix_(order, order)]),
        cmap=ListedColormap(["white", X]),
        vmin=0,
        vmax=1,
        extent=(0.5, count + 0.5, count + 0.5, 0.5),
        interpolation="nearest",
    )
    matrix.set(xlabel="neuron v, by the size of its core", ylabel="neuron u that supports v")
    sizes = support.matrix.sum(axis=0)[order]
    cores.plot(np.arange(1, count + 1), sizes, color=X, linewidth=2.0, drawstyle="steps-mid")
    cores.set(xlabel="neuron v, in the same order", ylabel="neurons in its core", ylim=(0, None))
    cores.set(xlim=(0.5, count + 0.5))
    _style(matrix, grid=None)
    _style(cores, grid="y")
    return figure


def _order_neurons(support: Support) -> NDArray[np.int64]:
    """Sort neurons by the size of their core, then by the first neuron of their group."""
    core_sizes = support.matrix.sum(axis=0)
    group = np.argmax(support.matrix & support.matrix.T, axis=1)
    return np.lexsort([group, core_sizes])


def _thin(matrix: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Merge squares of cells into one dot if there are too many; it is set if any cell is."""
    side = -(-len(matrix) // DOTS)
    padding = -len(matrix) % side
    padded = np.pad(matrix, (0, padding))
    squares = padded.reshape(len(padded) // side, side, len(padded) // side, side)
    return np.asarray(squares.any(axis=(1, 3)))


def _style(panel: Axes, *, grid: str | None) -> None:
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10]))
    style_axes(panel, grid=grid)


def _say_nothing_matches(figure: Figure) -> Figure:
    figure.text(0.5, 0.5, "no neuron matches", ha="center", color=INK, fontsize=LABEL)
    return figure
