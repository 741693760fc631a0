"""Tensors as samples × neurons, on their devices."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.dlpack import from_dlpack

from spanmatch.base.errors import warn_user
from spanmatch.pair.mask import to_booleans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spanmatch.pair.types import Readable

HOST = "cpu"
READABLE = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def as_readable(tensor: torch.Tensor, side: str) -> Readable:
    """Return a tensor on the host as a numpy array of the same memory, and others unchanged.

    bfloat16 on the host becomes its bits, as uint16. A tensor on a device without float64 is copied
    to the host.
    """
    _check(tensor, side)
    tensor = tensor.detach()
    if tensor.device.type == HOST or not has_float64(tensor.device.type):
        return to_host(tensor)
    return tensor


def view_by_torch(array: Any) -> torch.Tensor:
    """Return another library's array as a tensor of the same memory, by DLPack."""
    tensor: torch.Tensor = from_dlpack(array)
    return tensor


def to_host(samples: Readable) -> NDArray[Any]:
    """Return the result of `as_readable` as an array, copied if it is on a device."""
    if isinstance(samples, np.ndarray):
        return samples
    tensor = samples.cpu().resolve_neg()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(np.uint16)
    return tensor.numpy()


def as_tensor(samples: Readable, device: torch.device) -> torch.Tensor:
    """Return the result of `as_readable` as a tensor on `device`."""
    if isinstance(samples, np.ndarray):
        bits = samples.dtype == np.uint16
        samples = torch.asarray(samples.view(np.int16) if bits else samples, device=device)
        return samples.view(torch.bfloat16) if bits else samples
    return samples.to(device)


def as_mask_tensor(mask: Any, device: torch.device | None = None) -> torch.Tensor:
    """Return a mask, a list or an array of any library, as a tensor of booleans.

    It is on `device`, or without one where the mask is.

    Raises
    ------
    TypeError, ValueError
        As in `to_booleans`.
    """
    tensor = torch.as_tensor(mask, device=device)
    booleans: torch.Tensor = to_booleans(
        tensor,
        integers=not tensor.is_floating_point() and not tensor.is_complex(),
        boolean=tensor.dtype == torch.bool,
    )
    return booleans


@cache
def has_float64(device_type: str) -> bool:
    """Tell whether a kind of device computes in float64; warn once if it does not."""
    try:
        torch.zeros(1, dtype=torch.float64, device=device_type)
    except (RuntimeError, TypeError):
        warn_user(
            f"{device_type} has no float64: its activations are copied to the host, batch by batch"
        )
        return False
    return True


def _check(tensor: torch.Tensor, side: str) -> None:
    if tensor.layout != torch.strided:
        raise TypeError(
            f"{side} is a tensor of layout {tensor.layout}, which is not read here: pass "
            f"{side}.to_dense(), or where it is sparse a pair that has been updated with it"
        )
    if tensor.device.type == "meta":
        raise TypeError(f"{side} lies on the meta device, where tensors have no values")
    if tensor.is_complex():
        raise TypeError(
            f"{side} holds complex numbers ({tensor.dtype}): pass real activations, "
            f"such as torch.hstack([{side}.real, {side}.imag])"
        )
    if tensor.dtype not in READABLE:
        raise TypeError(
            f"{side} holds {tensor.dtype}, not float16, bfloat16, float32 or float64: cast it, "
            f"as in {side}.float()"
        )
