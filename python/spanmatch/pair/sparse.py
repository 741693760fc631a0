"""Rows of which most values are zero, as those of a sparse autoencoder's latents."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

import spanmatch._core as core
from spanmatch.base.errors import prefix_errors
from spanmatch.pair.samples import is_tensor

if TYPE_CHECKING:
    import torch
    from numpy.typing import ArrayLike, NDArray


def sparse_rows(indices: ArrayLike, values: ArrayLike, n_neurons: int) -> core.SparseRows:
    """Return samples that have a few values each, as the top k of a sparse autoencoder has.

    What it returns is taken by `ActivationPair.update`, `ActivationSet.update` and the functions
    that take two arrays and make a pair of them, such as `spectrum`.

    Parameters
    ----------
    indices
        Of each sample, the neurons that are not zero: integers of shape (samples, k), from 0. One
        that is named twice has the sum of its values.
    values
        Their values, of the same shape: float16, bfloat16 (of torch), float32 or float64.
    n_neurons
        How many neurons there are.

    Returns
    -------
    SparseRows
        Of shape (samples, n_neurons). It holds a copy.

    Raises
    ------
    TypeError, ValueError
        Indices are not integers, values not floats; their shapes differ; an index is out of range.

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
    found = _as_array(indices, "indices")
    if found.dtype.kind not in "iu":
        raise TypeError(f"indices hold {found.dtype}, not integers")
    given = _as_floats(values, "values")
    if found.ndim != 2 or found.shape != given.shape:
        raise ValueError(
            f"indices have shape {found.shape} and values {given.shape}: both are samples × k"
        )
    starts = np.arange(len(found) + 1, dtype=np.int64) * found.shape[1]
    return make_rows(n_neurons, starts, found.ravel(), given.ravel())


def as_sparse(array: object, side: str) -> core.SparseRows | None:
    """Return sparse samples as they are read; None of what is not sparse.

    Raises
    ------
    TypeError, ValueError
        They are of a kind, a layout or a type that is not read.
    """
    if isinstance(array, core.SparseRows):
        return array
    with prefix_errors(side):
        if _is_scipy(array):
            return _read_scipy(array)
        return _read_tensor(array) if is_tensor(array) else None


def make_rows(
    n_neurons: int, starts: NDArray[Any], columns: NDArray[Any], values: NDArray[np.float64]
) -> core.SparseRows:
    """Return rows of which the columns and values are given, and where each begins."""
    return core.SparseRows(
        n_neurons,
        np.ascontiguousarray(starts, dtype=np.int64),
        np.ascontiguousarray(columns, dtype=np.int64),
        np.ascontiguousarray(values),
    )


def _is_scipy(array: object) -> bool:
    # Where there is one, the module has been imported.
    scipy = sys.modules.get("scipy.sparse")
    return scipy is not None and bool(scipy.issparse(array))


def _read_scipy(array: Any) -> core.SparseRows:
    if array.ndim != 2:
        raise ValueError(f"it has shape {array.shape}: expected two axes, samples × neurons")
    rows = array.tocsr()
    return make_rows(rows.shape[1], rows.indptr, rows.indices, _as_floats(rows.data, "it"))


def _read_tensor(tensor: torch.Tensor) -> core.SparseRows | None:
    # Imported by now; of tensors that are not sparse nothing more is.
    torch = sys.modules["torch"]
    if tensor.layout in (torch.strided, torch.jagged):
        return None
    from spanmatch.pair.device.sparse_tensors import read_rows

    starts, columns, values = read_rows(tensor)
    return make_rows(tensor.shape[1], starts, columns, values)


def _as_array(array: Any, name: str) -> NDArray[Any]:
    found = array.detach().cpu().numpy() if is_tensor(array) else np.asarray(array)
    if found.dtype.kind == "u" and found.size and found.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{name} hold a number above 2^63")
    return found


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
