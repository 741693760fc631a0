"""One forward pass under observation: what it hands over, and what it has shown so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from spanmatch.torch.observing.neuron_axis import Axes

if TYPE_CHECKING:
    from torch import Tensor

    from spanmatch.torch.observing.activations import Activations


class Receiver(Protocol):
    """What is called with each output of a chosen layer, in the order of the run."""

    def __call__(self, layer: str, call: int, activations: Activations, /) -> object:
        """Take the activations of a layer in one of its calls: 0, 1, … in a forward pass."""


@dataclass(frozen=True)
class OutputShape:
    """What an output looks like, whether or not its axis is known."""

    layer: str
    call: int
    shape: tuple[int, ...]
    axis: int | None
    """The neurons' axis; None: not known."""


@dataclass
class ForwardPass:
    """What is known of the forward pass that runs."""

    receive: Receiver | None = None
    """Given each output; None where the shapes are all that is asked for."""
    mask: Tensor | None = None
    """Which positions of the batch count."""
    axes: Axes = field(default_factory=Axes)
    """The neurons' axes found so far."""
    shapes: list[OutputShape] = field(default_factory=list)
    """Of the chosen layers, in the order of the run."""
    calls: dict[str, int] = field(default_factory=dict)
    """How often each chosen layer has given an output."""
    empty: dict[str, str] = field(default_factory=dict)
    """What a layer returned that holds no activations, or none that can be read, in words."""
    failure: BaseException | None = None
    """What a hook has raised."""

    def record(self, layer: str, output: Tensor) -> OutputShape:
        """Count an output of a chosen layer, and return what it looks like."""
        call = self.calls.get(layer, 0)
        self.calls[layer] = call + 1
        shape = OutputShape(layer, call, tuple(output.shape), self.axes.get_axis(output))
        self.shapes.append(shape)
        return shape
