"""One observed forward pass: the outputs that it passes on, and its record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypeAlias
from weakref import ref

import torch

from spanmatch.torch.observing.input_axis import project_slices
from spanmatch.torch.observing.neuron_axis import Axes

if TYPE_CHECKING:
    from torch import Tensor

    from spanmatch.torch.observing.activations import Activations
    from spanmatch.torch.observing.items import BatchItems
    from spanmatch.torch.observing.masks import BatchMasks

Call: TypeAlias = tuple[str, int]
"""The name of a layer, and the number of its call in a forward pass: 0, 1, …"""


class Receiver(Protocol):
    """What is called with each output of a chosen layer, in the order of the run."""

    def __call__(self, layer: str, call: int, activations: Activations, /) -> object:
        """Take the activations of a layer in one of its calls: 0, 1, … in a forward pass."""


@dataclass(frozen=True, eq=False)
class SeenOutput:
    """What an output looks like, whether or not its axis is known."""

    layer: str
    call: int
    shape: tuple[int, ...]
    neurons: tuple[int, ...] | None
    """The neurons' axes; None: not known."""
    n_witnesses: int
    """On how many others of this shape that rests; 0: on what the output is made of."""
    resolution: float
    """The relative rounding of its type."""
    n_bytes: int
    """What its values take."""
    slices: dict[int, Tensor] = field(default_factory=dict)
    """Projections of its slices, by axis, where they were asked for."""

    def differs(self, other: SeenOutput | None) -> bool:
        """Tell whether the output has other values in another run, as far as that has the shape."""
        if other is None or self.slices.keys() != other.slices.keys():
            return False
        return any(not torch.equal(each, other.slices[axis]) for axis, each in self.slices.items())


@dataclass
class ForwardPass:
    """What is known of the forward pass that runs."""

    receive: Receiver | None = None
    """Given each output; None where what they look like is all that is asked for."""
    n_inputs: int = 1
    """How many inputs the batch has."""
    masks: BatchMasks | None = None
    """Which positions of the batch count."""
    items: BatchItems | None = None
    """How many rows each input has, where inputs lie one after the other on the first axis."""
    input_axis: int = 0
    """Which axis of the batch's tensors runs over the inputs."""
    is_projected: bool = False
    """Whether projections of the slices of outputs are kept."""
    is_repeatable: bool = False
    """Whether it is known to have drawn no random numbers, and to have left no state."""
    is_resized: bool = False
    """Whether its inputs have another length than those of the batch."""
    axes: Axes = field(default_factory=Axes)
    """The neurons' axes found so far."""
    seen: dict[Call, SeenOutput] = field(default_factory=dict)
    """The outputs of the chosen layers, in the order of the run."""
    calls: dict[str, int] = field(default_factory=dict)
    """How often each chosen layer has given an output."""
    empty: dict[str, str] = field(default_factory=dict)
    """What a layer returned that holds no activations, or none that can be read, in words."""
    is_whole: bool = True
    """Whether it came to its end."""
    failure: BaseException | None = None
    """What a hook has raised."""
    _unsettled: dict[int, tuple[ref[Tensor], Call]] = field(default_factory=dict)

    @property
    def is_read(self) -> bool:
        """Whether more is asked for than what outputs look like."""
        return self.is_projected or self.receive is not None

    def record(self, layer: str, output: Tensor, neurons: tuple[int, ...] | None) -> SeenOutput:
        """Count an output of a chosen layer, and return what it looks like."""
        call = self.calls.get(layer, 0)
        self.calls[layer] = call + 1
        slices = project_slices(output, self.n_inputs) if self.is_projected else {}
        seen = SeenOutput(
            layer,
            call,
            tuple(output.shape),
            neurons,
            self.axes.count_witnesses(output),
            torch.finfo(output.dtype).eps,
            output.numel() * output.element_size(),
            slices,
        )
        self.seen[layer, call] = seen
        if neurons is None or seen.n_witnesses:
            self._unsettled[id(output)] = ref(output), (layer, call)
        return seen

    def settle(self, output: Tensor) -> None:
        """Take what is known of an output now for what a layer inside has returned: it is the same.

        As a normalisation knows its axis, and the activation that it ends with does not.
        """
        output_ref, call = self._unsettled.get(id(output), (None, None))
        axis = self.axes.get_axis(output)
        if output_ref is None or output_ref() is not output or call is None or axis is None:
            return
        count = self.axes.count_witnesses(output)
        self.seen[call] = replace(self.seen[call], neurons=(axis,), n_witnesses=count)
