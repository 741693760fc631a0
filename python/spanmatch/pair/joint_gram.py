"""The joint Gram matrix of two sides: sums on the host, and on the devices where batches lie."""

from __future__ import annotations

from contextlib import contextmanager
from copy import copy
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np

import spanmatch._core as core
from spanmatch.base.errors import DeviceError
from spanmatch.pair.samples import as_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch

    from spanmatch.pair.device.gram import DeviceGram
    from spanmatch.pair.types import Readable, Samples


class JointGram:
    """A Gram matrix that takes batches where they lie and comes to the host when it is needed.

    Several threads may use it: whoever needs more than one call to be atomic holds `lock`.
    """

    def __init__(self, host: core.Gram | None = None) -> None:
        self.lock = RLock()
        # The host's sums, and what batches on devices have added since the host was last told.
        # Replaced together: an interruption must not leave a sum in both, or in neither.
        self._sums: tuple[core.Gram, dict[torch.device, DeviceGram]] = (
            core.Gram() if host is None else host,
            {},
        )

    @property
    def n_batches(self) -> int:
        """How many batches have come."""
        with self.lock:
            return sum(gram.n_batches for gram in self._list_grams())

    @property
    def n_samples(self) -> int:
        """How many rows have come."""
        with self.lock:
            return sum(gram.n_samples for gram in self._list_grams())

    @property
    def n_items(self) -> int:
        """How many items have come."""
        with self.lock:
            if not any(self.kept):
                return self.n_samples
            return sum(gram.n_items for gram in self._list_grams())

    @property
    def kept(self) -> tuple[int, int]:
        """How many nulls and folds are kept."""
        host, _ = self._sums
        return host.n_nulls, len(host.fold_samples)

    @property
    def widths(self) -> tuple[int, int] | None:
        """How many neurons x and y have; None before the first batch."""
        with self.lock:
            return next(
                ((gram.n_x, gram.n_y) for gram in self._list_grams() if gram.n_samples > 0), None
            )

    def update(
        self,
        x: Samples,
        y: Samples,
        rows_per_item: int | list[int] = 1,
        report: Callable[[int, int], object] | None = None,
        check_widths: Callable[[int, int], None] | None = None,
    ) -> None:
        """Add a batch, or raise and stay as before; `report` hears of progress on the host."""
        samples_x, samples_y = as_samples(x, "x"), as_samples(y, "y")
        n_x, n_y = samples_x.shape[1], samples_y.shape[1]
        with self.lock:
            if check_widths is not None:
                check_widths(n_x, n_y)
            if isinstance(samples_x, np.ndarray) and isinstance(samples_y, np.ndarray):
                # The core knows its own widths, and which circular shifts and folds come next; of
                # what is on devices it has to be told.
                host, _ = self._sums
                alone = (n_x, n_y) == self.widths and not any(self.kept)
                gram = host if alone else self.to_host()
                gram.update(samples_x, samples_y, rows_per_item, report)
            else:
                self._update_on_device(samples_x, samples_y, rows_per_item)

    def to_host(self) -> core.Gram:
        """Return all sums, brought together on the host.

        Raises
        ------
        DeviceError
            A device that holds some of them is lost.
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

    def take_snapshot(self) -> core.Gram:
        """Return all sums, for more than one look: nothing is added between."""
        gram = self.to_host()
        return gram.copy() if any(self.kept) else gram

    def fork(self) -> JointGram:
        """Return the same sums, which go on by themselves; those on devices stay there."""
        with self.lock:
            host, devices = self._sums
            forked = JointGram()
            # Sums on devices are replaced, and never changed: a shallow copy goes its own way.
            forked._sums = host.copy(), {device: copy(gram) for device, gram in devices.items()}
        return forked

    def replace(self, gram: core.Gram) -> None:
        """Hold the sums of `gram` from now on."""
        with self.lock:
            self._sums = gram, {}

    def _list_grams(self) -> list[core.Gram | DeviceGram]:
        host, devices = self._sums
        return [host, *devices.values()]

    def _update_on_device(self, x: Readable, y: Readable, rows_per_item: int | list[int]) -> None:
        from spanmatch.pair.device.gram import DeviceGram, Plan
        from spanmatch.pair.device.tensors import to_host

        n_x, n_y = x.shape[1], y.shape[1]
        device = next(side.device for side in (x, y) if not isinstance(side, np.ndarray))
        host, devices = self._sums
        with _name_device(device):
            if len(x) == len(y) > 0 and self.widths in (None, (n_x, n_y)):
                gram = devices.get(device) or DeviceGram(device, n_x, n_y, *self.kept)
                # As if all had come to the host.
                plan = Plan(*host.plan(len(x), rows_per_item, self.n_batches, self.n_items))
                if gram.update(x, y, plan):
                    devices[device] = gram
                    return
            host_x, host_y = to_host(x), to_host(y)
        # The core says what is wrong.
        self.to_host().update(host_x, host_y, rows_per_item)


@contextmanager
def _name_device(device: torch.device) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise DeviceError(f"{device} failed: {error}") from error
