"""Sparse samples whose means are so large that the sums about 0 lose what centring needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import spanmatch._core as core
from spanmatch.base.errors import LostDigitsWarning, warn_user
from spanmatch.base.words import list_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from spanmatch.pair.types import Floats

# Of a first batch the centred square of a neuron, in parts of its square: eight digits of sixteen.
SMALLEST_PART = 1e-8
# Fewer say nothing of how a neuron varies.
FEWEST_ROWS = 10
SHOWN = 5


def warn_of_lost_digits(
    gram: core.Gram, sides: Mapping[str, NDArray[np.generic] | core.SparseRows]
) -> None:
    """Warn of neurons that the first batch has summed about 0, and that hardly vary.

    `sides` are those of that batch, by what stands for them in code.
    """
    if gram.n_samples < FEWEST_ROWS:
        return
    try:
        parts = gram.parts()
    except MemoryError:
        # Nor is there memory for anything that centres.
        return
    lost = np.split(_find_lost(parts), np.cumsum(gram.widths)[:-1])
    for (name, side), of_side in zip(sides.items(), lost, strict=True):
        if isinstance(side, core.SparseRows) and of_side.any():
            neurons = list_names([str(at) for at in np.flatnonzero(of_side)], SHOWN)
            warn_user(
                f"{name} is sparse, and so is summed about 0, but its neurons {neurons} are far "
                "from 0 on every sample and hardly vary: once they are centred they have lost more "
                f"than eight digits. Pass {name} as an array, or leave these neurons out",
                LostDigitsWarning,
            )


def _find_lost(parts: core._Parts) -> NDArray[np.bool_]:
    _, _, n_samples, shift, sums, _, products = parts
    squares: Floats = products.diagonal()
    centred = squares - sums * (sums / n_samples)
    lost: NDArray[np.bool_] = (shift == 0) & (squares > 0) & (centred < SMALLEST_PART * squares)
    return lost
