"""`layer_info`: a table of a model's layers as `compare` and `capture` see them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanmatch.base.shown_text import elide, show_name
from spanmatch.comparison.keys import name_call
from spanmatch.torch.observing.observer import Observer

if TYPE_CHECKING:
    import torch
    from torch import nn

    from spanmatch.torch.observing.axis_choice import NeuronAxes
    from spanmatch.torch.observing.forward_pass import SeenOutput
    from spanmatch.torch.observing.layers import ChosenLayers, LayerChoice

HEADINGS = ("layer", "type", "output", "axis", "neurons", "positions", "parameters")
LETTERS = 100  # the longest name in the table


@dataclass(frozen=True)
class LayerInfo:
    """A layer and the shape of its output for one batch."""

    name: str
    """The name of the layer, as `capture` yields it."""
    type: str
    """The name of its class."""
    shape: tuple[int, ...]
    """The shape of its output."""
    axis: int | None
    """The neurons' axis of the output; None if it is not known. Then use the argument `axis`."""
    neurons: int | None
    """The number of neurons; None if `axis` is not known."""
    positions: tuple[int, ...] | None
    """The sizes of the axes of positions, which are neither inputs nor neurons."""
    parameters: int
    """The number of parameters, those of its children included."""


class LayerTable(tuple[LayerInfo, ...]):
    """The layers in the order in which they ran, shown as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        lines = [HEADINGS, *map(_format_cells, self)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def layer_info(
    model: nn.Module,
    example: Any,
    layers: LayerChoice | ChosenLayers = None,
    *,
    axis: NeuronAxes = None,
    device: torch.device | str | None = None,
) -> LayerTable:
    """Run a model on one batch and list its layers.

    Parameters
    ----------
    model, layers, axis, device
        As for `capture`. A neurons' axis that is not known is shown as ?, and is not an error.
    example
        One batch: a tensor, a pair (inputs, targets), or a mapping of the model's arguments.

    Returns
    -------
    tuple of LayerInfo
        The name, type, output shape, neurons' axis, neurons, positions and parameters of each layer
        in the order in which they ran. Its repr is a table.

    Raises
    ------
    TypeError, ValueError, ModelError
        As for `capture`.

    Examples
    --------
    >>> import torch
    >>> model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU())
    >>> layer_info(model, torch.ones(6, 1, 8, 8))
    layer  type    output        axis  neurons  positions  parameters
    0      Conv2d  (6, 4, 6, 6)  1     4        6 × 6      40
    1      ReLU    (6, 4, 6, 6)  1     4        6 × 6      0
    """
    observer = Observer(model, layers, axis=axis, device=device)
    with observer:
        outputs = observer.measure(example)
    calls = Counter(output.layer for output in outputs)
    return LayerTable(
        _describe(output, observer.module(output.layer), calls[output.layer]) for output in outputs
    )


def _describe(output: SeenOutput, module: nn.Module, calls: int) -> LayerInfo:
    shape, axes = output.shape, output.neurons
    # Axis 0 runs over inputs, so it means that no axis is known for the neurons.
    axis = None if axes is None else axes[0] or None
    return LayerInfo(
        name=name_call(output.layer, output.call, calls),
        type=type(module).__name__,
        shape=shape,
        axis=axis,
        neurons=None if axis is None else shape[axis],
        positions=None if axis is None else shape[1:axis] + shape[axis + 1 :],
        parameters=sum(part.numel() for part in module.parameters()),
    )


def _format_cells(layer: LayerInfo) -> tuple[str, ...]:
    positions = "?" if layer.positions is None else " × ".join(map(str, layer.positions))
    return (
        elide(show_name(layer.name), LETTERS),
        show_name(layer.type),
        str(layer.shape),
        "?" if layer.axis is None else str(layer.axis),
        "?" if layer.neurons is None else str(layer.neurons),
        positions or "-",
        f"{layer.parameters:,}",
    )
