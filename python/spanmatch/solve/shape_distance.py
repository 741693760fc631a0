"""The shape metrics: how far two sides are apart once they are turned onto each other."""

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
    """Measure the distance between two shapes: sides up to rotation, after partial whitening.

    Each side X, less its means, is multiplied by α I + (1 − α) (XᵀX)^(−1/2) and then scaled so that
    |X| is what it was. The distance is the least over all rotations of one side onto the other
    (Williams, Kunz, Kornblith and Linderman, "Generalized Shape Metrics on Neural Representations",
    NeurIPS 2021; the package netrep). It is a metric, with the triangle inequality.

    - `alpha=1` whitens nothing: Procrustes. Unchanged by rotations, and if angular by the scale of
      a side; it is arccos(`measures(x, y).procrustes_similarity`).
    - `alpha=0` whitens all, which leaves the spans alone: CCA. If angular, unchanged by any
      invertible linear map of a side: the arccos of Σ ρ_i / √(rank x · rank y).
    - Between, unchanged by rotations. It depends on the units of a side, and on how many samples
      there are: (XᵀX)^(−1/2) shrinks as X grows, and I does not.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.
    alpha
        From 0, whitened, to 1, as they are.
    score
        "angular": the angle between the sides, from 0 to π/2. "euclidean": |X − Y Q|, in the units
        of the activations.

    Returns
    -------
    float
        nan where a side has no variance. Below about 1e-7, or so much of |X|, it is not told from
        0. Whitening leaves out directions with less than δ² of the largest variance: they are
        rounding. netrep counts them, and what it pads a narrower side with, in the variance that it
        keeps, so that its euclidean distance is another where there are any.

    Raises
    ------
    TypeError, ValueError
        As `spectrum`; `alpha` or `score` is another.

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
    """Return the distance of sides that have been read."""
    similarity = _find_similarity(sides, cross, alpha)
    if score == "angular":
        return acos(similarity)
    one, other = (sqrt(side.trace) / side.factor for side in sides)
    # |X|² + |Y|² − 2 |X| |Y| cos, without the difference of two squares.
    return sqrt((one - other) ** 2 + 2.0 * one * other * (1.0 - similarity))


def _find_similarity(sides: Sides, cross: Floats, alpha: float) -> float:
    """Return the cosine of the angle between the sides, whitened and turned."""
    x, y = sides
    if alpha == 0.0:
        # Of columns of norm 1, so that no neuron's scale counts.
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
    """Return by what X times its factor is whitened, but for a rotation, and |X|² after that."""
    values, vectors = side.variances
    kept = values >= side.delta**2 * values[-1]
    roots = np.sqrt(values[kept])
    # Singular values, in the units of the activations; each direction comes to be so long.
    lengths = alpha * (roots / side.factor) + (1.0 - alpha)
    # To the largest: their squares might not be floats.
    lengths = lengths / lengths.max()
    return vectors[:, kept] * (lengths / roots), float(np.square(lengths).sum())
