"""The number of rows of every input of a batch, if inputs lie one after the other on one axis.

This is so for the nodes of all graphs of a batch, concatenated proteins, and packed texts. The user
gives the counts by `items`; a batch of torch_geometric holds them itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from torch import Tensor

from spanmatch.torch.observing.batch import count_inputs, get_inputs
from spanmatch.torch.observing.graph_batch import GraphBatch

ItemsChoice: TypeAlias = "str | Callable[[Any], Any] | None"
"""The argument `items` of `compare`."""

ROWS, NODES, EDGES = "rows", "nodes", "edges"
ONE = "inputs"  # the kind of rows of which every input has one

_WANTED = "it is to be a one-dimensional tensor, array or list of integers, one for every input"


@dataclass(frozen=True)
class RowCounts:
    """The number of rows of one kind of every input, in the order of the inputs."""

    kind: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """The number of all rows of the kind."""
        return sum(self.counts)


@dataclass(frozen=True)
class BatchItems:
    """The inputs of a batch, and the kinds of rows of which they have several."""

    n_inputs: int
    kinds: tuple[RowCounts, ...]
    source: str = "`items`"
    """The source of the counts, for errors."""

    @property
    def all_kinds(self) -> tuple[RowCounts, ...]:
        """All kinds, also that with one row for each input."""
        return (*self.kinds, RowCounts(ONE, (1,) * self.n_inputs))

    def find_kinds(self, size: int) -> list[RowCounts]:
        """Return the kinds with this number of rows in all."""
        return [each for each in self.all_kinds if each.total == size]

    def find_counts(self, shape: tuple[int, ...], kinds: Sequence[str] = ()) -> RowCounts:
        """Return the number of rows of an output for each input.

        Parameters
        ----------
        shape
            The shape of the output, whose rows lie on axis 0.
        kinds
            The kinds that the trace found for its rows; empty without a trace.

        Raises
        ------
        ValueError
            The output has another number of rows, or one that fits several kinds.
        """
        found = [each for each in self.find_kinds(shape[0]) if not kinds or each.kind in kinds]
        if not found:
            raise ValueError(self.explain_size(shape, kinds))
        if len({each.counts for each in found}) > 1:
            names = " or ".join(each.kind for each in found)
            raise ValueError(f"it cannot be told whether rows of its output {shape} are {names}")
        return found[0]

    def explain_size(self, shape: tuple[int, ...], kinds: Sequence[str] = ()) -> str:
        """Return the error message for an output with another number of rows."""
        wanted = " or ".join(
            f"{each.total} {each.kind}"
            for each in self.all_kinds
            if not kinds or each.kind in kinds
        )
        return (
            f"its output {shape} has {shape[0]} rows on its first axis, where {self.source} has "
            f"{wanted}"
        )


def check_items(items: object, mask: object, input_axis: int) -> None:
    """Raise TypeError or ValueError if `items` is not valid, or not with other arguments."""
    if items is None:
        return
    if not isinstance(items, str) and not callable(items):
        raise TypeError(
            f"`items` is a {type(items).__name__}: pass the key of a batch that is a mapping, or a "
            "function of a batch, that has or returns how many rows each input has"
        )
    check_alone("`items`", mask, input_axis)


def check_alone(source: str, mask: object, input_axis: int) -> None:
    """Raise ValueError if `mask` or `input_axis` is given beside row counts."""
    if mask is not None:
        raise ValueError(
            f"{source} and `mask` do not go together: rows that lie one input after the other are "
            "not padded; leave `mask` out"
        )
    if input_axis != 0:
        raise ValueError(
            f"{source} says whose the rows on axis 0 are: leave `input_axis` out beside it"
        )


def read_items(batch: Any, items: ItemsChoice) -> BatchItems | None:
    """Return the number of rows of every input of a batch; None if each is a slice of a tensor.

    Parameters
    ----------
    batch
        The batch as it was read, which a function is called with.
    items
        The key of the counts in a mapping, or a function that returns them for a batch. With None,
        the graphs of a batch of torch_geometric are the inputs, and other batches have no counts.

    Raises
    ------
    TypeError, ValueError
        There are no counts, or not one positive integer for every input.

    Examples
    --------
    >>> read_items({"x": None, "lengths": [2, 3]}, "lengths").kinds
    (RowCounts(kind='rows', counts=(2, 3)),)
    """
    inputs = get_inputs(batch)
    if items is not None:
        made = _read_entry(inputs, items) if isinstance(items, str) else items(batch)
        counts = _as_counts(made)
        return BatchItems(len(counts), (RowCounts(ROWS, counts),))
    if not isinstance(inputs, GraphBatch):
        return None
    nodes, edges = inputs.count_nodes(), inputs.count_edges()
    _check_filled(nodes, "graph", "nodes")
    kinds = [RowCounts(NODES, nodes)]
    if edges is not None and any(edges):
        kinds.append(RowCounts(EDGES, edges))
    return BatchItems(len(nodes), tuple(kinds), "the batch of graphs")


def count_items(batch: Any, input_axis: int, items: ItemsChoice) -> int:
    """Return the number of inputs of a batch, by its row counts or by its tensors."""
    found = read_items(batch, items)
    return count_inputs(batch, input_axis) if found is None else found.n_inputs


def _read_entry(inputs: Any, name: str) -> Any:
    if not isinstance(inputs, Mapping):
        raise TypeError(
            f"`items` is {name!r}, but the batch is no mapping: pass a function of a batch"
        )
    if name not in inputs:
        held = ", ".join(map(repr, inputs))
        raise ValueError(f"`items` is {name!r}, but the batch holds {held}")
    return inputs[name]


def _as_counts(made: Any) -> tuple[int, ...]:
    if made is None or isinstance(made, str | Mapping):
        raise TypeError(f"`items` gave a {type(made).__name__}: {_WANTED}")
    values = np.asarray(made.detach().cpu() if isinstance(made, Tensor) else made)
    if values.ndim != 1:
        raise ValueError(f"`items` gave counts of the shape {values.shape}: {_WANTED}")
    if values.size == 0:
        raise ValueError("`items` gave no counts: the batch is empty")
    if values.dtype.kind not in "iu":
        raise TypeError(f"`items` gave counts of {values.dtype}: {_WANTED}")
    counts = tuple(int(value) for value in values)
    if min(counts) < 0:
        at = min(range(len(counts)), key=counts.__getitem__)
        raise ValueError(f"`items` gave {counts[at]} rows for input {at}: {_WANTED}")
    _check_filled(counts, "input", "rows")
    return counts


def _check_filled(counts: Sequence[int], item: str, rows: str) -> None:
    """Raise ValueError if an input has no rows."""
    if not counts:
        raise ValueError("the batch is empty")
    if 0 in counts:
        raise ValueError(
            f"{item} {counts.index(0)} of the batch (counted from 0) has no {rows}: leave it out "
            "of the batch"
        )
