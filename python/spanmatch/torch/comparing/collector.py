"""What takes the outputs of two models' layers, batch by batch, and makes pairs of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.torch.observing.activations import Activations

Call: TypeAlias = tuple[str, int]
"""A layer, and which of its calls in a forward pass: 0, 1, …"""


@dataclass(frozen=True)
class Collected:
    """What both models have been reduced to."""

    pairs: Mapping[Key, ActivationPair]
    notes: dict[Key, str]
    """What there is to say of a pair, where there is something."""
    inputs: int
    """How many inputs both models were given."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """The layers that nobody named and that could not be compared, and why."""


class Collector(Protocol):
    """A way of pairing the layers of A with those of B.

    For each batch come `begin_batch`, `receive` for every output of B, and `end_batch`; after the
    last one, `finish`.
    """

    def begin_batch(self, outputs_a: dict[Call, Activations]) -> None:
        """Take all that the layers of A gave. What is taken out of the dict is let go."""

    def receive(self, layer: str, call: int, activations: Activations, /) -> None:
        """Take what a layer of B gives, against those of A; it is not to be kept.

        Raises
        ------
        ValueError
            They are not of the same samples, or a value is not finite.
        """

    def end_batch(self, calls_a: Mapping[str, int], calls_b: Mapping[str, int]) -> None:
        """Take how often the layers of both models ran.

        Raises
        ------
        ValueError
            Outputs are left without another to pair them with.
        """

    def finish(self, inputs: int) -> Collected:
        """Return the pairs of all batches, of so many inputs."""
