"""Dense arrays that are mostly zero, summed as sparse rows if that is less work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.pair.compressed_rows import make_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    import spanmatch._core as core

# The core counts a product of two sparse rows as 64 multiplications, and one with a dense row as 8.
# So leaving out the zeros of a side is less work up to one value in eight. Here the zeros must be
# found first, so the limit is half of that.
LARGEST_SHARE = 1 / 16
# With fewer neurons, finding zeros takes as long as summing them.
FEWEST_NEURONS = 256
# Sums of more neurons take terabytes. The core raises this error before it reads the rows.
MOST_NEURONS = 2**20
# The bytes for a non-zero value, and for any value of the other side, while a batch is summed.
SPARSE_BYTES, DENSE_BYTES = 64, 16
# The bytes that are allowed for these if the sums take less.
SMALL_COPY = 2**30
# The values that are checked together.
BLOCK_VALUES = 2**20


def replace_mostly_zero(
    sides: Sequence[NDArray[Any] | core.SparseRows], gram: core.Gram
) -> list[NDArray[Any] | core.SparseRows]:
    """Return the sides of a batch for `gram`, some as sparse rows in place of arrays.

    The choice is the same on every machine. Batches that the core will refuse stay as they are.
    """
    n, rows = sum(side.shape[1] for side in sides), {len(side) for side in sides}
    if not FEWEST_NEURONS <= n <= MOST_NEURONS or len(rows) != 1 or rows == {0}:
        return list(sides)
    # Zeros of neurons with a shift count as values. A wrong number of sides is refused later.
    shifted = gram.n_shifted
    if len(shifted) != len(sides):
        shifted = [0] * len(sides)
    replaced = [
        _replace(side, n_shifted) if isinstance(side, np.ndarray) and side.size > 0 else side
        for side, n_shifted in zip(sides, shifted, strict=True)
    ]
    copies = 2 if gram.n_nulls or gram.fold_samples else 1
    fits = copies * _count_bytes(replaced) <= max(SMALL_COPY, 8 * n**2)
    return replaced if fits else list(sides)


def _replace(side: NDArray[Any], n_shifted: int) -> NDArray[Any] | core.SparseRows:
    sparse = read_mostly_zero(side, int(LARGEST_SHARE * side.size) - n_shifted * len(side))
    return side if sparse is None else sparse


def read_mostly_zero(array: NDArray[Any], most: int) -> core.SparseRows | None:
    """Return an array as sparse rows; None if more values than `most` are not zero."""
    n_samples, width = array.shape
    if most < 0:
        return None
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
    starts = np.searchsorted(all_places, width * np.arange(n_samples + 1))
    return make_rows(width, starts, columns, all_values)


def _find_values(block: NDArray[Any]) -> NDArray[np.bool_]:
    """Return a mask of the values that are not zero, which include nan."""
    if block.dtype.itemsize == 2:
        # Compare the bits of float16 or bfloat16 without the sign.
        block = block.view(np.uint16) & 0x7FFF
    found: NDArray[np.bool_] = block != 0
    return found


def _widen(values: NDArray[Any]) -> NDArray[np.float64]:
    if values.dtype == np.uint16:
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float64)


def _count_bytes(sides: Sequence[NDArray[Any] | core.SparseRows]) -> int:
    """Return the bytes that the copies of a batch take, of which some sides may be sparse."""
    return sum(
        DENSE_BYTES * side.size if isinstance(side, np.ndarray) else SPARSE_BYTES * side.n_values
        for side in sides
    )
