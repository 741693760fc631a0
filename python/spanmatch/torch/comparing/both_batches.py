"""The batches of both models: of one data set, or of two that correspond input by input."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from spanmatch.base.errors import prefix_errors
from spanmatch.torch.observing.batch import take_batches
from spanmatch.torch.observing.graph_batch import is_graph_batch
from spanmatch.torch.observing.items import count_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spanmatch.torch.observing.items import ItemsChoice

    BothBatches = tuple[Any, Any]

END = object()


class BothData:
    """What A reads, and what B reads beside it: the same, where there is no other.

    Parameters
    ----------
    data
        The batches of A.
    data_b
        Those of B; None: the same.
    max_batches
        How many are read; None: all.

    Examples
    --------
    >>> list(BothData("abc", None, 2).read())
    [('a', 'a'), ('b', 'b')]
    >>> list(BothData("ab", [1, 2], None).read())
    [('a', 1), ('b', 2)]
    """

    def __init__(
        self, data: Iterable[Any], data_b: Iterable[Any] | None, max_batches: int | None
    ) -> None:
        self._data, self._data_b = data, data_b
        self._max_batches = max_batches

    @property
    def is_read_once(self) -> bool:
        """Whether the batches come from an iterator, which gives them once and no more."""
        given = [each for each in (self._data, self._data_b) if each is not None]
        return any(iter(each) is each for each in given)

    def count(self) -> int | None:
        """Return how many batches there are; None where that is not known."""
        return take_batches(self._data, self._max_batches)[1]

    def read(self) -> Iterator[BothBatches]:
        """Yield the batches of A, each with that of B.

        Raises
        ------
        TypeError
            One of the two is no iterable of batches: raised at once.
        ValueError
            One of them ends before the other.
        """
        batches_a, _ = take_batches(self._data, self._max_batches)
        if self._data_b is None:
            return ((batch, batch) for batch in batches_a)
        try:
            batches_b, _ = take_batches(self._data_b, self._max_batches)
        except TypeError as error:
            raise TypeError(f"`data_b`: {error}") from error
        return _zip_batches(batches_a, batches_b)


def _zip_batches(batches_a: Iterator[Any], batches_b: Iterator[Any]) -> Iterator[BothBatches]:
    for number, (a, b) in enumerate(zip_longest(batches_a, batches_b, fillvalue=END)):
        if a is END or b is END:
            ended = "`data`" if a is END else "`data_b`"
            raise ValueError(
                f"{ended} ends after {number} batches, and the other goes on: both must have the "
                "same inputs, in the same batches"
            )
        yield a, b


def count_both(batches: BothBatches, input_axis: int, items: ItemsChoice, number: int) -> int:
    """Return how many inputs the batches of A and B hold.

    Raises
    ------
    ValueError
        There are none, or B has others than A.
    """
    with prefix_errors(f"batch {number} (counted from 0)"):
        n_a, n_b = (count_items(batch, input_axis, items) for batch in batches)
    if n_a != n_b:
        raise ValueError(
            f"batch {number} (counted from 0) holds {n_a} inputs in `data` and {n_b} in `data_b`: "
            "both must have the same inputs, in the same batches"
        )
    if n_a == 0:
        raise ValueError(f"batch {number} (counted from 0) is empty")
    return n_a


def digest(batch: Any) -> int:
    """Return a number that tells batches apart: it follows from the values of all tensors.

    >>> digest(torch.zeros(2)) == digest({"x": [torch.zeros(2)]}), digest(torch.ones(2)) == 0
    (True, False)
    """
    found = 0
    for tensor in _list_tensors(batch):
        values = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        found = zlib.crc32(values.numpy().data, found)
    return found


def _list_tensors(batch: Any) -> Iterator[Tensor]:
    if isinstance(batch, Tensor):
        yield batch
    elif is_graph_batch(batch):
        yield from _list_tensors(batch.to_dict())
    elif isinstance(batch, Mapping | tuple | list):
        for part in batch.values() if isinstance(batch, Mapping) else batch:
            yield from _list_tensors(part)
