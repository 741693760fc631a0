"""Sparse tensors as rows, on the host."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from spanmatch.base.errors import warn_user

if TYPE_CHECKING:
    from numpy.typing import NDArray

READABLE = (torch.sparse_coo, torch.sparse_csr, torch.sparse_csc)


def read_rows(tensor: torch.Tensor) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]:
    """Return where each row begins, and the columns and values of all.

    Raises
    ------
    TypeError, ValueError
        Its layout or type is not read; it has other than two axes; a row is out of range.
    """
    if tensor.layout not in READABLE:
        raise TypeError(f"it is a tensor of layout {tensor.layout}: pass its to_sparse_csr()")
    if tensor.ndim != 2 or tensor.dense_dim() != 0:
        raise ValueError(
            f"it has shape {tuple(tensor.shape)} and {tensor.dense_dim()} dense axes: expected two "
            "sparse axes, samples × neurons"
        )
    tensor = tensor.detach()
    if tensor.device.type != "cpu":
        _note_host(tensor.device.type)
        tensor = tensor.cpu()
    if tensor.layout == torch.sparse_csr:
        starts, columns = tensor.crow_indices(), tensor.col_indices()
        return starts.numpy(), columns.numpy(), widen(tensor.values(), "it")
    # In the order of rows, and values of one place added.
    tensor = tensor.to_sparse_coo().coalesce()
    of_rows, columns = tensor.indices().numpy()
    if of_rows.size and of_rows.max() >= len(tensor):
        raise ValueError(f"it names row {of_rows.max()}, but there are {len(tensor)}")
    counts = np.bincount(of_rows, minlength=len(tensor))
    return np.concatenate([[0], np.cumsum(counts)]), columns, widen(tensor.values(), "it")


def widen(values: torch.Tensor, name: str) -> NDArray[np.float64]:
    """Return values as float64 on the host."""
    if not values.is_floating_point():
        raise TypeError(f"{name} holds {values.dtype}: cast it, as by .float()")
    widened: NDArray[np.float64] = values.detach().to(device="cpu", dtype=torch.float64).numpy()
    return widened


@cache
def _note_host(device_type: str) -> None:
    """Say, once, where sparse tensors are summed."""
    warn_user(f"sparse tensors on {device_type} are copied to the host, batch by batch")
