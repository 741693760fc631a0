"""The memory that a layer's outputs need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable


@dataclass(frozen=True)
class LayerSize:
    """What the first batch has shown of a layer."""

    n_neurons: int
    """In each of its calls; the most of them."""
    n_calls: int
    """How often it runs in a forward pass."""
    n_bytes: int
    """What all its outputs take, for the first batch."""
    n_values: int
    """How many numbers these are."""
    n_means: int
    """How many there are of the means over each input's positions."""
    row_shapes: frozenset[tuple[tuple[int, ...], Hashable]]
    """Of its calls, how many inputs and positions there are, and where its mask is.

    Two layers have the same samples where both agree.
    """


NO_SIZE = LayerSize(0, 0, 0, 0, 0, frozenset())
"""The size of a layer without output."""
