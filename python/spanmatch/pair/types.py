"""The types of samples: those that users may pass, and those into which they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    import spanmatch._core as core

Side: TypeAlias = Literal["x", "y"]
Floats: TypeAlias = "NDArray[np.float64]"


class Array(Protocol):
    """An array with the interface of numpy."""

    def __array__(self) -> NDArray[Any]:
        """Return the numpy array."""


class DLPackArray(Protocol):
    """An array with the DLPack interface, such as one of torch, CuPy or JAX."""

    def __dlpack__(self) -> object:
        """Return the capsule."""

    def __dlpack_device__(self) -> tuple[int, int]:
        """Return the device of the array."""


@dataclass(frozen=True)
class BFloat16:
    """bfloat16 values as an array of uint16 with their bits, since numpy has no such type."""

    bits: NDArray[np.uint16]


class SparseArray(Protocol):
    """A sparse array or matrix of scipy."""

    def tocsr(self) -> Any:
        """Return the same array in CSR format."""


Samples: TypeAlias = "Array | DLPackArray | BFloat16 | SparseArray | core.SparseRows"
"""Samples × neurons: an array of numpy, torch or another library, or sparse rows."""


Readable: TypeAlias = "NDArray[Any] | torch.Tensor"
"""Samples after reading: an array on the host, where uint16 holds the bits of bfloat16, or a tensor
on a device on which torch computes in float64."""
