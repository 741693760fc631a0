"""A pair from two arrays in files, with memory that does not grow with the files."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import spanmatch._core as core
from spanmatch.base.errors import FileError
from spanmatch.base.progress import show_progress
from spanmatch.pair.nulls_and_folds import NO_RESAMPLING, Resampling

if TYPE_CHECKING:
    from spanmatch.pair.array_files.array_file import ArrayFile
    from spanmatch.pair.pair import ActivationPair

BLOCK_ROWS = 480  # The number of rows that are added to the sums at once.


def reduce_arrays(
    x: ArrayFile,
    y: ArrayFile,
    *,
    resampling: Resampling = NO_RESAMPLING,
    rows_per_item: int = 1,
    progress: bool = False,
) -> ActivationPair:
    """Sum two arrays in files to a pair, as though all rows were added at once.

    Raises
    ------
    OSError
        A file cannot be read.
    FileError
        The arrays differ in their number of rows, or it is no multiple of `rows_per_item`; the pair
        does not fit in memory; a value is NaN or infinite, or too large; a file is damaged.
    """
    n_samples, n_y_samples = x.shape[0], y.shape[0]
    if n_samples != n_y_samples:
        raise FileError(
            f"{x} has {n_samples} rows and {y} has {n_y_samples}: row i of both must be the same "
            "sample, so the counts must agree"
        )
    if n_samples % rows_per_item != 0:
        raise FileError(
            f"{x} has {n_samples} rows, no multiple of the {rows_per_item} rows of an item"
        )
    _check_memory(x, y, resampling)
    pair = resampling.make_pair()
    rows = _choose_height(n_samples // rows_per_item, rows_per_item, resampling)
    done = 0
    with show_progress("Reading samples", progress) as report:
        for x_rows, y_rows in zip(x.read_batches(rows), y.read_batches(rows), strict=True):
            last = min(done + rows, n_samples)
            try:
                pair.update(
                    x_rows, y_rows, rows_per_item=rows_per_item if resampling.anything else 1
                )
            except (TypeError, ValueError) as error:
                # Leave the batch out of the message, since the user does not know these batches.
                what = error.__cause__ or error
                raise FileError(
                    f"x of {x}, y of {y}, in the rows from {done} to {last - 1}, counted from "
                    f"{done} on: {what}"
                ) from error
            done = last
            if report is not None:
                report(done, n_samples)
    return pair


def _choose_height(n_items: int, rows_per_item: int, resampling: Resampling) -> int:
    """Return the number of rows to read at once."""
    if not resampling.anything:
        # Fewer rows would round differently than the whole arrays.
        return BLOCK_ROWS
    # A batch holds whole items, at least twice as many as there are nulls, so that each null can
    # have its own shift. The last batch must not hold a single item, which cannot be shifted.
    items = max(-(-BLOCK_ROWS // rows_per_item), 2 * resampling.nulls)
    while n_items > 1 and n_items % items == 1:
        items += 1
    return items * rows_per_item


def _check_memory(x: ArrayFile, y: ArrayFile, resampling: Resampling) -> None:
    """Raise FileError if the sums do not fit in memory, as for a file that is transposed."""
    if sys.platform == "win32":
        return
    widths = [x.shape[1], y.shape[1]]
    has = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    sums = core.gram_bytes(widths, 0, 0)
    beside = core.gram_bytes(widths, resampling.nulls, resampling.folds) - sums
    if sums <= has < sums + beside:
        raise FileError(
            f"{resampling.nulls} nulls and {resampling.folds} folds of {x.shape[1]} + {y.shape[1]} "
            f"neurons take {beside / 1e9:.0f} GB of memory, of {has / 1e9:.0f} GB: take fewer"
        )
    if sums > has:
        raise FileError(
            f"{x} has shape {x.shape}, {y} has {y.shape}: {sum(widths)} neurons, the columns, take "
            f"{sums / 1e9:.0f} GB of memory, of {has / 1e9:.0f} GB; if the rows are the "
            "neurons, save the transpose"
        )
