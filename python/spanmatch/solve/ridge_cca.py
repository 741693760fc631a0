"""Canonical correlations with a ridge."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.arguments import as_penalty
from spanmatch.solve.cross_measures import average_singular
from spanmatch.solve.read_sides import read_sides

if TYPE_CHECKING:
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.pair.types import Samples
    from spanmatch.results.result import Floats
    from spanmatch.solve.side_factors import Sides

RIDGE = 0.1


def ridge_cca(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    ridge: float = RIDGE,
    progress: bool = False,
) -> float:
    """Compute the mean canonical correlation with a ridge, for few samples.

    The correlations are the singular values of (C_xx + λ I)^(−1/2) C_xy (C_yy + λ I)^(−1/2), where
    C are the products of centred columns of norm 1, as in `spectrum` (Vinod, "Canonical Ridge and
    Econometrics of Joint Production", Journal of Econometrics 1976). The mean is over as many
    correlations as the smaller of the two ranks.

    The measure is symmetric, and unchanged by permutations and by the scale of each neuron. With a
    ridge it changes with rotations, and a side with itself gives less than 1: a direction of
    variance v counts as v / (v + λ). With λ = 0 it is `measures(x, y).mean_cca`. It falls as λ
    grows.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.
    ridge
        λ, at least 0. Directions have variance 1 on average if neurons are linearly independent.

    Returns
    -------
    float
        In [0, 1]; nan if a side has no variance.

    Raises
    ------
    TypeError, ValueError
        As for `spectrum`; `ridge` is negative or not finite.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the larger side, whatever the ridge.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.standard_normal((2, 300, 60))
    >>> [round(ridge_cca(x, y, ridge=ridge), 2) for ridge in (0.0, 1.0)]
    [0.39, 0.18]
    """
    ridge = as_penalty(ridge, "`ridge`")
    read = read_sides(x, y, progress)
    return nan if read is None else find_ridge_cca(*read, ridge)


def find_ridge_cca(sides: Sides, cross: Floats, ridge: float = RIDGE) -> float:
    """Return the mean correlation of two sides from their factors and cross products."""
    x, y = sides
    unit = cross * x.inverse_norms[:, np.newaxis] * y.inverse_norms
    in_x, in_y = (
        vectors / np.sqrt(values + ridge)
        for values, vectors in (x.unit_variances, y.unit_variances)
    )
    return average_singular(in_x.T @ unit @ in_y)
