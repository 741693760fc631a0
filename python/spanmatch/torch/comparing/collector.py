"""The interface of collectors, which sum the outputs of layers batch by batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from spanmatch.comparison.keys import Key
    from spanmatch.torch.observing.activations import Activations

Call: TypeAlias = tuple[str, int]
"""The name of a layer, and the number of its call in a forward pass: 0, 1, …"""


Summed = TypeVar("Summed")
"""The sums of a layer: a pair, or those of many networks."""


@dataclass(frozen=True)
class Collected(Generic[Summed]):
    """What the models have been reduced to."""

    pairs: Mapping[Key, Summed]
    notes: dict[Key, str]
    """What there is to say of a pair, where there is something."""
    inputs: int
    """How many inputs each model was given."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """The layers that nobody named and that could not be compared, and why."""


class Kept(Protocol[Summed]):
    """Where the sums of several passes over the data go, since memory does not hold all of them."""

    def end_pass(self, found: Collected[Summed], to_run: Sequence[Key], /) -> None:
        """Take the sums of a pass, which memory need not keep.

        Parameters
        ----------
        found
            What the pass has collected.
        to_run
            What later passes are for: see `Pairing.list_keys`.
        """

    def finish(
        self, place: Callable[[Key], tuple[tuple[int, int], ...]], /
    ) -> Mapping[Key, Summed]:
        """Return the sums of all passes, in the order of their places; each read when asked for."""


class BatchCollector(Protocol):
    """What takes the outputs of models, batch by batch.

    For each batch come `begin_batch`, `receive` for every output of the last model, and
    `end_batch`.
    """

    def begin_batch(self, outputs: Sequence[dict[Call, Activations]], /) -> None:
        """Take all that the layers of each model gave, but for the last model.

        What is taken out of a dict is let go.
        """

    def receive(self, layer: str, call: int, activations: Activations, /) -> None:
        """Take what a layer of the last model gives, against the others; it is not to be kept.

        Raises
        ------
        ValueError
            They are not of the same samples, or a value is not finite.
        """

    def end_batch(self, calls: Sequence[Mapping[str, int]], /) -> None:
        """Take how often the layers of every model ran.

        Raises
        ------
        ValueError
            Outputs are left without another to pair them with.
        """


class Collector(BatchCollector, Protocol[Summed]):
    """A way of pairing the layers of models: after the last batch comes `finish`."""

    def finish(self, inputs: int, /) -> Collected[Summed]:
        """Return the sums of all batches, of so many inputs."""
