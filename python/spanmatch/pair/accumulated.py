"""What a pair and a set share: sums that batches, other sums and other processes are added to."""

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
        """How many batches have come."""
        return self._gram.n_batches

    @property
    def n_samples(self) -> int:
        """How many rows have come."""
        return self._gram.n_samples

    @property
    def n_items(self) -> int:
        """How many items have come, where nulls or folds are kept; rows, where none are."""
        return self._gram.n_items

    @property
    def n_nulls(self) -> int:
        """How many nulls are summed."""
        return self._gram.kept[0]

    @property
    def n_folds(self) -> int:
        """To how many folds the items are assigned."""
        return self._gram.kept[1]

    def merge(self, other: Accumulated) -> None:
        """Add all that `other` has seen, as though its batches had come here.

        In any order the sums are the same, but for rounding.

        Raises
        ------
        TypeError
            `other` is of another type.
        ValueError
            Its sides, their widths, their neurons' names, or its numbers of nulls or folds differ.
            One that has seen nothing, and keeps neither, fits any.
        """
        self._check_kind(other)
        # A copy, so that no call holds two locks.
        gram = other._gram.copy()
        with self._gram.lock:
            names = merge_names(self._names, other._names, self._labels)
            widths = self._gram.widths or (gram.widths if gram.n_samples > 0 else None)
            if widths is not None:
                check_counts(names, widths, self._labels)
            self._gram.to_host().merge(gram)
            self._names = names

    def all_reduce(self, group: torch.distributed.ProcessGroup | None = None) -> None:
        """Merge the sums of all processes of a group of torch.distributed, in each of them.

        Every process calls it, once, after its last batch. A process that has seen no batch may
        take part. All end with the same bits. With NCCL the sums pass through the current GPU: call
        `torch.cuda.set_device` first, as always there.

        Parameters
        ----------
        group
            The processes; None: all.

        Raises
        ------
        ImportError
            torch is not installed.
        ValueError
            torch.distributed is not initialised, or sides, widths, names, or numbers of nulls or
            folds differ: then in every process, and all stay as they were.
        """
        from spanmatch.pair.device.all_reduce import all_reduce

        with self._gram.lock:
            gram, names = all_reduce(self._gram.to_host(), self._names, self._labels, group)
            self._gram.replace(gram)
            self._names = names

    def without_replicates(self) -> Self:
        """Return a copy that keeps neither nulls nor folds: as large as one that never did."""
        with self._gram.lock:
            gram = self._gram.to_host()
            parts, norms = gram.parts(), gram.norms()
        own = None if norms is None else (norms[0], norms[1][:0], norms[2][:0])
        return self._wrap(core.Gram.from_parts(parts, norms=own, sides=gram.sides))

    def __add__(self, other: Accumulated) -> Self:
        """Return a new one that has seen what both have."""
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
        """What errors call the sides."""

    @abstractmethod
    def _check_kind(self, other: object) -> None:
        """Raise TypeError where another is of another type, ValueError where of other sides."""

    @abstractmethod
    def _wrap(self, gram: core.Gram) -> Self:
        """Return one of the same sides, and names, that has seen what a Gram has."""
