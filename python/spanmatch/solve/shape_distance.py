"""The shape metrics: the distance of two sides after the best rotation."""

from __future__ import annotations

from math import acos, nan, sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np

from spanmatch.base.arguments import as_choice, as_part
from spanmatch.solve.cross_measures import scale_cross
from spanmatch.solve.decompositions import find_singular_values
from spanmatch.solve.read_sides import read_sides

if TYPE_CHECKING:
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.pair.types import Samples
    from spanmatch.results.result import Floats
    from spanmatch.solve.side_factors import SideFactors, Sides

SCORES = ("angular", "euclidean")


def shape_distance(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    alpha: float = 1.0,
    score: Literal["angular", "euclidean"] = "angular",
    progress: bool = False,
) -> float:
    """Compute the distance between two sides after partial whitening and the best rotation.

    Each centred side X is multiplied by α I + (1 − α) (XᵀX)^(−1/2), and then scaled back to its
    norm |X|. The distance is the least over all rotations of one side (Williams, Kunz, Kornblith
    and Linderman, "Generalized Shape Metrics on Neural Representations", NeurIPS 2021; the package
    netrep). It is a metric: the triangle inequality holds.

    - `alpha=1` does not whiten. This is Procrustes. The angular distance is
      arccos(`measures(x, y).procrustes_similarity`), unchanged by rotations and by the scale of a
      side.
    - `alpha=0` whitens fully, so that only the spans matter. This is CCA. The angular distance is
      arccos(Σ ρ_i / √(rank x · rank y)), with ρ_i the canonical correlations. It is unchanged by
      any invertible linear map of a side.
    - A value between is unchanged by rotations. It depends on the units of a side and on the number
      of samples, since (XᵀX)^(−1/2) shrinks as X grows and I does not.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.
    alpha
        From 0 (fully whitened) to 1 (not whitened).
    score
        "angular" is the angle between the sides, from 0 to π/2. "euclidean" is |X − Y Q|, in the
        units of the activations.

    Returns
    -------
    float
        nan if a side has no variance. An angle below about 1e-7, or a euclidean distance below
        about 1e-7 |X|, cannot be told from 0. Whitening leaves out directions with less than δ² of
        the largest variance, which are rounding. netrep counts these directions, and the zeros that
        it pads the narrower side with, in the norm. If there are any, its euclidean distance
        differs from this one.

    Raises
    ------
    TypeError, ValueError
        As for `spectrum`; `alpha` is outside [0, 1], or `score` is unknown.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the larger side.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((1000, 3))
    >>> y = x @ np.array([[3.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> [round(shape_distance(x, y, alpha=alpha), 2) for alpha in (0.0, 0.5, 1.0)]
    [0.0, 0.54, 0.55]
    """
    alpha = as_part(alpha, "`alpha`")
    as_choice(score, SCORES, "`score`")
    read = read_sides(x, y, progress)
    return nan if read is None else find_shape_distance(*read, alpha, score)


def find_shape_distance(
    sides: Sides, cross: Floats, alpha: float = 1.0, score: str = "angular"
) -> float:
    """Return the distance of two sides from their factors and cross products."""
    similarity = _find_similarity(sides, cross, alpha)
    if score == "angular":
        return acos(similarity)
    one, other = (sqrt(side.trace) / side.factor for side in sides)
    # |X|² + |Y|² − 2 |X| |Y| cos, without the difference of two squares.
    return sqrt((one - other) ** 2 + 2.0 * one * other * (1.0 - similarity))


def _find_similarity(sides: Sides, cross: Floats, alpha: float) -> float:
    """Return the cosine of the angle between the sides, after whitening and rotation."""
    x, y = sides
    if alpha == 0.0:
        # Columns have norm 1 here, so that no neuron's scale counts.
        unit = cross * x.inverse_norms[:, np.newaxis] * y.inverse_norms
        between = x.independent.T @ unit @ y.independent
        sizes = [float(width) for width in between.shape]
    elif alpha == 1.0:
        between = scale_cross(sides, cross)
        sizes = [x.trace, y.trace]
    else:
        (in_x, size_x), (in_y, size_y) = (_whiten(side, alpha) for side in sides)
        between = in_x.T @ scale_cross(sides, cross) @ in_y
        sizes = [size_x, size_y]
    nuclear = float(find_singular_values(between).sum())
    return min(1.0, nuclear / (sqrt(sizes[0]) * sqrt(sizes[1])))


def _whiten(side: SideFactors, alpha: float) -> tuple[Floats, float]:
    """Return the matrix that whitens X times its factor, up to rotation, and |X|² after that."""
    values, vectors = side.variances
    kept = values >= side.delta**2 * values[-1]
    roots = np.sqrt(values[kept])
    # The length of each direction after whitening, in the units of the activations.
    lengths = alpha * (roots / side.factor) + (1.0 - alpha)
    # Divide by the largest, since squares might overflow.
    lengths = lengths / lengths.max()
    return vectors[:, kept] * (lengths / roots), float(np.square(lengths).sum())
