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

# DLPack's numbers of the memory that the host reads: its own, and that pinned for CUDA and ROCm.
HOST_MEMORY = (1, 3, 11)
# What libraries raise of arrays that are traced, deleted, split, or on a device that is not here.
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

    Errors call them by the name of the side, as it would stand in code: x, y or rows["a"].
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
    """Tell whether `array` is a tensor of torch, which is imported by then."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(array, torch.Tensor)


def view_array(array: Any, name: str) -> Readable:
    """Return an array of any library as one of numpy or torch, of the same memory."""
    if isinstance(array, np.ndarray) or is_tensor(array):
        return array
    if is_table(array):
        return read_table(array, name)
    if hasattr(array, "__dlpack__") and hasattr(array, "__dlpack_device__"):
        device = None
        # JAX has no device for an array that is split over several, but brings it together.
        with suppress(*OTHERS_ERRORS):
            device = array.__dlpack_device__()[0]
        if device in HOST_MEMORY:
            # numpy declines types that it does not know: bfloat16.
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
            # Tensors that hold no plain values: nested, of a transform, of a tracer.
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
    """Let errors of other libraries, of whatever kind, begin with what could not be read."""
    try:
        yield
    except OTHERS_ERRORS as error:
        raise TypeError(f"{name} is an array that cannot be read: {error}") from error


def _check_type(array: NDArray[Any], side: str) -> NDArray[Any]:
    dtype = array.dtype
    if dtype.name == "bfloat16":  # of the package ml_dtypes, as JAX has it
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
    """Return float32 if it holds every value of the type, or if values are measurements anyway."""
    loses_digits = dtype.kind in "iu" and dtype.itemsize > 4
    return "float64" if loses_digits or dtype.kind == "f" else "float32"


def _explain_shape(samples: Readable, side: str) -> str:
    expected = "expected two axes, samples × neurons"
    if samples.ndim == 1:
        return f"{expected}; for one neuron pass {side}[:, None]"
    if samples.ndim in (3, 4, 5):
        return f"{expected}; for maps or tokens pass spanmatch.as_rows({side})"
    return expected
