"""The share of the batches that one of several processes reads."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from torch.utils.data import DataLoader

from spanmatch.torch.loading.data.batches import ChosenBatches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spanmatch.torch.loading.data.named import Batches


class BatchShare:
    """Every `size`-th of the first `stop` batches, from number `rank` on; there may be none.

    Batches of other processes are not made if one can be made without those before it: in the data
    of `load_data`, in lists, and in a DataLoader over a data set with numbered items. Any other
    iterable makes all of its batches, and only those of this process are passed on.

    Examples
    --------
    >>> list(BatchShare(list("abcdef"), rank=1, size=2, stop=5))
    ['b', 'd']
    """

    def __init__(self, batches: Batches, rank: int, size: int, stop: int | None) -> None:
        count = len(batches) if stop is None else min(stop, len(batches))
        self._batches = batches
        self._mine = range(rank, count, size)

    def __len__(self) -> int:
        return len(self._mine)

    def __iter__(self) -> Iterator[Any]:
        batches, mine = self._batches, self._mine
        if isinstance(batches, ChosenBatches):
            return map(batches.make_batch, mine)
        if isinstance(batches, Sequence):
            return (batches[number] for number in mine)
        if isinstance(batches, DataLoader) and batches.batch_sampler is not None:
            return iter(_load_some(batches, _pick(batches.batch_sampler, mine)))
        return _pick(batches, mine)


def _load_some(loader: DataLoader[Any], numbers: Iterator[list[int]]) -> DataLoader[Any]:
    """Return a DataLoader of some batches of another, with the same number of workers."""
    return DataLoader(
        loader.dataset,
        batch_sampler=list(numbers),
        num_workers=loader.num_workers,
        collate_fn=loader.collate_fn,
        pin_memory=loader.pin_memory,
        worker_init_fn=loader.worker_init_fn,
        multiprocessing_context=loader.multiprocessing_context,
    )


def _pick(items: Iterable[Any], mine: range) -> Iterator[Any]:
    return islice(items, mine.start, mine.stop, mine.step)
