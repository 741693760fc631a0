"""Checks that the pairs of a `OneToOne` fit its sides and are disjoint at every ε."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.results.checks import (
    check_axes,
    check_between,
    check_critical,
    check_neurons,
    check_shape,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int64]


def check_partners(
    critical: tuple[Floats, Floats],
    partners: tuple[Indices, Indices],
    residuals: tuple[Floats, Floats],
) -> None:
    """Raise ValueError if critical ε, nearest partners or their residuals are not valid."""
    for side, own, others, nearest, residual in zip(
        "xy", critical, critical[::-1], partners, residuals, strict=True
    ):
        check_axes(own, 1, side)
        check_critical(own, side)
        check_shape(nearest, own.shape, f"partners of {side}")
        check_neurons(nearest, others.size, f"partners of {side}", least=-1)
        check_shape(residual, own.shape, f"partner_residuals of {side}")
        check_critical(residual, f"partner_residuals of {side}")
        if ((nearest < 0) != np.isinf(residual)).any():
            raise ValueError(f"a neuron of {side} has a residual without a partner, or conversely")


def check_changes(
    critical: tuple[Floats, Floats], changes: tuple[Indices, Indices], eps: Floats
) -> None:
    """Raise ValueError if the changes are not valid, or do not fit the critical ε."""
    check_axes(eps, 1, "changes_eps")
    check_between(eps, "changes_eps")
    if (np.diff(eps) < 0).any():
        raise ValueError("changes_eps is not in rising order")
    for side, own, changed in zip("xy", critical, changes, strict=True):
        check_shape(changed, eps.shape, f"changes of {side}")
        check_neurons(changed, own.size, f"changes of {side}")
        # A neuron is covered from its first pair on.
        first = np.full(own.size, np.inf)
        first[changed[::-1]] = eps[::-1]
        if not np.array_equal(first, own):
            raise ValueError(f"a neuron of {side} has a pair from another ε on than its critical ε")
    _check_disjoint(changes, eps)


def _check_disjoint(changes: tuple[Indices, Indices], eps: Floats) -> None:
    """Raise ValueError if two pairs share a neuron at some ε."""
    of_x: dict[int, int] = {}
    of_y: dict[int, int] = {}
    rows = zip(eps.tolist(), *(each.tolist() for each in changes), strict=True)
    for level, new in groupby(rows, key=lambda row: row[0]):
        pairs = [(x, y) for _, x, y in new]
        of_x.update(pairs)
        of_y.update((y, x) for x, y in pairs)
        if any(of_y[of_x[x]] != x or of_x[of_y[y]] != y for x, y in pairs):
            raise ValueError(f"changes has two pairs of one neuron at ε = {level:g}")
