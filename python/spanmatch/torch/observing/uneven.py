"""Whether the inputs of a batch differ in length or mask, by which models may sort or select.

If all inputs of the traced batch have the same length, a model that sorts them by length, or drops
masked positions, has not shown this yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from spanmatch.torch.observing.batch_contents import BatchContents


def is_uneven(batch: BatchContents, input_axis: int = 0) -> bool:
    """Tell whether inputs differ in length or mask.

    If rows go by items, the trace does not reorder inputs, so only counts that are not sorted
    already are uneven.
    """
    if batch.items is not None:
        return any(
            any(a > b for a, b in pairwise(kind.counts))
            and any(a < b for a, b in pairwise(kind.counts))
            for kind in batch.items.kinds
        )
    return any(_differs(part, batch.n_inputs, input_axis) for part in _list_tensors(batch.inputs))


def _differs(part: Tensor, n_inputs: int, axis: int) -> bool:
    """Tell whether a value holds lengths, or a mask, that differ between inputs."""
    if part.is_floating_point() or part.is_complex() or part.ndim not in (1, 2):
        return False
    at = axis if part.ndim > 1 else 0
    if part.shape[at] != n_inputs or (
        part.ndim == 2 and not bool(((part == 0) | (part == 1)).all())
    ):
        return False
    return bool((part != part.narrow(at, 0, 1)).any())


def _list_tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    parts = value.values() if isinstance(value, Mapping) else value
    if not isinstance(value, Mapping | list | tuple):
        return []
    return [tensor for part in parts for tensor in _list_tensors(part)]
