"""The joint Gram matrix of two sides: sums on the host, and on the devices where batches lie."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

import numpy as np

from spanmatch import _core
from spanmatch.samples import as_samples

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from spanmatch.samples import Readable, Samples
    from spanmatch.torch.gram import DeviceGram


class DeviceError(RuntimeError):
    """A device failed: it is out of memory, or lost."""


class JointGram:
    """A Gram matrix that takes batches where they lie and comes to the host when it is needed.

    Several threads may use it: whoever needs more than one call to be atomic holds `lock`.
    """

    def __init__(self, host: _core.Gram | None = None) -> None:
        self.lock = RLock()
        self._host = _core.Gram() if host is None else host
        # What batches on devices have added since the host was last told.
        self._devices: dict[torch.device, DeviceGram] = {}

    @property
    def n_batches(self) -> int:
        """How many batches have come."""
        with self.lock:
            return self._host.n_batches + sum(gram.n_batches for gram in self._devices.values())

    @property
    def n_samples(self) -> int:
        """How many rows have come."""
        with self.lock:
            return self._host.n_samples + sum(gram.n_samples for gram in self._devices.values())

    @property
    def widths(self) -> tuple[int, int]:
        """How many neurons x and y have; 0 before the first batch."""
        with self.lock:
            filled = [gram for gram in self._devices.values() if gram.n_samples > 0]
            gram = filled[0] if filled else self._host
            return gram.n_x, gram.n_y

    def update(
        self,
        x: Samples,
        y: Samples,
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
                # The core knows its own widths; those on devices it has to be told.
                gram = self._host if (n_x, n_y) == self.widths else self.on_host()
                gram.update(samples_x, samples_y, report)
            else:
                self._update_on_device(samples_x, samples_y)

    def on_host(self) -> _core.Gram:
        """Return all sums, brought together on the host."""
        with self.lock:
            for device in list(self._devices):
                self._host.merge(self._devices[device].on_host())
                del self._devices[device]
            return self._host

    def replace(self, gram: _core.Gram) -> None:
        """Hold the sums of `gram` from now on."""
        with self.lock:
            self._host, self._devices = gram, {}

    def _update_on_device(self, x: Readable, y: Readable) -> None:
        from spanmatch.torch.gram import DeviceGram
        from spanmatch.torch.tensors import on_host

        n_x, n_y = x.shape[1], y.shape[1]
        device = next(side.device for side in (x, y) if not isinstance(side, np.ndarray))
        try:
            fits = len(x) == len(y) > 0 and self.widths in ((0, 0), (n_x, n_y))
            gram = self._devices.get(device) or DeviceGram(device, n_x, n_y)
            if fits and gram.update(x, y):
                self._devices[device] = gram
                return
            host_x, host_y = on_host(x), on_host(y)
        except RuntimeError as error:
            raise DeviceError(f"{device} failed: {error}") from error
        # The core says what is wrong.
        self.on_host().update(host_x, host_y)
