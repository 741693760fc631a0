"""The activations in what a layer returns: a tensor, or a tuple or mapping that holds some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


def layer_output(returned: Any) -> Tensor | None:
    """Return the first tensor of floats with at least two axes, or None.

    Recurrent and attention layers return (output, state), models of transformers a mapping whose
    loss, if any, is a single number.

    Examples
    --------
    >>> layer_output((torch.tensor(0.5), {"hidden": torch.ones(1, 2)}, torch.ones(3, 3)))
    tensor([[1., 1.]])
    """
    if isinstance(returned, Tensor):
        return returned if _has_neurons(returned) else None
    parts = returned.values() if isinstance(returned, Mapping) else returned
    if not isinstance(returned, Mapping | tuple | list):
        return None
    return next((found for part in parts if (found := layer_output(part)) is not None), None)


def _has_neurons(tensor: Tensor) -> bool:
    dense = tensor.layout == torch.strided and not tensor.is_nested
    return dense and tensor.is_floating_point() and tensor.ndim >= 2
