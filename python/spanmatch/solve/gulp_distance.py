"""How far apart the predictions are that two sides lead to."""

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
    """Measure by how much predictions from one side can differ from those of the other.

    GULP compares what ridge regression on x and on y predicts (Boix-Adsera, Lawrence, Stepaniants
    and Rigollet, "GULP: a Prediction-Based Metric Between Representations", NeurIPS 2022):

    d² = tr (Σ_x R_x)² + tr (Σ_y R_y)² − 2 tr (R_x Σ_xy R_y Σ_yx), R = (Σ + λ I)^(−1),

    the mean square of the difference between the two predictions, summed over targets at right
    angles that make up all there are. For no target of variance 1 the predictions are further apart
    than d. Σ are the covariances of sides that are centred and scaled to tr Σ = 1.

    It is a metric. Unchanged by rotations and by the scale of a side; with λ = 0 by any
    invertible linear map: then d² is rank x + rank y − 2 Σ ρ_i².

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.
    ridge
        λ, at least 0, where the variances of all directions of a side add up to 1: those far below
        λ do not count.

    Returns
    -------
    float
        From 0 to √(rank x + rank y); nan where a side has no variance. Below about 1e-7 it is not
        told from 0. Directions with less than δ² of the largest variance are left out: they are
        rounding.

    Raises
    ------
    TypeError, ValueError
        As `spectrum`; `ridge` is negative or not finite.

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
    """Return the distance of sides that have been read."""
    x, y = sides
    (in_x, own_x), (in_y, own_y) = (_find_predictors(side, ridge) for side in sides)
    between = in_x.T @ scale_cross(sides, cross) @ in_y
    shared = float(np.einsum("ij,ij->", between, between)) / (x.trace * y.trace)
    return sqrt(max(0.0, own_x + own_y - 2.0 * shared))


def _find_predictors(side: SideFactors, ridge: float) -> tuple[Floats, float]:
    """Return V R^(1/2) and tr (Λ R)²: directions V, their variances Λ of sum 1, R = 1 / (Λ + λ)."""
    values, vectors = side.variances
    kept = values >= side.delta**2 * values[-1]
    parts = values[kept] / side.trace
    return vectors[:, kept] / np.sqrt(parts + ridge), float(
        np.square(parts / (parts + ridge)).sum()
    )
