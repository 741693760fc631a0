"""The joint Gram matrix of two or more sides, with sums on the host or on a device."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

import spanmatch._core as core
from spanmatch.base.errors import DeviceError
from spanmatch.pair.fork_aware_lock import ForkAwareLock
from spanmatch.pair.labelled import check_labels
from spanmatch.pair.mostly_zero import replace_mostly_zero
from spanmatch.pair.samples import as_samples
from spanmatch.pair.sparse import as_sparse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import torch

    from spanmatch.pair.device.gram import DeviceGram
    from spanmatch.pair.types import Readable, Samples


class JointGram:
    """A Gram matrix that sums batches on their devices, and moves the sums to the host when needed.

    Several threads may use it. Hold `lock` to make several calls atomic together.
    """

    def __init__(self, host: core.Gram | None = None) -> None:
        self.lock = ForkAwareLock()
        # The sums on the host, and those on devices that have not been added to it yet. They are
        # replaced together, so that an interrupt cannot leave a sum in both or in neither.
        self._sums: tuple[core.Gram, dict[torch.device, DeviceGram]] = (
            core.Gram() if host is None else host,
            {},
        )

    @property
    def n_batches(self) -> int:
        """The number of batches added so far."""
        with self.lock:
            return sum(gram.n_batches for gram in self._list_grams())

    @property
    def n_samples(self) -> int:
        """The number of rows added so far."""
        with self.lock:
            return sum(gram.n_samples for gram in self._list_grams())

    @property
    def n_items(self) -> int:
        """The number of items added so far; without nulls and folds, the number of rows."""
        with self.lock:
            if not any(self.kept):
                return self.n_samples
            return sum(gram.n_items for gram in self._list_grams())

    @property
    def kept(self) -> tuple[int, int]:
        """The numbers of nulls and of folds."""
        host, _ = self._sums
        return host.n_nulls, len(host.fold_samples)

    @property
    def widths(self) -> list[int] | None:
        """The number of neurons of each side; None before the first batch."""
        with self.lock:
            return next((gram.widths for gram in self._list_grams() if gram.n_samples > 0), None)

    def update(
        self,
        sides: Mapping[str, Samples],
        rows_per_item: int | list[int] = 1,
        report: Callable[[int, int], object] | None = None,
        check_widths: Callable[[Sequence[int]], None] | None = None,
    ) -> None:
        """Add a batch, or raise and stay as before; `report` is told the progress on the host.

        `sides` has the sides in order, by the expressions that stand for them: x, y or rows["a"].
        """
        samples = _read(sides)
        widths = [side.shape[1] for side in samples]
        with self.lock:
            if check_widths is not None:
                check_widths(widths)
            on_host = [side for side in samples if isinstance(side, (np.ndarray, core.SparseRows))]
            if len(on_host) == len(samples):
                # The core knows its own widths, and the next circular shifts and folds. It does not
                # know about sums on devices.
                host, _ = self._sums
                alone = widths == self.widths and not any(self.kept)
                gram = host if alone else self.to_host()
                gram.update(replace_mostly_zero(on_host, gram), rows_per_item, report)
            else:
                # `_read` has moved all sides to the host if one is sparse, so none is sparse here.
                dense = [side for side in samples if not isinstance(side, core.SparseRows)]
                self._update_on_device(dense, rows_per_item)

    def to_host(self) -> core.Gram:
        """Return all sums, brought together on the host.

        Raises
        ------
        DeviceError
            A device that holds some of the sums was lost.
        """
        with self.lock:
            host, devices = self._sums
            if devices:
                host = host.copy()
                for device, gram in devices.items():
                    with _name_device(device):
                        host.merge(gram.to_host())
                self._sums = host, {}
            return host

    def copy(self) -> core.Gram:
        """Return a copy of all sums after some whole batches.

        This takes the lock, since a thread that adds batch after batch could otherwise keep a
        reader waiting for ever.
        """
        with self.lock:
            return self.to_host().copy()

    def replace(self, gram: core.Gram) -> None:
        """Hold the sums of `gram` from now on."""
        with self.lock:
            self._sums = gram, {}

    def _list_grams(self) -> list[core.Gram | DeviceGram]:
        host, devices = self._sums
        return [host, *devices.values()]

    def _update_on_device(self, sides: list[Readable], rows_per_item: int | list[int]) -> None:
        from spanmatch.pair.device.gram import DeviceGram, Plan
        from spanmatch.pair.device.tensors import to_host

        widths, rows = [side.shape[1] for side in sides], {len(side) for side in sides}
        device = next(side.device for side in sides if not isinstance(side, np.ndarray))
        host, devices = self._sums
        with _name_device(device):
            if len(rows) == 1 and rows != {0} and self.widths in (None, widths):
                gram = devices.get(device) or DeviceGram(device, widths, *self.kept)
                # The same nulls and folds as if all batches had been summed on the host.
                plan = Plan(*host.plan(len(sides[0]), rows_per_item, self.n_batches, self.n_items))
                if gram.update(sides, plan):
                    devices[device] = gram
                    return
            on_host = [to_host(side) for side in sides]
        # The batch is wrong, so the core raises the error.
        self.to_host().update(on_host, rows_per_item)


def _read(sides: Mapping[str, Samples]) -> list[Readable | core.SparseRows]:
    """Return samples in readable form; if one side is sparse, all are moved to the host."""
    check_labels(sides)
    found = [(name, side, as_sparse(side, name)) for name, side in sides.items()]
    read = [as_samples(side, name) if rows is None else rows for name, side, rows in found]
    if all(rows is None for *_, rows in found):
        return read
    from_device = [side for side in read if not isinstance(side, (np.ndarray, core.SparseRows))]
    if not from_device:
        return read
    from spanmatch.pair.device.tensors import to_host

    return [side if isinstance(side, core.SparseRows) else to_host(side) for side in read]


@contextmanager
def _name_device(device: torch.device) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise DeviceError(f"{device} failed: {error}") from error
