"""The measures of two sides, from the factors of each and the products between them."""

from __future__ import annotations

from math import exp, lgamma, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.solve.decompositions import find_singular_values
from spanmatch.solve.singular import decompose_left, sum_singular

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spanmatch.results.result import Floats
    from spanmatch.solve.side_factors import Sides

# Canonical correlations that differ by less count as equal.
TIED_CORRELATIONS = 1e-8
# The relative error allowed for their sum. Bases need an inverse, and are less accurate.
COSINES_ERROR = 1e-9
# A similarity above this is computed to the last digit, since a distance has half as many digits.
NEAR_ONE = 0.99


def measure_between(sides: Sides, cross: Floats) -> dict[str, float]:
    """Return each measure by its name in `Measures`.

    Parameters
    ----------
    sides
        The factors of each side.
    cross
        C_xy, the products of the centred columns of x with those of y, of shape (n_x, n_y), for
        the data or for a null.
    """
    x, y = sides
    unit = cross * x.inverse_norms[:, np.newaxis] * y.inverse_norms
    x_on_y, y_on_x = y.independent.T @ unit.T, x.independent.T @ unit
    variates, correlations = decompose_left(y_on_x @ y.independent)
    correlations = correlations.clip(0.0, 1.0)
    safe = scale_cross(sides, cross)
    similarity = measure_procrustes(safe, x.trace, y.trace)
    return {
        "linear_cka": measure_cka(safe, x.size, y.size),
        "mean_cca": float(correlations.mean()),
        "svcca": average_singular(x.principal.T @ safe @ y.principal),
        "pwcca": average_correlations(correlations, [variates.T @ x.coordinates]),
        "procrustes_similarity": similarity,
        "procrustes_distance": sqrt(2.0 - 2.0 * similarity),
        "r2_x": measure_explained(x_on_y * x.norms, x.norms),
        "r2_y": measure_explained(y_on_x * y.norms, y.norms),
    }


def scale_cross(sides: Sides, cross: Floats) -> Floats:
    """Return the products between the sides, scaled by the factors of both."""
    if sides.x.factor == sides.y.factor == 1.0:
        return cross
    # Multiply twice, since the product of both factors may overflow.
    return cross * sides.x.factor * sides.y.factor


def measure_cka(cross: Floats, size_x: float, size_y: float) -> float:
    """Return |C_xy|² / (|C_xx| |C_yy|)."""
    return min(1.0, float(np.einsum("ij,ij->", cross, cross)) / (size_x * size_y))


def measure_procrustes(cross: Floats, trace_x: float, trace_y: float) -> float:
    """Return |C_xy|_* / (|X| |Y|)."""
    scale = sqrt(trace_x * trace_y)
    similarity = sum_singular(cross) / scale
    if similarity > NEAR_ONE:
        similarity = float(find_singular_values(cross).sum()) / scale
    return min(1.0, similarity)


def average_singular(between: Floats) -> float:
    """Return the mean cosine between two spans, from the products of their orthonormal bases."""
    return min(1.0, sum_singular(between, COSINES_ERROR) / float(min(between.shape)))


def measure_explained(on_other: Floats, norms: Floats) -> float:
    """Return the part of the variance that is in the other side's span.

    `on_other` holds the columns in coordinates of the other span, and `norms` their lengths.
    """
    return min(1.0, float(np.square(on_other).sum() / np.square(norms).sum()))


def average_correlations(correlations: Floats, loadings: Iterable[Floats]) -> float:
    """Return Σ α_i ρ_i / Σ α_i for falling ρ; row i of the loadings holds ⟨h_i, x_j⟩.

    The loadings come in blocks of neurons j.

    The variates of equal ρ can be any orthonormal basis of a subspace. Their weight is the mean
    over all bases: m E|⟨h, x_j⟩| = m |p_j| Γ(m/2) / (√π Γ((m+1)/2)), with m the dimension and p_j
    the part of x_j in it. For m = 1 this is |⟨h, x_j⟩|.
    """
    starts = np.flatnonzero(-np.diff(correlations, prepend=2.0) > TIED_CORRELATIONS)
    sizes = np.diff(starts, append=correlations.size)
    factors = [m * exp(lgamma(m / 2) - lgamma((m + 1) / 2)) / sqrt(pi) for m in sizes.tolist()]
    parts = np.zeros(starts.size)
    for block in loadings:
        parts += np.sqrt(np.add.reduceat(np.square(block), starts)).sum(axis=1)
    return float(np.average(correlations[starts], weights=factors * parts))
