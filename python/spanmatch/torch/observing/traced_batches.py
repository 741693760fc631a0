"""The batches that the trace uses: the first, or several if it holds few inputs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from spanmatch.base.errors import prefix_errors
from spanmatch.torch.observing.batch import copy_batch
from spanmatch.torch.observing.items import count_items

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spanmatch.torch.observing.items import ItemsChoice

FEW = 8  # With at most this many inputs, a sorted order can look unsorted by accident.


def read_ahead(first: Any, batches: Iterator[Any], count: int) -> list[Any]:
    """Return this number of batches or all; each is copied before the next is read."""
    if count == 1:
        return [first]
    return [copy_batch(first), *map(copy_batch, islice(batches, count - 1))]


def count_traced(first: Any, input_axis: int, items: ItemsChoice = None) -> int:
    """Return the number of batches that a trace reads, with the first.

    With few inputs, rows can seem to move with them by accident, so a second batch must agree. A
    batch of one input has no other order, so two batches are joined, and two more must agree.
    """
    with prefix_errors("batch 0 (counted from 0)"):
        n_inputs = count_items(first, input_axis, items)
    if n_inputs == 1 and items is None:
        return 4
    return 2 if n_inputs <= FEW else 1


def list_traced(batches: Sequence[Any], input_axis: int, items: ItemsChoice = None) -> list[Any]:
    """Return the batches on which a trace runs: two with several inputs, or else the first."""
    first, *others = batches
    several = [first] if count_items(first, input_axis, items) > 1 else []
    for each in others:
        # Errors of a later batch are raised when it is run.
        with suppress(TypeError, ValueError):
            several += [each] if count_items(each, input_axis, items) > 1 else []
    return several[:2] or [first]


def join_single(batches: Sequence[Any], input_axis: int, items: ItemsChoice = None) -> list[Any]:
    """Return batches of one input each, joined in pairs as far as they fit together.

    There are none if a batch has several inputs, or if rows go by items.
    """
    try:
        if items is not None or any(count_items(each, input_axis, None) != 1 for each in batches):
            return []
    except (TypeError, ValueError):
        return []
    couples = zip(batches[::2], batches[1::2], strict=False)
    joined = [join_inputs(*couple, input_axis) for couple in couples]
    return [each for each in joined if each is not None]


def join_inputs(one: Any, other: Any, axis: int = 0) -> Any | None:
    """Return two batches of one input each as one batch of two; None if they do not fit together.

    Tensors with one entry on the input axis are joined, and lists of one entry, also inside
    mappings and tuples. Everything else must be the same in both.

    >>> join_inputs({"ids": torch.tensor([[1]]), "n": 3}, {"ids": torch.tensor([[2]]), "n": 3})
    {'ids': tensor([[1],
            [2]]), 'n': 3}
    """
    try:
        return _join(one, other, axis)
    except _DifferentError:
        return None


class _DifferentError(Exception):
    """Two batches differ in a value that cannot be joined."""


def _join(one: Any, other: Any, axis: int) -> Any:
    if type(one) is not type(other):
        raise _DifferentError
    if isinstance(one, Tensor):
        if one.shape == other.shape and one.dtype == other.dtype:
            if one.ndim > axis and one.shape[axis] == 1:
                return torch.cat([one, other.to(one.device)], axis)
            if torch.equal(one, other.to(one.device)):
                return one
        raise _DifferentError
    if isinstance(one, Mapping):
        if one.keys() != other.keys():
            raise _DifferentError
        return {name: _join(part, other[name], axis) for name, part in one.items()}
    if isinstance(one, tuple | list) and len(one) == len(other):
        if len(one) == 1 and not isinstance(one[0], Tensor | Mapping):
            parts = [*one, *other]
        else:
            parts = [_join(*both, axis) for both in zip(one, other, strict=True)]
        return tuple(parts) if isinstance(one, tuple) else parts
    if isinstance(one, int | float | str | None) and one == other:
        return one
    raise _DifferentError
