"""The changed inputs of a batch for the trace: in another order, noisy, or shorter.

These are reordered: every tensor with one entry for each input on the input axis, every list and
tuple of that length, and the same inside mappings and inside lists and tuples of another length.
Everything else is passed on unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from spanmatch.torch.observing.batch import ATTENTION_MASK

if TYPE_CHECKING:
    from collections.abc import Callable

NOISE = 0.5  # the noise relative to the deviation of the inputs, or to 1 if these are all equal

LITTLE = 1e-3  # the same, if a model's order of the inputs must not change


def reorder_inputs(inputs: Any, order: Tensor, axis: int = 0) -> Any:
    """Return the inputs of a batch in another order: input i is `order[i]` of those given.

    >>> reorder_inputs({"ids": torch.tensor([[1], [2]]), "n": 3}, torch.tensor([1, 0]))
    {'ids': tensor([[2],
            [1]]), 'n': 3}
    """
    if isinstance(inputs, Tensor):
        moves = inputs.ndim > axis and inputs.shape[axis] == len(order)
        return inputs.index_select(axis, order.to(inputs.device)) if moves else inputs
    if isinstance(inputs, Mapping):
        return {name: reorder_inputs(part, order, axis) for name, part in inputs.items()}
    if isinstance(inputs, list | tuple) and len(inputs) == len(order):
        return type(inputs)([inputs[i] for i in order.tolist()])
    if type(inputs) in (list, tuple):
        return type(inputs)(reorder_inputs(part, order, axis) for part in inputs)
    return inputs


def add_noise(inputs: Any) -> Any | None:
    """Return the inputs with noise on every tensor of floats; None if there is none."""
    if not _has_floats(inputs):
        return None
    generator = torch.Generator().manual_seed(0)

    def perturb(part: Tensor) -> Tensor:
        if not part.is_floating_point():
            return part
        noise = torch.randn(part.shape, generator=generator).to(part.device, part.dtype)
        spread = part.float().std(unbiased=False).to(part.dtype) if part.numel() else 0.0
        return part + noise * NOISE * (spread if spread > 0 else 1.0)

    return _map_tensors(inputs, perturb)


def disturb_input(inputs: Any, at: int, axis: int = 0) -> Any | None:
    """Return the inputs with a little noise on one of them; None if it has no floats."""
    if not _has_floats(inputs):
        return None
    generator = torch.Generator().manual_seed(at)

    def perturb(part: Tensor) -> Tensor:
        if not part.is_floating_point() or part.ndim <= axis:
            return part
        changed = part.clone()
        own = changed.select(axis, at)
        noise = torch.randn(own.shape, generator=generator).to(own.device, own.dtype)
        own += LITTLE * noise * part.std(unbiased=False)
        return changed

    return _map_tensors(inputs, perturb)


def shorten_inputs(inputs: Any) -> Any:
    """Return the inputs with fewer positions.

    Sequences lose their last position, images some of their rows and more of their columns.
    """
    return _map_tensors(inputs, _shorten)


def count_positions(inputs: Any) -> int:
    """Return the number of positions of an input that `shorten_inputs` would reduce.

    >>> count_positions(torch.zeros(2, 3, 8, 5)), count_positions({"ids": torch.ones(2, 7).long()})
    (40, 7)
    """
    if isinstance(inputs, Mapping):
        return max(map(count_positions, inputs.values()), default=0)
    if not isinstance(inputs, Tensor) or _shorten(inputs).shape == inputs.shape:
        return 0
    return inputs.shape[1] if inputs.ndim < 4 else inputs.shape[2] * inputs.shape[3]


def resize_inputs(inputs: Any, name: str, mask: Tensor, length: int, input_axis: int) -> Any | None:
    """Return the inputs with this number of the positions of a mask; None if none has its shape.

    Longer inputs are cut, and shorter ones are repeated.
    """
    if isinstance(inputs, Tensor):
        changed = _resize(inputs, mask, length, input_axis)
        return None if changed is inputs else changed
    members = _list_members(inputs, name, mask, input_axis)
    if not members:
        return None
    return {
        key: _resize(part, mask, length, input_axis) if key in members else part
        for key, part in inputs.items()
    }


def _resize(part: Tensor, mask: Tensor, length: int, input_axis: int) -> Tensor:
    """Return a tensor with this number of positions, if it has the positions of the mask."""
    at = _find_positions(part, mask, input_axis)
    if at is None:
        return part
    places = torch.arange(length, device=part.device) % part.shape[at]
    return part.index_select(at, places)


def _find_positions(part: Tensor, mask: Tensor, input_axis: int) -> int | None:
    if input_axis == 0 and part.shape[:2] == mask.shape:
        return 1
    if input_axis == 1 and part.shape[:2] == mask.T.shape:
        return 0
    # A mask may have its axes in the other order.
    return 1 if input_axis == 1 and part.shape == mask.shape else None


def _list_members(inputs: Mapping[str, Any], name: str, mask: Tensor, input_axis: int) -> set[str]:
    """Return the tensors of a mapping with the positions of a mask, found by their names."""
    prefix = name.removesuffix(ATTENTION_MASK) if name.endswith(ATTENTION_MASK) else ""
    others = [
        key.removesuffix(ATTENTION_MASK)
        for key in inputs
        if key.endswith(ATTENTION_MASK) and len(key) > len(prefix + ATTENTION_MASK)
    ]
    return {
        key
        for key, part in inputs.items()
        if isinstance(part, Tensor)
        and _find_positions(part, mask, input_axis) is not None
        and key.startswith(prefix)
        and not any(key.startswith(other) for other in others)
    }


def _shorten(part: Tensor) -> Tensor:
    # A matrix of floats holds features of inputs, not positions.
    is_tokens = not part.is_floating_point()
    if part.ndim in (2, 3) and part.shape[1] > 1 and (part.ndim == 3 or is_tokens):
        return part[:, :-1]
    if part.ndim == 4:
        step = 32 if min(part.shape[2:]) >= 96 else max(1, min(part.shape[2:]) // 4)
        rows, columns = part.shape[2] - step, part.shape[3] - 2 * step
        return part[:, :, :rows, :columns] if rows > 0 and columns > 0 else part
    return part


def _map_tensors(inputs: Any, change: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(inputs, Tensor):
        return change(inputs)
    if isinstance(inputs, Mapping):
        return {name: _map_tensors(part, change) for name, part in inputs.items()}
    return inputs


def _has_floats(inputs: Any) -> bool:
    if isinstance(inputs, Tensor):
        return inputs.is_floating_point()
    return isinstance(inputs, Mapping) and any(map(_has_floats, inputs.values()))
