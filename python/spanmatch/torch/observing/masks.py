"""The mask of a batch, brought to the positions of one layer's output."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def fitted(values: Tensor, axis: int, mask: Tensor | None) -> tuple[Tensor, int, Tensor | None]:
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
