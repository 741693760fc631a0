"""Where the bands of a picture begin and end, read off the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.plot.bands import BANDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


def edges(axes: Axes, *, upright: bool = False) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lower and the upper ends, bands × points along, from the axis upwards."""
    drawn = {part.get_label(): part for part in axes.collections}
    found = [_read_ends(drawn[label].get_paths()[0].vertices, upright) for label in BANDS]
    low, high = np.array(found).transpose(1, 0, 2)
    return low, high


def _read_ends(vertices: object, upright: bool) -> tuple[NDArray[np.float64], ...]:
    """Return both sides of an outline: out along the one, and back along the other."""
    across = np.asarray(vertices)[:, 0 if upright else 1]
    count = (len(across) - 3) // 2
    return across[1 : count + 1], across[count + 2 : -1][::-1]
