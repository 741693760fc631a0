"""A circular shift by whole inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from spanmatch.plot.style import BLUE, GREEN, INK, LABEL, ORANGE, PURPLE, SMALL, SOFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SOFT)
POSITIONS, SHIFT, WIDTH = 4, 2, 0.93


def draw() -> Figure:
    """Draw the data, and a null."""
    figure = Figure(figsize=(7.6, 2.9), layout="constrained")
    panels = figure.subplots(2, 1)
    for axes, title, shift in zip(
        panels, ("the data", "a null: y shifted by two images"), (0, SHIFT), strict=True
    ):
        draw_images(axes, "y", 0, shift)
        draw_images(axes, "x", 1, 0)
        axes.set_title(title, color=INK, fontsize=LABEL, loc="left")
        axes.set(xlim=(-0.6, len(COLOURS)), ylim=(-0.1, 1.9))
        axes.set_axis_off()
    return figure


def draw_images(axes: Axes, side: str, row: int, shift: int) -> None:
    """Draw the images of a side, each with its positions."""
    axes.text(-0.15, row + 0.4, side, color=INK, fontsize=LABEL, ha="right", va="center")
    for place in range(len(COLOURS)):
        image = (place + shift) % len(COLOURS)
        axes.add_patch(Rectangle((place, row), WIDTH, 0.8, color=COLOURS[image], linewidth=0))
        for position in range(1, POSITIONS):
            left = place + WIDTH * position / POSITIONS
            axes.plot([left, left], [row, row + 0.8], color="#fefefe", alpha=0.35, linewidth=1)
        axes.text(
            place + 0.46,
            row + 0.38,
            f"image {image}",
            color="#fefefe",
            fontsize=SMALL,
            ha="center",
            va="center",
        )
