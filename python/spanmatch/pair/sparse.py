"""Sparse rows, whose values are mostly zero, such as the latents of sparse autoencoders."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

import spanmatch._core as core
from spanmatch.base.arguments import as_width, refuse_masked
from spanmatch.base.errors import prefix_errors
from spanmatch.pair.compressed_rows import (
    as_integers,
    make_rows,
    make_rows_of_columns,
    make_rows_of_places,
)
from spanmatch.pair.samples import is_tensor

if TYPE_CHECKING:
    import torch
    from numpy.typing import ArrayLike, NDArray


def sparse_rows(indices: ArrayLike, values: ArrayLike, n_neurons: int) -> core.SparseRows:
    """Make sparse samples from the indices and values of a top-k sparse autoencoder.

    `ActivationPair.update`, `ActivationSet.update` and the functions that sum two arrays, such as
    `spectrum`, take the result.

    Parameters
    ----------
    indices
        The neurons of each sample that are not zero: integers of shape (samples, k), counted from
        0. If a sample names a neuron twice, its values are added.
    values
        The values of these neurons, of the same shape: float16, bfloat16 (of torch), float32 or
        float64.
    n_neurons
        The number of neurons, below 2³².

    Returns
    -------
    SparseRows
        Sparse rows of shape (samples, n_neurons), which hold a copy of the values.

    Raises
    ------
    TypeError, ValueError
        `indices` are not integers, or out of range; `values` are not floats; an array is masked;
        the shapes differ; there are 2³² neurons or more.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> rng = np.random.default_rng(0)
    >>> indices = rng.integers(0, 1000, (500, 8))
    >>> rows = sm.sparse_rows(indices, rng.random((500, 8)), 1000)
    >>> rows.shape
    (500, 1000)
    >>> pair = sm.ActivationPair()
    >>> pair.update(rows, rng.standard_normal((500, 3)))
    >>> pair
    ActivationPair(1000 + 3 neurons, 500 samples)
    """
    width = as_width(n_neurons)
    for array, name in ((indices, "indices"), (values, "values")):
        refuse_masked(array, name)
    found = as_integers(_as_array(indices), "indices")
    given = _as_floats(values, "values")
    if found.ndim != 2 or found.shape != given.shape:
        raise ValueError(
            f"indices have shape {found.shape} and values {given.shape}: both are samples × k"
        )
    starts = np.arange(len(found) + 1, dtype=np.int64) * found.shape[1]
    return make_rows(width, starts, found.ravel(), given.ravel())


def as_sparse(array: object, side: str) -> core.SparseRows | None:
    """Return sparse samples as `SparseRows`, or None if the array is not sparse.

    Raises
    ------
    TypeError, ValueError
        The kind, the layout or the type of the samples is not supported.
    """
    if isinstance(array, core.SparseRows):
        return array
    with prefix_errors(side):
        if _is_scipy(array):
            return _read_scipy(array)
        return _read_tensor(array) if is_tensor(array) else None


def _is_scipy(array: object) -> bool:
    # If the array is from scipy, its module has been imported.
    scipy = sys.modules.get("scipy.sparse")
    return scipy is not None and bool(scipy.issparse(array))


def _read_scipy(array: Any) -> core.SparseRows:
    if array.ndim != 2:
        raise ValueError(f"it has shape {array.shape}: expected two axes, samples × neurons")
    # scipy would convert between these formats without checking the indices.
    if array.format in ("csr", "csc"):
        values = _as_floats(array.data, "it")
        if array.format == "csr":
            rows = make_rows(array.shape[1], array.indptr, array.indices, values)
            _check_count(len(rows), array.shape[0], "rows")
            return rows
        _check_count(len(array.indptr) - 1, array.shape[1], "columns")
        return make_rows_of_columns(array.shape, array.indptr, array.indices, values)
    places = array.tocoo()
    return make_rows_of_places(array.shape, places.row, places.col, _as_floats(places.data, "it"))


def _check_count(found: int, wanted: int, kind: str) -> None:
    if found != wanted:
        raise ValueError(f"it has starts of {found} {kind}, but {wanted} by its shape")


def _read_tensor(tensor: torch.Tensor) -> core.SparseRows | None:
    # torch has been imported by now. Dense tensors need no further import.
    torch = sys.modules["torch"]
    if tensor.layout in (torch.strided, torch.jagged):
        return None
    from spanmatch.pair.device.sparse_tensors import read_rows

    return read_rows(tensor)


def _as_array(array: Any) -> NDArray[Any]:
    return array.detach().cpu().numpy() if is_tensor(array) else np.asarray(array)


def _as_floats(array: Any, name: str) -> NDArray[np.float64]:
    if is_tensor(array):
        from spanmatch.pair.device.sparse_tensors import widen

        return widen(array, name)
    found = np.asarray(array)
    if found.dtype.kind != "f" or found.dtype.itemsize > 8:
        raise TypeError(
            f"{name} holds {found.dtype}, not float16, float32 or float64: cast it, as by "
            ".astype(np.float32)"
        )
    return found.astype(np.float64)
