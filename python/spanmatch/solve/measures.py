"""CKA, CCA and its kin, Procrustes and regression, all from the sums that a match is found from.

Everything here depends on the samples only through the products of the centred columns, so a pair
has the answers after one pass, as it has the matches.

*What a Gram matrix can tell.* Its entries, and so its eigenvalues λ = σ², carry errors of the order
u λ_max, u = 2⁻⁵³. Columns that depend on others leave λ of that size in place of zero, and to
divide by their roots would make directions out of rounding. So correlations and regressions are
found on columns of norm 1, where no neuron's scale counts, and there directions with
λ < δ² λ_max are dropped, δ the resolution of every match (1e-6, or more for very many neurons):
two neurons that a match cannot tell apart count as one here too. What stays has errors of about
u λ_max / λ: 1e-10 at condition number 1e3, 1e-4 beside the cut. CKA and Procrustes divide by no λ,
and SVCCA by none below a hundredth of the mean.
"""

from __future__ import annotations

from math import exp, lgamma, pi, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import spanmatch._core as core
from spanmatch.pair.pair import ActivationPair, read_gram
from spanmatch.results.measures import Measures
from spanmatch.solve.resolution import find_resolution
from spanmatch.solve.undersampled import warn_if_undersampled

if TYPE_CHECKING:
    from spanmatch.pair.types import Samples
    from spanmatch.results.result import Floats

SVCCA_VARIANCE = 0.99
# Parts of variance and eigenvalues, relative to each other, that rounding alone may tell apart.
TIED_PARTS = 1e-9
# Canonical correlations that differ by less are taken for one.
TIED_CORRELATIONS = 1e-8
# Sums of squares of sums of squares stay within float64 if the largest sum is within 2**±200.
SAFE_EXPONENT = 200


def measures(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    progress: bool = False,
) -> Measures:
    """Measure the likeness of two sides in the other ways that are in use.

    Each neuron's mean is subtracted first, always: all of these are defined so. Dead, duplicated
    and dependent neurons are ordinary input.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.

    Returns
    -------
    Measures
        Linear CKA, mean CCA, SVCCA, PWCCA (weighed by x), Procrustes similarity and distance, and
        the part of each side's variance that the other explains; nan where a side has no variance.

    Raises
    ------
    TypeError, ValueError
        As `spectrum`.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the larger side. With no more samples
        than neurons CCA and regression find everything in everything: they give 1.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((1000, 3))
    >>> y = np.column_stack([3 * x[:, 0] + x[:, 1], x[:, 1], rng.standard_normal(1000)])
    >>> result = measures(x, y)
    >>> result  # doctest: +ELLIPSIS
    Measures(linear_cka=0.6097, mean_cca=0.6786, svcca=0.6786, pwcca=0.7216, ...)
    >>> round(result.r2_x, 2), round(result.r2_y, 2)  # two x of three; 11 parts of 12
    (0.65, 0.91)
    """
    gram = read_gram(x, y, progress)
    products, n_x = _center_products(gram), gram.n_x
    sides = _split_sides(products, n_x)
    if sides is None:
        result = Measures(*[float("nan")] * 8)
    else:
        similarity = _measure_procrustes(sides)
        result = Measures(
            linear_cka=_measure_cka(sides),
            svcca=_measure_svcca(sides),
            procrustes_similarity=similarity,
            procrustes_distance=sqrt(2.0 - 2.0 * similarity),
            **_measure_spans(products, n_x),
        )
    warn_if_undersampled(gram.n_samples, max(gram.n_x, gram.n_y))
    return result


def linear_cka(
    x: Samples | ActivationPair,
    y: Samples | None = None,
    *,
    progress: bool = False,
) -> float:
    """Measure likeness by linear centred kernel alignment, |C_xy|² / (|C_xx| |C_yy|).

    C are the products of centred columns, |·| is the Frobenius norm (Kornblith, Norouzi, Lee and
    Hinton, "Similarity of Neural Network Representations Revisited", ICML 2019). On all samples,
    not a mean over batches. Equal to `measures(x, y).linear_cka`, and quicker.

    Parameters
    ----------
    x, y, progress
        As for `spectrum`.

    Returns
    -------
    float
        In [0, 1]; nan where a side has no variance.

    Raises
    ------
    TypeError, ValueError
        As `spectrum`.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of the larger side: sides that have
        nothing in common are well above 0 then.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((1000, 3))
    >>> round(linear_cka(x, 5 * x[:, ::-1] + 1), 12)
    1.0
    >>> round(linear_cka(x, rng.standard_normal((1000, 3))), 2)
    0.0
    """
    gram = read_gram(x, y, progress)
    sides = _split_sides(_center_products(gram), gram.n_x)
    warn_if_undersampled(gram.n_samples, max(gram.n_x, gram.n_y))
    return float("nan") if sides is None else _measure_cka(sides)


class _Sides(NamedTuple):
    """Products within and between the centred sides, each side at a scale that is safe."""

    xx: Floats
    xy: Floats
    yy: Floats


def _center_products(gram: core.Gram) -> Floats:
    products = gram.centered()
    small = products.diagonal() < np.finfo(np.float64).tiny * gram.n_samples
    if small.any() and not np.isnan(np.concatenate(core.chance(gram, True, None))[small]).all():
        # Not dead, so its squares are lost. The core refuses the neuron, whatever it is asked.
        nothing = np.empty(0, np.int64)
        core.is_match(gram, 0.0, nothing, nothing, True, None)
    return products


def _split_sides(products: Floats, n_x: int) -> _Sides | None:
    """Return the blocks of the products; None where a side has no variance."""
    squares = products.diagonal()
    exponents = []
    for side in (squares[:n_x], squares[n_x:]):
        largest = side.max(initial=0.0)
        if largest == 0.0:
            return None
        exponents.append(int(np.frexp(largest)[1]))
    if max(map(abs, exponents)) > SAFE_EXPONENT:
        # Powers of two: no digit changes.
        factors = np.ldexp(1.0, [-(exponent // 2) for exponent in exponents])
        scale = np.repeat(factors, [n_x, squares.size - n_x])
        products = products * scale[:, np.newaxis] * scale
    return _Sides(products[:n_x, :n_x], products[:n_x, n_x:], products[n_x:, n_x:])


def _measure_cka(sides: _Sides) -> float:
    xx, xy, yy = (float(np.einsum("ij,ij->", block, block)) for block in sides)
    return min(1.0, xy / (sqrt(xx) * sqrt(yy)))


def _measure_procrustes(sides: _Sides) -> float:
    nuclear = float(np.linalg.svd(sides.xy, compute_uv=False).sum())
    return min(1.0, nuclear / sqrt(float(np.trace(sides.xx) * np.trace(sides.yy))))


def _measure_svcca(sides: _Sides) -> float:
    # V Λ^(-1/2): X times it is an orthonormal basis of the principal directions.
    in_x, in_y = (
        vectors / np.sqrt(values) for values, vectors in map(_find_principal, (sides.xx, sides.yy))
    )
    correlations = np.linalg.svd(in_x.T @ sides.xy @ in_y, compute_uv=False)
    return float(correlations.clip(0.0, 1.0).mean())


def _find_principal(covariance: Floats) -> tuple[Floats, Floats]:
    """Return the fewest largest eigenvalues that hold enough of the variance, ties, and vectors."""
    values, vectors = np.linalg.eigh(covariance)
    held = np.cumsum(values[::-1]) / np.trace(covariance)
    last = int(np.argmax(held >= SVCCA_VARIANCE - TIED_PARTS))
    kept = values >= values[-1 - last] * (1.0 - TIED_PARTS)
    return values[kept], vectors[:, kept]


def _measure_spans(products: Floats, n_x: int) -> dict[str, float]:
    """Measures that compare spans: found on unit columns, in directions that are no rounding."""
    norms = np.sqrt(products.diagonal())
    scale = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0.0)
    unit = products * scale[:, np.newaxis] * scale
    unit_xy = unit[:n_x, n_x:]
    # The sides' scales cancel; their squares might not be floats.
    norms_x, norms_y = (side / side.max() for side in (norms[:n_x], norms[n_x:]))

    delta = find_resolution(norms.size)
    values_x, vectors_x = _find_independent(unit[:n_x, :n_x], delta)
    values_y, vectors_y = _find_independent(unit[n_x:, n_x:], delta)
    # Q_x and Q_y are the unit columns times these, so Q_xᵀ Y is in_x.T @ unit_xy * norms_y.
    in_x, in_y = vectors_x / np.sqrt(values_x), vectors_y / np.sqrt(values_y)
    x_on_y, y_on_x = in_y.T @ unit_xy.T, in_x.T @ unit_xy
    rotation, correlations, _ = np.linalg.svd(y_on_x @ in_y, full_matrices=False)
    correlations = correlations.clip(0.0, 1.0)
    # ⟨h_i, x_j⟩, with h = Q_x times the rotation.
    loadings = (rotation.T * np.sqrt(values_x)) @ vectors_x.T * norms_x
    return {
        "mean_cca": float(correlations.mean()),
        "pwcca": _average_correlations(correlations, loadings),
        "r2_x": _measure_explained(x_on_y, norms_x),
        "r2_y": _measure_explained(y_on_x, norms_y),
    }


def _find_independent(unit: Floats, delta: float) -> tuple[Floats, Floats]:
    """Return eigenvalues and vectors of the directions that columns of norm 1 have."""
    values, vectors = np.linalg.eigh(unit)
    kept = values >= delta**2 * values[-1]
    return values[kept], vectors[:, kept]


def _measure_explained(on_other: Floats, norms: Floats) -> float:
    """Return the part of the variance that is in the other side's span."""
    return min(1.0, float(np.square(on_other * norms).sum() / np.square(norms).sum()))


def _average_correlations(correlations: Floats, loadings: Floats) -> float:
    """Return Σ α_i ρ_i / Σ α_i, ρ falling; row i of the loadings holds ⟨h_i, x_j⟩.

    Variates of one ρ may be any orthonormal basis of a subspace. Their α sum to the mean over all
    bases: m E|⟨h, x_j⟩| = m |p_j| Γ(m/2) / (√π Γ((m+1)/2)), m the dimension and p_j the part of x_j
    in it. For m = 1 that is |⟨h, x_j⟩|.
    """
    starts = np.flatnonzero(-np.diff(correlations, prepend=2.0) > TIED_CORRELATIONS)
    sizes = np.diff(starts, append=correlations.size)
    factors = [m * exp(lgamma(m / 2) - lgamma((m + 1) / 2)) / sqrt(pi) for m in sizes.tolist()]
    parts = np.sqrt(np.add.reduceat(np.square(loadings), starts)).sum(axis=1)
    return float(np.average(correlations[starts], weights=factors * parts))
