"""A side with far more neurons than samples, read some neurons at a time."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import spanmatch._core as core
from spanmatch.solve.centered import center_products

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spanmatch.pair.types import Readable, Side
    from spanmatch.results.result import Floats

# Values of float64 that a block may take, beside two more of its size on the way: 2 MB.
BLOCK_VALUES = 2**18
# Values up to 2**±100 have squares of products of columns that can be summed.
SAFE_EXPONENT = 100


class Block(NamedTuple):
    """Some neurons, centred."""

    values: Floats
    """Samples × neurons, times the side's factor."""
    inverse_norms: Floats
    """By which the columns come to norm 1; 0 where they are dead."""


@dataclass(frozen=True)
class Columns:
    """Samples × neurons, which are read as often as they are asked for, and never copied whole."""

    samples: Readable
    side: Side

    @property
    def shape(self) -> tuple[int, int]:
        """Samples and neurons."""
        n_samples, n_neurons = self.samples.shape
        return n_samples, n_neurons

    def find_factor(self) -> float:
        """Return a power of two by which the centred columns are at a scale that is safe.

        Raises
        ------
        ValueError
            As `read_blocks`.
        """
        if not str(self.samples.dtype).endswith("float64"):
            # No type but this has values so large, or so small.
            return 1.0
        largest = max(
            (float(np.abs(block.values).max()) for block in self.read_blocks(1.0)), default=0.0
        )
        exponent = int(np.frexp(largest)[1])
        return float(np.ldexp(1.0, -exponent)) if abs(exponent) > SAFE_EXPONENT else 1.0

    def read_blocks(
        self, factor: float, report: Callable[[int], object] = lambda _: None
    ) -> Iterator[Block]:
        """Yield the neurons, block after block; `report` hears how many were in each.

        Raises
        ------
        ValueError
            A value is not finite, or the squares of a neuron leave float64.
        """
        n_samples, n_neurons = self.shape
        width = max(1, BLOCK_VALUES // n_samples)
        for first in range(0, n_neurons, width):
            values = widen(self.samples[:, first : first + width])
            squares = self._center(values, first)
            inverse = np.zeros_like(squares)
            np.divide(1.0, np.sqrt(squares), out=inverse, where=squares > 0.0)
            yield Block(values if factor == 1.0 else values * factor, inverse / factor)
            report(values.shape[1])

    def _center(self, values: Floats, first: int) -> Floats:
        """Subtract the means in place, and return the sums of squares, which are in order."""
        shift = values[0].copy()
        with np.errstate(over="ignore", invalid="ignore"):
            # A constant comes to zero, and a mean is no longer large beside the deviation.
            values -= shift
            values -= values.mean(axis=0)
            squares: Floats = np.einsum("ij,ij->j", values, values)
        largest = np.finfo(np.float64).max / core.MARGIN / len(values) / 4.0
        smallest = np.finfo(np.float64).tiny * len(values)
        lost = squares < smallest
        lost[lost] = values[:, lost].any(axis=0)  # or they are dead
        # NaN is not in order either.
        in_order = ~lost & (squares <= largest) & (np.abs(shift) <= sqrt(largest))
        for at in np.flatnonzero(~in_order):
            self._refuse(first + int(at))
        return squares

    def _refuse(self, index: int) -> None:
        """Let the core say what is wrong with a neuron, if anything is."""
        column = widen(self.samples[:, index : index + 1])
        gram = core.Gram()
        try:
            nothing = column[:, :0]
            gram.update([column, nothing] if self.side == "x" else [nothing, column])
            center_products(gram)
        except ValueError as error:
            alone = f"neuron 0 of {self.side}"
            raise ValueError(str(error).replace(alone, f"neuron {index} of {self.side}")) from None


def widen(samples: Readable) -> Floats:
    """Return a copy in float64 on the host, of the bits of bfloat16 too."""
    if not isinstance(samples, np.ndarray):
        from spanmatch.pair.device.tensors import to_host

        samples = to_host(samples)
    if samples.dtype == np.uint16:
        samples = (samples.astype(np.uint32) << 16).view(np.float32)
    return np.array(samples, np.float64, order="C")
