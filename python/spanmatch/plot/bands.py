"""Three bands under s(ε): shared one by one, one by one but repeated, only in another basis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Patch

from spanmatch.plot.style import GREEN, INK, SKY, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

# Colour and opacity. Both bands of neurons that are shared one by one are green.
BANDS = {
    "one by one": (GREEN, 0.75),
    "one by one, but repeated": (GREEN, 0.3),
    "only in another basis": (SKY, 0.3),
}
"""The names of the bands, from the axis upwards."""


def draw_bands(
    axes: Axes,
    along: ArrayLike,
    one_by_one: ArrayLike,
    near: ArrayLike,
    whole: ArrayLike,
    *,
    upright: bool = False,
) -> None:
    """Fill from 0 to s1, from there to near, and from there to s, behind everything else.

    With `upright`, `along` runs up the picture.
    """
    fill = axes.fill_betweenx if upright else axes.fill_between
    edges = [np.zeros(np.shape(whole)), one_by_one, near, whole]
    for (label, (colour, strength)), low, high in zip(
        BANDS.items(), edges[:-1], edges[1:], strict=True
    ):
        fill(along, low, high, color=colour, alpha=strength, linewidth=0, label=label, zorder=0.9)


def name_bands(figure: Figure) -> None:
    """Put a legend of the bands under a figure.

    A label under all panels must end in an empty line, since matplotlib leaves no room for a legend
    beside such a label.
    """
    free = not figure.get_supxlabel()
    figure.legend(
        handles=[
            Patch(color=colour, alpha=strength, linewidth=0, label=label)
            for label, (colour, strength) in BANDS.items()
        ],
        loc="outside lower center" if free else "lower center",
        ncols=len(BANDS),
        frameon=False,
        borderpad=0.2,
        borderaxespad=0.5 if free else 0.0,
        fontsize=SMALL,
        labelcolor=INK,
    )
