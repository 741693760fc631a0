"""The base class of pairs and sets: sums that can be merged, also over processes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import spanmatch._core as core
from spanmatch.pair.names import check_counts, merge_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from typing_extensions import Self

    from spanmatch.pair.joint_gram import JointGram
    from spanmatch.pair.names import Label, Names


class Accumulated(ABC):
    """The sums of two or more sides, and the names of their neurons."""

    __slots__ = ("_gram", "_names")

    def __init__(self, gram: JointGram, names: Names) -> None:
        self._gram, self._names = gram, names

    @property
    def n_batches(self) -> int:
        """The number of batches added so far."""
        return self._gram.n_batches

    @property
    def n_samples(self) -> int:
        """The number of rows added so far."""
        return self._gram.n_samples

    @property
    def n_items(self) -> int:
        """The number of items added so far. Without nulls and folds it is the number of rows."""
        return self._gram.n_items

    @property
    def n_nulls(self) -> int:
        """The number of nulls that are summed."""
        return self._gram.kept[0]

    @property
    def n_folds(self) -> int:
        """The number of folds that the items are dealt to."""
        return self._gram.kept[1]

    def merge(self, other: Accumulated) -> None:
        """Add the sums of another pair or set, as though its batches had been added here.

        The order of merging changes sums only by rounding.

        Raises
        ------
        TypeError
            `other` is of another type.
        ValueError
            `other` differs in its sides, their widths, the names of their neurons, or its number of
            nulls or folds. An empty one without nulls and folds can always be merged.
        """
        self._check_kind(other)
        # Copy the other sums, so that no call holds two locks.
        gram = other._gram.copy()
        with self._gram.lock:
            names = merge_names(self._names, other._names, self._labels)
            widths = self._gram.widths or (gram.widths if gram.n_samples > 0 else None)
            if widths is not None:
                check_counts(names, widths, self._labels)
            self._gram.to_host().merge(gram)
            self._names = names

    def all_reduce(self, group: torch.distributed.ProcessGroup | None = None) -> None:
        """Merge the sums of all processes of torch.distributed, in every process.

        Every process calls this once, after its last batch. A process without a batch may take
        part. All processes end with the same bits. With NCCL the sums pass through the current GPU,
        so call `torch.cuda.set_device` first.

        Parameters
        ----------
        group
            The group of processes; None is all processes.

        Raises
        ------
        ImportError
            torch is not installed.
        ValueError
            torch.distributed is not initialised; or sides, widths, names, or numbers of nulls or
            folds differ between processes. Then every process raises, and all stay as they were.
        """
        from spanmatch.pair.device.all_reduce import all_reduce

        with self._gram.lock:
            gram, names = all_reduce(self._gram.to_host(), self._names, self._labels, group)
            self._gram.replace(gram)
            self._names = names

    def without_replicates(self) -> Self:
        """Return a copy without nulls and folds, which takes less memory."""
        with self._gram.lock:
            gram = self._gram.to_host()
            parts, norms = gram.parts(), gram.norms()
        own = None if norms is None else (norms[0], norms[1][:0], norms[2][:0])
        return self._wrap(core.Gram.from_parts(parts, norms=own, sides=gram.sides))

    def __add__(self, other: Accumulated) -> Self:
        """Return a new object with the sums of both."""
        if not isinstance(other, Accumulated):
            return NotImplemented
        total = self.__copy__()
        total.merge(other)
        return total

    def __copy__(self) -> Self:
        with self._gram.lock:
            return self._wrap(self._gram.copy())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.__copy__()

    @property
    @abstractmethod
    def _labels(self) -> Sequence[Label]:
        """The names of the sides as errors show them."""

    @abstractmethod
    def _check_kind(self, other: object) -> None:
        """Raise TypeError if the other has another type, and ValueError if it has other sides."""

    @abstractmethod
    def _wrap(self, gram: core.Gram) -> Self:
        """Return an object of the same sides and names with this Gram matrix."""
