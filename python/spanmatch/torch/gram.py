"""The joint Gram matrix accumulated on a device, in float64, where the activations lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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


class Sums(NamedTuple):
    """All that a Gram holds, as of one moment."""

    n_batches: int
    n_samples: int
    shift: torch.Tensor
    sums: torch.Tensor
    spread: torch.Tensor
    products: torch.Tensor


class DeviceGram:
    """The sums of `spanmatch._core.Gram`, on a device of torch's. Not locked: its owner is."""

    def __init__(self, device: torch.device, n_x: int, n_y: int) -> None:
        n = n_x + n_y
        self.device, self.n_x, self.n_y = device, n_x, n_y
        # Replaced as a whole, and nothing in it changed: an interruption finds all of a batch or
        # nothing of it.
        zeros = self._zeros(n)
        self._total = Sums(0, 0, zeros, zeros, zeros, self._zeros(n, n))

    @property
    def n_batches(self) -> int:
        """How many batches have come."""
        return self._total.n_batches

    @property
    def n_samples(self) -> int:
        """How many rows have come."""
        return self._total.n_samples

    @torch.inference_mode(False)
    @torch.no_grad()
    def update(self, x: Readable, y: Readable) -> bool:
        """Add a batch of the right widths and row counts, or return False, and stay as before.

        False: a value is not finite or so large that squares may overflow.
        """
        x, y = as_tensor(x, self.device), as_tensor(y, self.device)
        n_batches, n_samples, shift, sums, spread, products = self._total
        if n_samples == 0:
            shift = torch.cat([middle(x), middle(y)])
        n_samples += len(x)
        height = max(FIRST, BLOCK // max(1, shift.numel()))
        for first in range(0, len(x), height):
            block = torch.cat([side[first : first + height].double() for side in (x, y)], 1)
            block -= shift
            sums = sums + block.sum(0)
            spread = torch.maximum(spread, block.abs().amax(0))
            # The only wait for the device, and only for what is quickly found.
            if not bool(((spread + shift.abs()) <= limit(n_samples)).all()):
                return False
            products = torch.addmm(products, block.T, block)
        self._total = Sums(n_batches + 1, n_samples, shift, sums, spread, products)
        return True

    def on_host(self) -> _core.Gram:
        """Return the sums on the host."""
        n_batches, n_samples, *tensors = self._total
        shift, sums, spread, products = (tensor.cpu().numpy() for tensor in tensors)
        return _core.Gram.from_parts(self.n_x, n_batches, n_samples, shift, sums, spread, products)

    def _zeros(self, *shape: int) -> torch.Tensor:
        with torch.inference_mode(False):
            return torch.zeros(shape, dtype=torch.float64, device=self.device)


def middle(side: torch.Tensor) -> torch.Tensor:
    """Return the mean of the first rows, as an offset from the first: exact for constants."""
    first = side[0].double()
    return first + (side[:FIRST].double() - first).sum(0) / min(FIRST, len(side))


def limit(n_samples: int) -> float:
    """Return how large a value may be without its squares overflowing."""
    return float((torch.finfo(torch.float64).max / MARGIN / n_samples) ** 0.5)
