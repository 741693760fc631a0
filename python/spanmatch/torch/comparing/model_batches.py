"""The batches of all models: of one data set, or of two that correspond input by input."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from spanmatch.base.errors import prefix_errors
from spanmatch.torch.observing.batch import count_batches, take_batches
from spanmatch.torch.observing.items import count_items

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spanmatch.torch.observing.items import ItemsChoice

    ModelBatches = tuple[Any, ...]
    """The batch of each model."""

END = object()


class ModelData:
    """The batches of all models: the same for all, or of two models other data for B than for A.

    Parameters
    ----------
    data
        The batches of A, or of all models.
    data_b
        The batches of B; None for the same.
    max_batches
        The most batches to read; None for all.
    n_models
        The number of models.

    Examples
    --------
    >>> list(ModelData("abc", None, 2).read())
    [('a', 'a'), ('b', 'b')]
    >>> list(ModelData("ab", [1, 2], None).read())
    [('a', 1), ('b', 2)]
    """

    def __init__(
        self,
        data: Iterable[Any],
        data_b: Iterable[Any] | None,
        max_batches: int | None,
        n_models: int = 2,
    ) -> None:
        self._data, self._data_b = data, data_b
        self._max_batches, self._n_models = max_batches, n_models

    @property
    def is_read_once(self) -> bool:
        """Whether the batches come from an iterator, which can be read only once."""
        return any(isinstance(each, Iterator) for each in (self._data, self._data_b))

    def count(self) -> int | None:
        """Return the number of batches; None if not known."""
        return count_batches(self._data, self._max_batches)

    def read(self) -> Iterator[ModelBatches]:
        """Yield the batches of all models together, one after the other.

        Raises
        ------
        TypeError
            One of the two is not an iterable of batches. This is raised at once.
        ValueError
            One of them ends before the other.
        """
        batches_a = take_batches(self._data, self._max_batches)
        if self._data_b is None:
            return ((batch,) * self._n_models for batch in batches_a)
        try:
            batches_b = take_batches(self._data_b, self._max_batches)
        except TypeError as error:
            raise TypeError(f"`data_b`: {error}") from error
        return _zip_batches(batches_a, batches_b)


def _zip_batches(batches_a: Iterator[Any], batches_b: Iterator[Any]) -> Iterator[ModelBatches]:
    for number, (a, b) in enumerate(zip_longest(batches_a, batches_b, fillvalue=END)):
        if a is END or b is END:
            ended = "`data`" if a is END else "`data_b`"
            raise ValueError(
                f"{ended} ends after {number} batches, and the other goes on: both must have the "
                "same inputs, in the same batches"
            )
        yield a, b


def count_same_inputs(
    batches: ModelBatches, input_axis: int, items: ItemsChoice, number: int
) -> int:
    """Return the number of inputs, which the batches of all models must share.

    Raises
    ------
    ValueError
        There are no inputs, or B has another number than A.
    """
    first = batches[0]
    with prefix_errors(f"batch {number} (counted from 0)"):
        n_a, *others = (
            count_items(batch, input_axis, items)
            for at, batch in enumerate(batches)
            if at == 0 or batch is not first
        )
    # Only two models may read other data.
    if others and n_a != others[0]:
        raise ValueError(
            f"batch {number} (counted from 0) holds {n_a} inputs in `data` and {others[0]} in "
            "`data_b`: both must have the same inputs, in the same batches"
        )
    if n_a == 0:
        raise ValueError(f"batch {number} (counted from 0) is empty")
    return n_a
