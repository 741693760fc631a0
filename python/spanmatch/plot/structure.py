"""Pictures of what is inside a match: sizes of simple matches, and support. Needs matplotlib."""

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
LEAST_BARS = 8  # that there is room for, so that a few are not broad
GAPS_UP_TO = 60  # bars; more stand side by side
DOTS = 700  # along a side of a drawn matrix: more are not told apart on paper


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
    """Draw who supports whom, and the sizes of the cores.

    Neurons stand in order of the size of their core, those of one group together. Whoever supports
    a neuron has no larger core than that, so all dots lie on the diagonal's squares or above them.
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
    """Sort neurons by the size of their core, then by group: the earliest neuron names a group."""
    core_sizes = support.matrix.sum(axis=0)
    group = np.argmax(support.matrix & support.matrix.T, axis=1)
    return np.lexsort([group, core_sizes])


def _thin(matrix: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Let a dot stand for a square of cells where there are too many: set where any of them is."""
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
