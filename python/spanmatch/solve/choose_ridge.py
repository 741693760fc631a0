"""The choice of a ridge by cross-validation, for `ridge="auto"`."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.errors import RidgeWarning, warn_user
from spanmatch.pair.products import find_gram
from spanmatch.solve.decompositions import decompose_symmetric
from spanmatch.solve.fold_products import list_splits

if TYPE_CHECKING:
    from collections.abc import Iterator

    import spanmatch._core as core
    from spanmatch.results.result import Floats
    from spanmatch.solve.fold_products import Split

RIDGES = 10.0 ** (np.arange(-12, 5) / 2)
"""The values of λ to choose from: 1e-6 to 100, two to a decade."""
GROUPS = 4  # The groups of folds, each of which costs an eigendecomposition of both sides.


def choose_ridge(gram: core.Gram, center: bool) -> float:
    """Return the λ of `RIDGES` with the smallest cross-validated error.

    The folds of the Gram matrix are pooled into four groups. Every neuron is predicted on each
    group from all neurons of the other side, with a fit on the other groups. The error is the mean
    squared error over the neurons of both sides, relative to their energy.

    Raises
    ------
    ValueError
        There are fewer than two items, or on no group do both sides have living neurons.

    Warns
    -----
    RidgeWarning
        The choice is at an edge of the grid.
    """
    errors = sum_errors(gram, center)
    if not np.isfinite(errors).all():
        raise ValueError(
            "no ridge can be chosen: in no part of the data do both sides have living neurons; "
            "give a number, as ridge=0.1"
        )
    best = float(RIDGES[np.argmin(errors)])
    if said := explain_edge(best):
        warn_user(said, RidgeWarning)
    return best


def explain_edge(ridge: float | None) -> str:
    """Return a sentence if a λ that was chosen is at an edge of `RIDGES`, else ""."""
    if ridge == RIDGES[0]:
        return (
            f'ridge="auto" chose {RIDGES[0]:.0e}, the smallest λ that it tries: on inputs left out '
            "the sides predict each other best with almost no ridge, as is usual with many "
            "samples; leave the ridge out"
        )
    if ridge == RIDGES[-1]:
        return (
            f'ridge="auto" chose {RIDGES[-1]:.0f}, the largest λ that it tries: on inputs left out '
            "the sides do not predict each other, so there may be nothing shared"
        )
    return ""


@contextmanager
def silence_ridge_warnings() -> Iterator[None]:
    """Silence warnings of a λ at an edge, for callers that report or expect it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RidgeWarning)
        yield


def sum_errors(gram: core.Gram, center: bool) -> Floats:
    """Return the cross-validated squared error for each of `RIDGES`, as a mean over neurons.

    Each error is relative to the neuron's energy on all data. So a neuron that is zero on most data
    does not count for more than others.
    """
    errors, n_judged = np.zeros(RIDGES.size), 0.0
    whole = np.sqrt(np.maximum(find_gram(gram, center=center).diagonal(), 0.0))
    for split in list_splits(gram, center, GROUPS):
        weights = split.norms[split.live] / whole[split.live]
        n_x = int(np.searchsorted(split.live, gram.n_x))
        sides = slice(0, n_x), slice(n_x, None)
        for predictors, targets in (sides, sides[::-1]):
            if n_x in (0, split.live.size):
                continue
            found, energy = _sum_split(split, predictors, targets, weights[targets])
            errors += found
            n_judged += energy
    return errors / n_judged if n_judged > 0 else np.full(RIDGES.size, np.nan)


def _sum_split(
    split: Split, predictors: slice, targets: slice, weights: Floats
) -> tuple[Floats, float]:
    """Return the squared error of the targets on the part left out, for each λ, and their energy.

    Let V Λ Vᵀ be the products of the predictors on the fitted part, and G their products with the
    targets. The coefficients are V (Λ + λ)⁻¹ Vᵀ G. So each λ needs only a sum over pairs of
    eigenvalues, and no product of large matrices.
    """
    own, across = (predictors, predictors), (predictors, targets)
    values, vectors = decompose_symmetric(split.fitted[own])
    fitted = vectors.T @ (split.fitted[across] * weights)
    left_out = vectors.T @ (split.left_out[across] * weights)
    crossed = (fitted * left_out).sum(axis=1)
    squares = (vectors.T @ split.left_out[own] @ vectors) * (fitted @ fitted.T)
    energy = float((split.left_out.diagonal()[targets] * weights**2).sum())
    shrunk = 1.0 / (np.maximum(values, 0.0) + RIDGES[:, None])
    return energy - 2.0 * shrunk @ crossed + ((shrunk @ squares) * shrunk).sum(axis=1), energy
