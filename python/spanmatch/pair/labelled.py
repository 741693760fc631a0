"""The labels of arrays: of DataFrames of pandas, and of DataArrays of xarray.

Neither library is imported here: if there is an object of one, it has been imported already.
"""

from __future__ import annotations

import sys
from itertools import combinations
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from spanmatch.pair.types import Samples


def is_table(array: object) -> TypeGuard[pd.DataFrame]:
    """Tell whether `array` is a DataFrame of pandas."""
    return _is_instance(array, "pandas", "DataFrame")


def read_table(table: pd.DataFrame, side: str) -> NDArray[Any]:
    """Return the values of a DataFrame, without a copy if it holds them as one array.

    Missing values of pandas' own float types become NaN. A column that does not hold numbers raises
    TypeError.
    """
    for name, dtype in table.dtypes.items():
        if getattr(dtype, "kind", "O") not in "fiu":
            raise TypeError(
                f"{side} has a column {name!r} of {dtype}: pass the columns of neurons alone"
            )
    if all(isinstance(dtype, np.dtype) for dtype in table.dtypes):
        return np.asarray(table)
    return np.asarray(table.to_numpy(dtype=np.float64, na_value=np.nan))


def find_names(array: object) -> tuple[str, ...] | None:
    """Return the labels of a table's or DataArray's neurons; None if they are not all strings."""
    labels: Any = None
    if is_table(array):
        labels = array.columns
    elif _is_data_array(array):
        labels = array.indexes.get(array.dims[-1]) if array.ndim > 0 else None
    if labels is None or not all(isinstance(label, str) for label in labels):
        return None
    return tuple(map(str, labels))


def check_labels(sides: Mapping[str, Samples]) -> None:
    """Raise ValueError if two sides label the same rows, or the same axes, in another order."""
    for (name, array), (other_name, other) in combinations(sides.items(), 2):
        if _is_data_array(array) and _is_data_array(other):
            mine, theirs = tuple(array.dims), tuple(other.dims)
            if mine != theirs and set(mine) == set(theirs):
                raise ValueError(
                    f"{name} has the dimensions {mine} and {other_name} {theirs}: transpose one"
                )
        rows, other_rows = _find_rows(array), _find_rows(other)
        if rows is None or other_rows is None or len(rows) != len(other_rows):
            continue
        if not rows.equals(other_rows) and set(rows) == set(other_rows):
            raise ValueError(
                f"{name} and {other_name} label the same rows in another order: pass "
                f"{other_name} in that of {name}"
            )


def _find_rows(array: object) -> Any:
    """Return the labels of rows as an index of pandas; None if there are none."""
    if is_table(array):
        return array.index
    return array.indexes.get(array.dims[0]) if _is_data_array(array) and array.ndim > 0 else None


def _is_data_array(array: object) -> TypeGuard[Any]:
    return _is_instance(array, "xarray", "DataArray")


def _is_instance(array: object, module: str, name: str) -> bool:
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(array, kind)
