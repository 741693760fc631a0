"""Curves over ε: the part of all neurons whose critical ε is at most ε, and the area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.arguments import as_eps, refuse_masked
from spanmatch.base.constants import EXACT, TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spanmatch.results.result import Floats


def find_threshold(eps: float | Floats, resolution: float) -> Floats:
    """Return the largest critical ε that counts as at most `eps`."""
    return np.asarray(np.maximum(eps, EXACT * resolution) + TOLERANCE)


def find_share(critical: Floats, eps: ArrayLike, resolution: float) -> float | Floats:
    """Return the part of sorted critical ε that is at most one ε, or each of several.

    TypeError or ValueError is raised if `eps` is not a real number in [0, 1), or an array of them.

    >>> find_share(np.array([0.0, 0.25, np.inf]), 0.5, 1e-6) == 2 / 3
    True
    """
    refuse_masked(eps, "`eps`")
    if np.ndim(eps) == 0:
        return float(_count(critical, as_eps(np.asarray(eps).item()), resolution))
    levels = np.asarray(eps)
    if levels.dtype.kind not in "fiu":
        raise TypeError(f"`eps` must hold real numbers, got {levels.dtype}")
    outside = levels[~((levels >= 0) & (levels < 1))]
    if outside.size > 0:
        raise ValueError(f"`eps` must be in [0, 1), got {outside[0]}")
    return _count(critical, levels.astype(np.float64), resolution)


def find_area(critical: Floats) -> float:
    """Return the area under the curve."""
    parts = np.maximum(0.0, 1.0 - critical)
    return float(parts.mean()) if parts.size > 0 else 0.0


def find_corrected_area(critical: Floats, chance: Floats, resolution: float) -> float:
    """Return the mean of max(0, 1 - c / chance), with 0 where chance counts as exact or is nan.

    >>> find_corrected_area(np.array([0.2, 0.9, 0.0]), np.array([0.4, 0.8, 0.0]), 1e-6) == 0.5 / 3
    True
    """
    # If chance alone explains all of a neuron, no residual is better than chance.
    can_be_better = chance > EXACT * resolution
    parts = np.zeros(critical.shape)
    np.divide(critical, chance, out=parts, where=can_be_better)
    parts = np.where(can_be_better, np.maximum(0.0, 1.0 - parts), 0.0)
    return float(parts.mean()) if parts.size > 0 else 0.0


def _count(critical: Floats, eps: float | Floats, resolution: float) -> Floats:
    within = np.searchsorted(critical, find_threshold(eps, resolution), side="right")
    return np.asarray(within / max(1, critical.size))
