"""The memory that a layer's outputs need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable


@dataclass(frozen=True)
class LayerSize:
    """The size of a layer's outputs for the first batch."""

    n_neurons: int
    """The largest number of neurons in any of its calls."""
    n_calls: int
    """The number of its calls in a forward pass."""
    n_bytes: int
    """The bytes of all its outputs."""
    n_values: int
    """The number of values in these."""
    n_means: int
    """The number of values in the means over each input's positions."""
    row_shapes: frozenset[tuple[tuple[int, ...], Hashable]]
    """For each call, the sizes of the axes of inputs and positions, and the place of its mask.

    Two layers with equal entries have the same samples.
    """


NO_SIZE = LayerSize(0, 0, 0, 0, 0, frozenset())
"""The size of a layer without output."""
