"""The GULP distance: how far apart predictions from two sides can be."""

from __future__ import annotations

from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.arguments import as_penalty
from spanmatch.solve.cross_measures import scale_cross
from spanmatch.solve.read_sides import read_sides

if TYPE_CHECKING:
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.pair.types import Samples
    from spanmatch.results.result import Floats
    from spanmatch.solve.side_factors import SideFactors, Sides

RIDGE = 0.01


def gulp_distance(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    ridge: float = RIDGE,
    progress: bool = False,
) -> float:
    """Compute the GULP distance: how far ridge regressions on x and on y can differ.

    The two regressions predict the same target (Boix-Adsera, Lawrence, Stepaniants and Rigollet,
    "GULP: a Prediction-Based Metric Between Representations", NeurIPS 2022). With Σ the covariances
    of the sides, centred and scaled to tr Σ = 1, and R = (Σ + λ I)^(−1),

    d² = tr (Σ_x R_x)² + tr (Σ_y R_y)² − 2 tr (R_x Σ_xy R_y Σ_yx).

    This is the mean squared difference of the two predictions, summed over an orthonormal basis of
    all targets. So for any target of variance 1 the predictions differ by at most d.

    The distance is a metric. It is unchanged by rotations and by the scale of a side. With λ = 0 it
    is unchanged by any invertible linear map, and d² is rank x + rank y − 2 Σ ρ_i², with ρ_i the
    canonical correlations.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.
    ridge
        λ, at least 0. The variances of all directions of a side add up to 1, and directions with a
        variance far below λ hardly count.

    Returns
    -------
    float
        From 0 to √(rank x + rank y); nan if a side has no variance. A distance below about 1e-7
        cannot be told from 0. Directions with less than δ² of the largest variance are rounding,
        and left out.

    Raises
    ------
    TypeError, ValueError
        As for `spectrum`; `ridge` is negative or not finite.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the larger side.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((1000, 3))
    >>> [round(gulp_distance(x, y), 2) for y in (x[:, ::-1], x[:, :2], x**2)]
    [0.0, 0.97, 2.37]
    """
    ridge = as_penalty(ridge, "`ridge`")
    read = read_sides(x, y, progress)
    return nan if read is None else find_gulp_distance(*read, ridge)


def find_gulp_distance(sides: Sides, cross: Floats, ridge: float = RIDGE) -> float:
    """Return the distance of two sides from their factors and cross products."""
    x, y = sides
    (in_x, own_x), (in_y, own_y) = (_find_predictors(side, ridge) for side in sides)
    between = in_x.T @ scale_cross(sides, cross) @ in_y
    shared = float(np.einsum("ij,ij->", between, between)) / (x.trace * y.trace)
    return sqrt(max(0.0, own_x + own_y - 2.0 * shared))


def _find_predictors(side: SideFactors, ridge: float) -> tuple[Floats, float]:
    """Return V R^(1/2) and tr (Λ R)², with directions V, variances Λ, and R = 1 / (Λ + λ)."""
    values, vectors = side.variances
    kept = values >= side.delta**2 * values[-1]
    parts = values[kept] / side.trace
    return vectors[:, kept] / np.sqrt(parts + ridge), float(
        np.square(parts / (parts + ridge)).sum()
    )
