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
    """The sums of the layers of two models, after their runs over the data."""

    pairs: Mapping[Key, Summed]
    notes: dict[Key, str]
    """Notes on how the rows of a pair were summed."""
    inputs: int
    """The number of inputs of each model."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """The layers that could not be compared and were not named by the user, with the reasons."""


class Kept(Protocol[Summed]):
    """The store of the sums of several passes over the data, which do not all fit into memory."""

    def end_pass(self, found: Collected[Summed], to_run: Sequence[Key], /) -> None:
        """Store the sums of a pass, so that memory need not keep them.

        Parameters
        ----------
        found
            The sums of the pass.
        to_run
            The layers of later passes: see `Pairing.list_keys`.
        """

    def finish(
        self, place: Callable[[Key], tuple[tuple[int, int], ...]], /
    ) -> Mapping[Key, Summed]:
        """Return the sums of all passes, in the order of their places, each read when asked for."""


class BatchCollector(Protocol):
    """The receiver of the outputs of models, batch by batch.

    For each batch, `begin_batch` is called, then `receive` for every output of the last model, and
    then `end_batch`.
    """

    def begin_batch(self, outputs: Sequence[dict[Call, Activations]], /) -> None:
        """Take the outputs of the layers of all models but the last.

        An output that is removed from its dict is released.
        """

    def receive(self, layer: str, call: int, activations: Activations, /) -> None:
        """Take an output of the last model, to add it with the others; it must not be kept.

        Raises
        ------
        ValueError
            The outputs are not of the same samples, or a value is not finite.
        """

    def end_batch(self, calls: Sequence[Mapping[str, int]], /) -> None:
        """Take the number of runs of every layer of each model.

        Raises
        ------
        ValueError
            An output has no other output to be paired with.
        """


class Collector(BatchCollector, Protocol[Summed]):
    """A way of pairing the layers of models: after the last batch comes `finish`."""

    def finish(self, inputs: int, /) -> Collected[Summed]:
        """Return the sums of all batches, which held this number of inputs."""
