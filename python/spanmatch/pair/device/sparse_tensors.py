"""Sparse tensors as rows, on the host."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import torch

from spanmatch.base.errors import warn_user
from spanmatch.pair.compressed_rows import make_rows, make_rows_of_columns, make_rows_of_places

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    import spanmatch._core as core

READABLE = (torch.sparse_coo, torch.sparse_csr, torch.sparse_csc)


def read_rows(tensor: torch.Tensor) -> core.SparseRows:
    """Return a sparse tensor as rows.

    Raises
    ------
    TypeError, ValueError
        The layout or the type of the tensor is not supported; it does not have two axes; a row or a
        column is out of range, which torch does not check.
    """
    if tensor.layout not in READABLE:
        raise TypeError(f"it is a tensor of layout {tensor.layout}: pass its to_sparse_csr()")
    if tensor.ndim != 2 or tensor.dense_dim() != 0:
        raise ValueError(
            f"it has shape {tuple(tensor.shape)} and {tensor.dense_dim()} dense axes: expected two "
            "sparse axes, samples × neurons"
        )
    tensor = tensor.detach()
    if tensor.device.type == "meta":
        raise TypeError("it lies on the meta device, where tensors have no values")
    if tensor.device.type != "cpu":
        _note_host(tensor.device.type)
        tensor = tensor.cpu()
    n_samples, n_neurons = tensor.shape
    if tensor.layout == torch.sparse_coo:
        rows, columns = tensor._indices().numpy()
        return make_rows_of_places(
            (n_samples, n_neurons), rows, columns, widen(tensor._values(), "it")
        )
    values = widen(tensor.values(), "it")
    if tensor.layout == torch.sparse_csr:
        return make_rows(
            n_neurons, tensor.crow_indices().numpy(), tensor.col_indices().numpy(), values
        )
    return make_rows_of_columns(
        (n_samples, n_neurons), tensor.ccol_indices().numpy(), tensor.row_indices().numpy(), values
    )


def widen(values: torch.Tensor, name: str) -> NDArray[np.float64]:
    """Return values as float64 on the host."""
    if not values.is_floating_point():
        raise TypeError(f"{name} holds {values.dtype}: cast it, as by .float()")
    widened: NDArray[np.float64] = values.detach().to(device="cpu", dtype=torch.float64).numpy()
    return widened


@cache
def _note_host(device_type: str) -> None:
    """Warn once that sparse tensors on a device are copied to the host."""
    warn_user(f"sparse tensors on {device_type} are copied to the host, batch by batch")
