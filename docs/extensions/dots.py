"""Two layers as two columns of dots, and outlines around those that match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.colors import to_rgb
from matplotlib.patches import FancyBboxPatch

from spanmatch.plot.style import BLUE, INK, LABEL, ORANGE, OTHERS

if TYPE_CHECKING:
    from collections.abc import Collection

    from matplotlib.axes import Axes

    Sides = tuple[Collection[int], Collection[int]]


def draw_layers(axes: Axes, count: int, bright: Sides) -> None:
    """Draw `count` neurons of x on the left and of y on the right; all but the bright are grey."""
    for left, side, colour, chosen in zip((0, 1), "xy", (BLUE, ORANGE), bright, strict=True):
        for neuron in range(count):
            is_bright = neuron in chosen
            axes.scatter(left, -neuron, s=170, color=colour if is_bright else OTHERS, zorder=3)
            axes.annotate(
                f"{side}{neuron}",
                (left, -neuron),
                xytext=(-19 if left == 0 else 19, 0),
                textcoords="offset points",
                ha="right" if left == 0 else "left",
                va="center",
                color=INK if is_bright else OTHERS,
                fontsize=LABEL,
            )
    axes.set(xlim=(-0.9, 1.9), ylim=(0.7 - count, 0.9))
    axes.set_axis_off()


def outline(axes: Axes, first: int, last: int, colour: str) -> None:
    """Draw a frame around the neurons of both sides from one row to another."""
    axes.add_patch(
        FancyBboxPatch(
            (-0.5, -last - 0.12),
            2.0,
            last - first + 0.24,
            boxstyle="round,pad=0.22",
            facecolor=(*to_rgb(colour), 0.13),
            edgecolor=colour,
            linewidth=1.8,
            zorder=2,
        )
    )
