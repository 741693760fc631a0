"""One side of a batch: the check of its type and shape, without a copy."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

import spanmatch._core as core
from spanmatch.base.arguments import refuse_masked
from spanmatch.base.memory import is_out_of_memory
from spanmatch.pair.labelled import is_table, read_table
from spanmatch.pair.types import BFloat16

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch
    from numpy.typing import NDArray

    from spanmatch.pair.types import Readable

# DLPack's codes of memory that the host can read: its own, and memory pinned for CUDA and ROCm.
HOST_MEMORY = (1, 3, 11)
# The errors of libraries for arrays that are traced, deleted, split, or on a missing device.
OTHERS_ERRORS = (
    AssertionError,
    AttributeError,
    BufferError,
    RuntimeError,
    TypeError,
    ValueError,
)


def as_samples(array: object, side: str) -> Readable:
    """Check samples × neurons and return them without a copy.

    Errors call them by `side`, an expression such as x, y or rows["a"].
    """
    samples = _as_readable(array, side)
    if samples.ndim != 2:
        raise ValueError(
            f"{side} has shape {tuple(samples.shape)}: {_explain_shape(samples, side)}"
        )
    if isinstance(samples, np.ndarray) and not samples.flags.aligned:
        raise ValueError(f"{side} lies unaligned in memory: pass a copy of it")
    return samples


def is_tensor(array: object) -> TypeGuard[torch.Tensor]:
    """Tell whether `array` is a torch tensor, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(array, torch.Tensor)


def view_array(array: Any, name: str) -> Readable:
    """Return an array of any library as one of numpy or torch, with the same memory if possible."""
    if isinstance(array, np.ndarray) or is_tensor(array):
        return array
    if is_table(array):
        return read_table(array, name)
    if hasattr(array, "__dlpack__") and hasattr(array, "__dlpack_device__"):
        device = None
        # JAX names no device for an array that is split over several, but `__array__` joins it.
        with suppress(*OTHERS_ERRORS):
            device = array.__dlpack_device__()[0]
        if device in HOST_MEMORY:
            # numpy refuses types that it does not know, such as bfloat16.
            with suppress(BufferError, RuntimeError, TypeError, ValueError):
                return np.from_dlpack(array)
        if device not in (None, *HOST_MEMORY) or not hasattr(array, "__array__"):
            return _view_by_torch(array, name)
    if hasattr(array, "__array__"):
        with _explain_unreadable(name):
            return np.asarray(array)
    raise TypeError(
        f"{name} must be an array of numpy, of torch, or of a library that speaks DLPack, "
        f"got {type(array).__name__}"
    )


def _as_readable(array: object, side: str) -> Readable:
    refuse_masked(array, side)
    if isinstance(array, BFloat16):
        return array.bits
    if isinstance(array, core.SparseRows) or hasattr(array, "tocsr"):
        raise TypeError(
            f"{side} is sparse, which is not read here: update an ActivationPair with it, and pass "
            "the pair"
        )
    array = view_array(array, side)
    if is_tensor(array):
        from spanmatch.pair.device.tensors import as_readable

        try:
            return as_readable(array, side)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise MemoryError(f"{side} takes more memory than there is: {error}") from error
            # The tensor holds no plain values: it is nested, or belongs to a transform or tracer.
            raise TypeError(f"{side} is a tensor that cannot be read: {error}") from error
    return _check_type(np.asarray(array), side)


def _view_by_torch(array: Any, name: str) -> torch.Tensor:
    try:
        from spanmatch.pair.device.tensors import view_by_torch
    except ImportError as error:
        raise TypeError(
            f"{name} is not in the host's memory, or of a type that numpy does not know: install "
            f"torch, through which it is read (pip install 'spanmatch[torch]'), or pass a copy on "
            "the host as float32"
        ) from error
    with _explain_unreadable(name):
        return view_by_torch(array)


@contextmanager
def _explain_unreadable(name: str) -> Iterator[None]:
    """Turn errors of other libraries into a TypeError that names the array."""
    try:
        yield
    except OTHERS_ERRORS as error:
        raise TypeError(f"{name} is an array that cannot be read: {error}") from error


def _check_type(array: NDArray[Any], side: str) -> NDArray[Any]:
    dtype = array.dtype
    if dtype.name == "bfloat16":  # The type of ml_dtypes, which JAX uses.
        return array.view(np.uint16)
    if dtype.kind == "c":
        raise TypeError(
            f"{side} holds complex numbers ({dtype}): pass real activations, "
            f"such as np.hstack([{side}.real, {side}.imag])"
        )
    if dtype.kind != "f" or dtype.itemsize > 8:
        raise TypeError(
            f"{side} holds {dtype}, not float16, bfloat16, float32 or float64: cast it, "
            f"as in {side}.astype(np.{_choose_cast(dtype)})"
        )
    if not dtype.isnative:
        raise TypeError(
            f"{side} holds {dtype}, another machine's byte order: cast it, "
            f"as in {side}.astype(np.{dtype.newbyteorder('=')})"
        )
    return array


def _choose_cast(dtype: np.dtype[Any]) -> str:
    """Return the type to suggest: float64 for 64-bit integers and longer floats, else float32."""
    loses_digits = dtype.kind in "iu" and dtype.itemsize > 4
    return "float64" if loses_digits or dtype.kind == "f" else "float32"


def _explain_shape(samples: Readable, side: str) -> str:
    expected = "expected two axes, samples × neurons"
    if samples.ndim == 1:
        return f"{expected}; for one neuron pass {side}[:, None]"
    if samples.ndim in (3, 4, 5):
        return f"{expected}; for maps or tokens pass spanmatch.as_rows({side})"
    return expected
