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
    """A function that is called with each output of a chosen layer, in the order of the run."""

    def __call__(self, layer: str, call: int, activations: Activations, /) -> object:
        """Take the activations of a layer in one of its calls: 0, 1, … in a forward pass."""


@dataclass(frozen=True, eq=False)
class SeenOutput:
    """The properties of an output, whether or not its axis is known."""

    layer: str
    call: int
    shape: tuple[int, ...]
    neurons: tuple[int, ...] | None
    """The neurons' axes; None if not known."""
    n_witnesses: int
    """The number of other outputs of this shape from which they follow; 0 for its own making."""
    resolution: float
    """The relative rounding of the type."""
    n_bytes: int
    """The bytes of its values."""
    slices: dict[int, Tensor] = field(default_factory=dict)
    """Projections of its slices by axis, if they were asked for."""

    def differs(self, other: SeenOutput | None) -> bool:
        """Tell whether the output has other values in another run, if the shape is the same."""
        if other is None or self.slices.keys() != other.slices.keys():
            return False
        return any(not torch.equal(each, other.slices[axis]) for axis, each in self.slices.items())


@dataclass
class ForwardPass:
    """The record of the forward pass that runs."""

    receive: Receiver | None = None
    """Called with each output; None if only the properties of outputs are recorded."""
    n_inputs: int = 1
    """The number of inputs of the batch."""
    masks: BatchMasks | None = None
    """The masks of the batch."""
    items: BatchItems | None = None
    """The number of rows of each input, if inputs lie one after the other on the first axis."""
    input_axis: int = 0
    """The axis of the batch's tensors that runs over the inputs."""
    is_projected: bool = False
    """Whether to keep projections of the slices of outputs."""
    is_repeatable: bool = False
    """Whether it certainly drew no random numbers and left no state."""
    is_resized: bool = False
    """Whether its inputs have another length than the inputs of the batch."""
    axes: Axes = field(default_factory=Axes)
    """The neurons' axes found so far."""
    seen: dict[Call, SeenOutput] = field(default_factory=dict)
    """The outputs of the chosen layers, in the order of the run."""
    calls: dict[str, int] = field(default_factory=dict)
    """The number of outputs of each chosen layer."""
    empty: dict[str, str] = field(default_factory=dict)
    """Descriptions of results of layers that hold no activations, or none that can be read."""
    is_whole: bool = True
    """Whether it is complete."""
    failure: BaseException | None = None
    """The error of a hook."""
    _unsettled: dict[int, tuple[ref[Tensor], Call]] = field(default_factory=dict)

    @property
    def is_read(self) -> bool:
        """Whether the run passes outputs on, and does not only record their properties."""
        return self.is_projected or self.receive is not None

    def record(self, layer: str, output: Tensor, neurons: tuple[int, ...] | None) -> SeenOutput:
        """Count an output of a chosen layer, and return its properties."""
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
        """Update the record of an inner layer whose output this is, with what is known now.

        A block may know its axis, such as a normalisation, when its last inner layer, such as an
        activation, does not.
        """
        output_ref, call = self._unsettled.get(id(output), (None, None))
        axis = self.axes.get_axis(output)
        if output_ref is None or output_ref() is not output or call is None or axis is None:
            return
        count = self.axes.count_witnesses(output)
        self.seen[call] = replace(self.seen[call], neurons=(axis,), n_witnesses=count)
