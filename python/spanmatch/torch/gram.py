"""The joint Gram matrix accumulated on a device, in float64, where the activations lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from spanmatch import _core
from spanmatch.torch.tensors import as_tensor

if TYPE_CHECKING:
    from spanmatch.samples import Readable

# As in the core: rows whose middle becomes the shift; columns stay below 16 n m² in every sum.
FIRST = 64
MARGIN = 16.0
# Values of float64 that a block of rows may take.
BLOCK = 2**25


class DeviceGram:
    """The sums of `spanmatch._core.Gram`, on a device of torch's. Not locked: its owner is."""

    def __init__(self, device: torch.device, n_x: int, n_y: int) -> None:
        n = n_x + n_y
        self.device, self.n_x, self.n_y = device, n_x, n_y
        self.n_batches, self.n_samples = 0, 0
        self._shift, self._sums, self._spread = (self._zeros(n) for _ in range(3))
        self._products = self._zeros(n, n)

    @torch.inference_mode(False)
    @torch.no_grad()
    def update(self, x: Readable, y: Readable) -> bool:
        """Add a batch of the right widths and row counts, or return False, and stay as before.

        False: a value is not finite or so large that squares may overflow.
        """
        x, y = as_tensor(x, self.device), as_tensor(y, self.device)
        rows, n_samples = len(x), self.n_samples + len(x)
        shift = self._shift if self.n_samples > 0 else torch.cat([_middle(x), _middle(y)])
        height = max(FIRST, BLOCK // max(1, shift.numel()))
        sums, spread, products = self._sums.clone(), self._spread, None
        for first in range(0, rows, height):
            block = torch.cat([side[first : first + height].double() for side in (x, y)], 1)
            block -= shift
            sums += block.sum(0)
            spread = torch.maximum(spread, block.abs().amax(0))
            # What is wrong shows before anything has changed: the only wait for the device.
            if not bool(((spread + shift.abs()) <= _limit(n_samples)).all()):
                return False
            if rows > height:
                products = self._zeros(*self._products.shape) if products is None else products
                products.addmm_(block.T, block)
            else:
                self._products.addmm_(block.T, block)
        if products is not None:
            self._products += products
        # From here on nothing can fail.
        self._shift, self._spread, self._sums = shift, spread, sums
        self.n_samples, self.n_batches = n_samples, self.n_batches + 1
        return True

    def on_host(self) -> _core.Gram:
        """Return the sums on the host."""
        vectors = (self._shift, self._sums, self._spread, self._products)
        return _core.Gram.from_parts(
            self.n_x,
            self.n_batches,
            self.n_samples,
            *(vector.cpu().numpy() for vector in vectors),
        )

    def _zeros(self, *shape: int) -> torch.Tensor:
        with torch.inference_mode(False):
            return torch.zeros(shape, dtype=torch.float64, device=self.device)


def _middle(side: torch.Tensor) -> torch.Tensor:
    """Return the mean of the first rows, as an offset from the first: exact for constants."""
    first = side[0].double()
    return first + (side[:FIRST].double() - first).sum(0) / min(FIRST, len(side))


def _limit(n_samples: int) -> float:
    return float((torch.finfo(torch.float64).max / MARGIN / n_samples) ** 0.5)
