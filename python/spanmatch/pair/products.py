"""The products of neurons that a pair has summed: its Gram matrix, and correlations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    import spanmatch._core as core
    from spanmatch.pair.types import Floats, Side

# The values of a block of rows, which takes 8 MB of float64 beside the result.
BLOCK_VALUES = 2**20

ROUNDING = 1e-6  # A cosine may exceed 1 by this much, as in the core.


def find_gram(gram: core.Gram, *, center: bool) -> Floats:
    """Return the exactly symmetric products of all neurons, x then y, with each other."""
    # `parts` returns a copy of the sums, which becomes the result.
    _, _, n_samples, shift, sums, _, products = gram.parts()
    added = _find_added(n_samples, shift, sums, center=center)
    _add_outer(products, added, added)
    return products


def find_correlations(gram: core.Gram, *, center: bool) -> Floats:
    """Return the cosines of each neuron of x with each of y, or with `center` the correlations.

    The values of dead neurons are nan.

    Raises
    ------
    ValueError
        A neuron is so small, or varies by so little, that its squares are lost; or a cosine is
        above 1 by more than rounding.
    """
    (n_x, _), _, n_samples, shift, sums, spread, products = gram.parts()
    added = _find_added(n_samples, shift, sums, center=center)
    squares = products.diagonal() + 2.0 * added[0] * added[1]
    # As in the core, a dead neuron is exactly zero, or with centring exactly constant.
    dead = spread == 0.0 if center else (spread == 0.0) & (shift == 0.0)
    _refuse_lost_squares(squares, dead, n_x, n_samples, center=center)
    norms = np.sqrt(np.where(dead, np.nan, squares))
    block = products[:n_x, n_x:]
    _add_outer(block, added[:, :n_x], added[:, n_x:])
    # Divide twice, since the product of two norms may overflow.
    block /= norms[:n_x, np.newaxis]
    block /= norms[n_x:]
    _refuse_above_one(block)
    return np.clip(block, -1.0, 1.0)


def _find_added(n_samples: int, shift: Floats, sums: Floats, *, center: bool) -> Floats:
    """Return a and b such that a bᵀ + b aᵀ turns products of shifted rows into those wanted."""
    if center:
        return np.stack([-0.5 * sums, sums / n_samples])
    return np.stack([sums + 0.5 * n_samples * shift, shift])


def _add_outer(products: Floats, of_rows: Floats, of_columns: Floats) -> None:
    """Add a bᵀ + b aᵀ in place, some rows at a time, so that nothing as large is copied."""
    height = max(1, BLOCK_VALUES // max(1, products.shape[1]))
    for first in range(0, len(products), height):
        a, b = of_rows[:, first : first + height]
        # Both terms are added first, so that both triangles have the same bits.
        block = np.outer(a, of_columns[1])
        block += np.outer(b, of_columns[0])
        products[first : first + height] += block


def _refuse_lost_squares(
    squares: Floats, dead: NDArray[np.bool_], n_x: int, n_samples: int, *, center: bool
) -> None:
    smallest = np.finfo(np.float64).tiny * n_samples
    lost = np.flatnonzero(~dead & ~(squares >= smallest))
    if lost.size > 0:
        at = int(lost[0])
        side: Side = "x" if at < n_x else "y"
        why = "varies by so little" if center else "is so small"
        raise ValueError(
            f"neuron {at if at < n_x else at - n_x} of {side} {why} that the sum of its squares is "
            "lost in float64: rescale the neuron (a correlation does not depend on scale)"
        )


def _refuse_above_one(cosines: Floats) -> None:
    """Raise ValueError if a cosine has lost its digits; nan, of a dead neuron, is ignored."""
    # No copy is made if all cosines are valid.
    largest = np.fmax.reduce(cosines, axis=None, initial=0.0)
    least = np.fmin.reduce(cosines, axis=None, initial=0.0)
    if max(largest, -least) > 1.0 + ROUNDING:
        at = np.nanargmax(cosines) if largest >= -least else np.nanargmin(cosines)
        i, j = np.unravel_index(at, cosines.shape)
        raise ValueError(
            f"the cosine of neuron {i} of x and neuron {j} of y comes to {cosines[i, j]:.6g}, and "
            "is 1 at most: their sums have lost their digits, so sum the samples again"
        )
