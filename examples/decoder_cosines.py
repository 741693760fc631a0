"""Sparse autoencoders compared by the cosines of their decoders, as it is usually done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARED = 0.7
"""From this cosine on, a latent and the one assigned to it count as one."""


@dataclass(frozen=True)
class DecoderCosines:
    """What the cosines between two decoders say."""

    mean_max: tuple[float, float]
    """The mean max cosine (MCS) of the latents of either decoder."""
    paired: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    """Which latents of either have a partner: assigned one to one, and of cosine 0.7 at least."""

    @property
    def paired_share(self) -> float:
        """The part of the latents that have a partner."""
        return float(np.concatenate(self.paired).mean())


def compare_decoders(x: NDArray[np.float32], y: NDArray[np.float32]) -> DecoderCosines:
    """Compare decoders whose rows, one a latent, have length 1.

    The assignment is that of the largest summed cosine (the Hungarian method).
    """
    cosines = x @ y.T
    rows, columns = linear_sum_assignment(cosines, maximize=True)
    good = cosines[rows, columns] >= SHARED
    paired = np.zeros(len(x), np.bool_), np.zeros(len(y), np.bool_)
    paired[0][rows[good]] = True
    paired[1][columns[good]] = True
    return DecoderCosines(
        (float(cosines.max(1).mean()), float(cosines.max(0).mean())),
        paired,
    )
