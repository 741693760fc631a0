"""Feature maps and tokens as samples × neurons."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.pair.mask import as_mask_array
from spanmatch.pair.samples import is_tensor, view_array

if TYPE_CHECKING:
    from spanmatch.pair.types import Readable, Samples

# The neurons' axis by the number of axes: channels of maps are second, hidden units are last.
NEURON_AXIS = {2: 1, 3: 2, 4: 1, 5: 1}


def as_rows(activations: Samples, mask: Any = None, *, axis: int | None = None) -> Readable:
    """Turn feature maps or tokens into samples × neurons: each position of each input is a sample.

    Parameters
    ----------
    activations
        Maps (N, C, H, W) or (N, C, D, H, W), whose neurons are the channels; tokens (B, T, H),
        whose neurons are the hidden units; or vectors (N, H). A numpy array, a torch tensor, or an
        array of another library that `ActivationPair.update` takes.
    mask
        Which positions count: booleans, or integers 0 and 1 as in an attention mask. It has the
        shape of `activations` without the neurons' axis, such as (B, T).
    axis
        The neurons' axis of other layouts: -1 for maps (N, H, W, C), 1 for signals (N, C, L).

    Returns
    -------
    array
        Of shape (samples, neurons), from the library and on the device of `activations`.

    Raises
    ------
    TypeError
        `activations` is not an array; `mask` holds neither booleans nor integers.
    ValueError
        The neurons' axis is not known or does not exist; the mask has another shape, or values
        other than 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> as_rows(np.ones((8, 16, 5, 5), np.float32)).shape
    (200, 16)
    >>> mask = np.array([[1, 1, 0], [1, 0, 0]])
    >>> as_rows(np.ones((2, 3, 4)), mask).shape
    (3, 4)
    """
    # Arrays of numpy and torch share these methods, but have no common type.
    array: Any = view_array(activations, "activations")
    at = _find_neuron_axis(tuple(array.shape), axis)
    last = array.movedim(at, -1) if is_tensor(array) else np.moveaxis(array, at, -1)
    rows: Readable = (
        last.reshape(prod(last.shape[:-1]), last.shape[-1])
        if mask is None
        else last[_as_mask(mask, last)]
    )
    return rows


def _find_neuron_axis(shape: tuple[int, ...], axis: int | None) -> int:
    if axis is None:
        if len(shape) not in NEURON_AXIS:
            raise ValueError(f"activations have shape {shape}: say which axis is the neurons'")
        return NEURON_AXIS[len(shape)]
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"axis is {axis}, but activations have shape {shape}")
    return axis % len(shape)


def _as_mask(mask: Any, last: Any) -> Any:
    """Return `mask` as booleans of the library and device of `last`, with neurons last."""
    if is_tensor(last):
        from spanmatch.pair.device.tensors import as_mask_tensor

        booleans: Any = as_mask_tensor(mask, last.device)
    else:
        booleans = as_mask_array(mask)
    if booleans.shape != last.shape[:-1]:
        raise ValueError(
            f"mask has shape {tuple(booleans.shape)}, but the positions {tuple(last.shape[:-1])}"
        )
    return booleans
