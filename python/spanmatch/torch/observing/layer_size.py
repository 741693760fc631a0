"""How much memory a layer's outputs ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerSize:
    """What the first batch has shown of a layer."""

    n_neurons: int
    """In each of its calls; the most of them."""
    n_calls: int
    """How often it runs in a forward pass."""
    n_bytes: int
    """What all its outputs take, for the first batch."""
