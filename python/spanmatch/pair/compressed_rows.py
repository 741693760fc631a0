"""Sparse rows from the arrays in which other libraries store them, which are checked first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import spanmatch._core as core

if TYPE_CHECKING:
    from numpy.typing import NDArray


def make_rows(
    n_neurons: int, starts: NDArray[Any], columns: NDArray[Any], values: NDArray[np.float64]
) -> core.SparseRows:
    """Return sparse rows from the start of each row, the columns and the values (CSR).

    Raises
    ------
    ValueError
        The arrays do not fit together, or a column is out of range.
    """
    columns = as_integers(columns, "its columns")
    starts = _check_starts(starts, columns, values, "rows")
    return core.SparseRows(
        n_neurons, starts, np.ascontiguousarray(columns), np.ascontiguousarray(values)
    )


def make_rows_of_columns(
    shape: tuple[int, int], starts: NDArray[Any], rows: NDArray[Any], values: NDArray[np.float64]
) -> core.SparseRows:
    """Return sparse rows from the start of each column, the rows and the values (CSC).

    Raises
    ------
    ValueError
        The arrays do not fit together, or a row is out of range.
    """
    rows = as_integers(rows, "its rows")
    starts = _check_starts(starts, rows, values, "columns")
    return make_rows_of_places(
        shape, rows, np.repeat(np.arange(len(starts) - 1), np.diff(starts)), values
    )


def make_rows_of_places(
    shape: tuple[int, int], rows: NDArray[Any], columns: NDArray[Any], values: NDArray[np.float64]
) -> core.SparseRows:
    """Return sparse rows from the row, the column and the value of each entry, in any order (COO).

    Raises
    ------
    ValueError
        The arrays differ in length, or a row or a column is out of range.
    """
    n_samples, n_neurons = shape
    rows = as_integers(rows, "its rows")
    if not rows.shape == columns.shape == values.shape:
        raise ValueError(
            f"it has {rows.size} rows, {columns.size} columns and {values.size} values: each value "
            "has one of each"
        )
    for row in (rows.min(initial=0), rows.max(initial=0)):
        if not 0 <= row < max(n_samples, 1):
            raise ValueError(f"it names row {row}, but there are {n_samples}, counted from 0")
    if np.any(rows[1:] < rows[:-1]):
        # The sort is stable, so that values at the same place are added in the given order.
        order = np.argsort(rows, kind="stable")
        rows, columns, values = rows[order], columns[order], values[order]
    starts = np.searchsorted(rows, np.arange(n_samples + 1))
    return make_rows(n_neurons, starts, columns, values)


def as_integers(found: NDArray[Any], name: str) -> NDArray[np.int64]:
    """Return integers as int64.

    Raises
    ------
    TypeError
        The array does not hold integers.
    ValueError
        A number is too large.
    """
    if found.dtype.kind not in "iu":
        raise TypeError(f"{name} hold {found.dtype}, not integers")
    if found.dtype.kind == "u" and found.size and found.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{name} hold a number above 2^63")
    return found.astype(np.int64, copy=False)


def _check_starts(
    starts: NDArray[Any], places: NDArray[np.int64], values: NDArray[np.float64], kind: str
) -> NDArray[np.int64]:
    if places.ndim != 1 or places.shape != values.shape:
        raise ValueError(
            f"its indices have shape {places.shape} and its values {values.shape}: each value has "
            "one index"
        )
    starts = as_integers(starts, f"the starts of its {kind}")
    rising = starts.ndim == 1 and starts.size > 0 and bool(np.all(starts[1:] >= starts[:-1]))
    if not rising or starts[0] != 0 or starts[-1] != len(values):
        raise ValueError(
            f"the starts of its {kind} do not rise from 0 to {len(values)}, the number of values: "
            "it is damaged, so make it again"
        )
    return np.ascontiguousarray(starts)
