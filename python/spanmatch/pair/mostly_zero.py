"""Arrays of which most values are zero: summed as sparse rows, where that is less work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.pair.compressed_rows import make_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    import spanmatch._core as core

# The core counts one product of two sparse rows as 64 multiplications, and one with a row that is
# not sparse as 8: up to one value in eight, each side is less work without its zeros. Here they
# have to be found as well, which is why it is half of that.
LARGEST_SHARE = 1 / 16
# To find the zeros of fewer takes as long as to sum them.
FEWEST_NEURONS = 256
# Sparse rows are less no shift. A neuron whose centred square is a smaller part of its square, in
# the first batch, would lose more than four digits when it is centred.
SMALLEST_PART = 1e-4
# While a batch is summed, the bytes of a value that is not zero, and of any value of another side.
SPARSE_BYTES, DENSE_BYTES = 64, 16
# What these may take, where the sums take less.
SMALL_COPY = 2**30
# Values that are looked at together.
BLOCK_VALUES = 2**20


class MostlyZeroSides:
    """The sides of one Gram whose arrays are given to it as sparse rows, batch by batch.

    The first batch decides: its sparse sides are less no shift. What is counted is the same on
    every machine.
    """

    def __init__(self) -> None:
        # Of each side, whether it is less no shift; None until it is asked of a Gram that has one.
        self._unshifted: list[bool] | None = None

    def replace(
        self, sides: Sequence[NDArray[Any] | core.SparseRows], gram: core.Gram
    ) -> list[NDArray[Any] | core.SparseRows]:
        """Return the sides of a batch for `gram`, some as sparse rows in place of arrays.

        Batches that the core will refuse stay as they are.
        """
        n, rows = sum(side.shape[1] for side in sides), {len(side) for side in sides}
        if n < FEWEST_NEURONS or len(rows) != 1 or rows == {0}:
            return list(sides)
        found = {
            at: sparse
            for at, side in enumerate(sides)
            if isinstance(side, np.ndarray)
            and side.size > 0
            and (self._unshifted is None or self._unshifted[at])
            and (sparse := read_mostly_zero(side, is_first=gram.n_samples == 0)) is not None
        }
        if gram.n_samples > 0 and found and self._unshifted is None:
            self._unshifted = _find_unshifted(gram)
            found = {at: sparse for at, sparse in found.items() if self._unshifted[at]}
        replaced = [found.get(at, side) for at, side in enumerate(sides)]
        copies = 2 if gram.n_nulls or gram.fold_samples else 1
        return (
            replaced if copies * _count_bytes(replaced) <= max(SMALL_COPY, 8 * n**2) else [*sides]
        )


def read_mostly_zero(array: NDArray[Any], *, is_first: bool) -> core.SparseRows | None:
    """Return an array as sparse rows; None where too few values are zero.

    None also where it is the first and a neuron would lose digits when it is centred.
    """
    n_samples, width = array.shape
    most = int(LARGEST_SHARE * array.size)
    height = max(1, BLOCK_VALUES // width)
    places, values = [], []
    for first in range(0, n_samples, height):
        block = array[first : first + height]
        is_value = _find_values(block)
        most -= np.count_nonzero(is_value)
        if most < 0:
            return None
        of_block = np.flatnonzero(is_value)
        places.append(first * width + of_block)
        values.append(_widen(block.reshape(-1)[of_block]))
    all_places, all_values = np.concatenate(places), np.concatenate(values)
    columns = all_places % width
    if is_first and _loses_digits(columns, all_values, array.shape):
        return None
    starts = np.searchsorted(all_places, width * np.arange(n_samples + 1))
    return make_rows(width, starts, columns, all_values)


def _find_values(block: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where values are that are not zero: not a number is a value."""
    if block.dtype.itemsize == 2:
        # float16, and the bits of bfloat16, but for their signs.
        block = block.view(np.uint16) & 0x7FFF
    found: NDArray[np.bool_] = block != 0
    return found


def _widen(values: NDArray[Any]) -> NDArray[np.float64]:
    if values.dtype == np.uint16:
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float64)


def _loses_digits(
    columns: NDArray[Any], values: NDArray[np.float64], shape: tuple[int, ...]
) -> bool:
    n_samples, n_neurons = shape
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.bincount(columns, values, n_neurons)
        squares = np.bincount(columns, values * values, n_neurons)
        of_means = sums * sums / n_samples
        # What is not finite is not less.
        keeps = of_means <= (1 - SMALLEST_PART) * squares
    return not bool(keeps.all())


def _find_unshifted(gram: core.Gram) -> list[bool]:
    widths, _, _, shift, *_ = gram.parts()
    of_sides = np.split(shift, np.cumsum(widths)[:-1])
    return [not bool(of_side.any()) for of_side in of_sides]


def _count_bytes(sides: Sequence[NDArray[Any] | core.SparseRows]) -> int:
    """Return what the copies of a batch take that has sparse sides, of which some may be."""
    return sum(
        DENSE_BYTES * side.size if isinstance(side, np.ndarray) else SPARSE_BYTES * side.n_values
        for side in sides
    )
