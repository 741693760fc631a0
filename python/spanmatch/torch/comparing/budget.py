"""The memory budget of sums, and the division of layers into passes that fit into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from spanmatch.base.memory import find_available

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.observing.layer_size import LayerSize


def find_budget(max_memory: int | None, device: torch.device) -> int | None:
    """Return the bytes for sums, by default half of the free memory; None if that is not known.

    The other half is for matching, which takes more memory than the sums of a layer.

    Parameters
    ----------
    max_memory
        The limit of the user; the result is never more than the free memory.
    device
        The device of the outputs, and so of the sums.
    """
    free = find_free(device)
    if max_memory is None:
        return None if free is None else free // 2
    return max_memory if free is None else min(max_memory, free)


def find_free(device: torch.device) -> int | None:
    """Return the free bytes of a device; None if not known."""
    if device.type != "cuda":
        return find_available()
    # Memory that torch has reserved is available to new tensors too.
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0]) + kept


def count_sums(n_a: int, n_b: int, options: CompareOptions) -> int:
    """Estimate the bytes of the sums of a pair, with its nulls and folds.

    A device keeps all products. The host keeps one triangle, and another while it adds a batch.
    """
    return 8 * ((n_a + n_b) ** 2 + options.resampling.count_beside(n_a, n_b))


def count_in_pass(a: LayerSize, b: LayerSize, options: CompareOptions) -> int:
    """Return the bytes of a layer in a pass: the sums of its calls, and the outputs of A."""
    return a.n_calls * count_sums(a.n_neurons, b.n_neurons, options) + a.n_bytes


def deal_layers(sizes: Mapping[str, int], budget: int | None) -> list[list[str]]:
    """Divide layers among passes: the largest first, each into the first pass with room for it.

    Parameters
    ----------
    sizes
        The bytes of each layer, none more than the budget.
    budget
        The bytes that the layers of a pass may take together; None for no limit.

    Examples
    --------
    >>> deal_layers({"a": 2, "b": 3, "c": 1, "d": 1}, 4)
    [['b', 'c'], ['a', 'd']]
    """
    if budget is None or sum(sizes.values()) <= budget:
        return [list(sizes)]
    passes: list[set[str]] = []
    room: list[int] = []
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        at = next((at for at, free in enumerate(room) if sizes[name] <= free), len(room))
        if at == len(room):
            passes.append(set())
            room.append(budget)
        passes[at].add(name)
        room[at] -= sizes[name]
    # In each pass the layers keep the order of the models.
    return [[name for name in sizes if name in names] for names in passes]
