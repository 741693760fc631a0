"""The mask of a batch: read from it, and brought to the positions of one layer's output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spanmatch.pair.device.tensors import as_mask_tensor
from spanmatch.torch.observing.batch import ATTENTION_MASK, get_inputs

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def read_mask(batch: Any, mask: str | Callable[[Any], Any] | None) -> Tensor | None:
    """Return the mask of a batch as booleans, or None where it has none.

    Parameters
    ----------
    batch
        As it came.
    mask
        The mask's name in a mapping, or what makes it of a batch; None: `attention_mask`, where a
        mapping has one.

    Raises
    ------
    TypeError, ValueError
        The mask holds neither bool nor 0 and 1; the mapping does not hold it.
    """
    found = mask(batch) if callable(mask) else _read_entry(batch, mask)
    return None if found is None else as_mask_tensor(found)


def fit_mask(values: Tensor, axis: int, mask: Tensor | None) -> tuple[Tensor, int, Tensor | None]:
    """Return the values, their axis, and the mask that goes with them.

    An output without positions, as that of a pooler, needs no mask. One for all items at once, as
    of an embedding of positions, stands for each of them.

    Raises
    ------
    ValueError
        The mask has other positions than the output.
    """
    if mask is None:
        return values, axis, None
    items, *positions = (size for at, size in enumerate(values.shape) if at != axis)
    if list(mask.shape) == [items, *positions]:
        return values, axis, mask.to(values.device)
    if not positions and items == mask.shape[0]:
        return values, axis, None
    if items == 1 and list(mask.shape[1:]) == positions:
        return values.expand(len(mask), *values.shape[1:]), axis, mask.to(values.device)
    raise ValueError(
        f"the mask has shape {tuple(mask.shape)}, but the positions of the output "
        f"{tuple(values.shape)} are {(items, *positions)}: choose layers that keep the positions, "
        "or pass a `mask` that fits, a function of the batch (None for no mask)"
    )


def _read_entry(batch: Any, name: str | None) -> Any:
    inputs = get_inputs(batch)
    if name is None:
        return inputs.get(ATTENTION_MASK) if isinstance(inputs, Mapping) else None
    if not isinstance(inputs, Mapping):
        raise TypeError(
            f"mask is {name!r}, but the batch is no mapping: pass a function of a batch"
        )
    if name not in inputs:
        held = ", ".join(map(repr, inputs))
        raise ValueError(f"mask is {name!r}, but the batch holds {held}")
    return inputs[name]
