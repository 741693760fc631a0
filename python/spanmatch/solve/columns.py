"""A side with far more neurons than samples, read in blocks of neurons."""

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

# The values of a block, 2 MB of float64. Two more arrays of this size exist at the same time.
BLOCK_VALUES = 2**18
# Squares of products of columns can be summed if values lie within 2**±100.
SAFE_EXPONENT = 100


class Block(NamedTuple):
    """Some neurons, centred."""

    values: Floats
    """Samples × neurons, times the side's factor."""
    inverse_norms: Floats
    """The factors that scale columns to norm 1; 0 for dead columns."""


@dataclass(frozen=True)
class Columns:
    """Samples × neurons that are read in blocks, as often as needed, and never copied whole."""

    samples: Readable
    side: Side

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of samples and neurons."""
        n_samples, n_neurons = self.samples.shape
        return n_samples, n_neurons

    def find_factor(self) -> float:
        """Return a power of two that scales the centred columns to a safe range.

        Raises
        ------
        ValueError
            As in `read_blocks`.
        """
        if not str(self.samples.dtype).endswith("float64"):
            # Squares of products of shorter types stay within float64 without a factor.
            return 1.0
        largest = max(
            (float(np.abs(block.values).max()) for block in self.read_blocks(1.0)), default=0.0
        )
        exponent = int(np.frexp(largest)[1])
        return float(np.ldexp(1.0, -exponent)) if abs(exponent) > SAFE_EXPONENT else 1.0

    def read_blocks(
        self, factor: float, report: Callable[[int], object] = lambda _: None
    ) -> Iterator[Block]:
        """Yield blocks of neurons; `report` is called with the number of neurons in each.

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
        """Subtract the means in place, and return the sums of squares after a check."""
        shift = values[0].copy()
        with np.errstate(over="ignore", invalid="ignore"):
            # This makes constants exactly zero, and keeps means from being far above deviations.
            values -= shift
            values -= values.mean(axis=0)
            squares: Floats = np.einsum("ij,ij->j", values, values)
        largest = np.finfo(np.float64).max / core.MARGIN / len(values) / 4.0
        smallest = np.finfo(np.float64).tiny * len(values)
        lost = squares < smallest
        lost[lost] = values[:, lost].any(axis=0)  # Columns of zeros are dead, not lost.
        # NaN fails these comparisons too.
        in_order = ~lost & (squares <= largest) & (np.abs(shift) <= sqrt(largest))
        for at in np.flatnonzero(~in_order):
            self._refuse(first + int(at))
        return squares

    def _refuse(self, index: int) -> None:
        """Raise the core's error for a neuron, if there is anything wrong with it."""
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
    """Return a copy in float64 on the host, also of bfloat16."""
    if not isinstance(samples, np.ndarray):
        from spanmatch.pair.device.tensors import to_host

        samples = to_host(samples)
    if samples.dtype == np.uint16:
        samples = (samples.astype(np.uint32) << 16).view(np.float32)
    return np.array(samples, np.float64, order="C")
