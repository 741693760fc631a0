"""The layout of a layer's outputs: the axes of inputs and neurons, and the mask that applies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from spanmatch.torch.observing.activations import Activations
from spanmatch.torch.observing.items import ONE
from spanmatch.torch.observing.masks import broadcast_mask, fit_mask

if TYPE_CHECKING:
    from torch import Tensor

    from spanmatch.torch.observing.input_axis import InputAxis
    from spanmatch.torch.observing.items import BatchItems
    from spanmatch.torch.observing.masks import BatchMasks


@dataclass(frozen=True)
class MaskPlace:
    """A mask, and the axes of a layer's positions that it covers."""

    name: str
    position: int
    """Counted from 0, in order of the output's axes."""


@dataclass(frozen=True)
class Layout:
    """The axes of a layer's output in one of its calls, as found on the first batch."""

    inputs: InputAxis
    neurons: tuple[int, ...]
    """The axes of the output that together are the neurons."""
    n_axes: int
    """The number of axes of the output."""
    mask: MaskPlace | None = None
    kinds: tuple[str, ...] = ()
    """The possible kinds of its rows, if inputs have several on the first axis; empty for any."""

    def is_like(self, other: Layout | None) -> bool:
        """Tell whether both can be the layout of one layer's outputs."""
        if other is None or not self.inputs.is_like(other.inputs):
            return False
        if replace(self, kinds=()) != replace(other, kinds=(), inputs=self.inputs):
            return False
        return self.kinds == other.kinds or bool(set(self.kinds) & set(other.kinds))

    def narrow(self, other: Layout | None) -> Layout:
        """Return the layout with only the kinds of rows that another batch allows too."""
        if other is None or not self.is_like(other):
            return self
        return replace(self, kinds=tuple(kind for kind in self.kinds if kind in other.kinds))

    def find_row_shape(self, shape: tuple[int, ...], n_inputs: int) -> tuple[int, ...]:
        """Return the axes that make up the samples of an output of this shape: inputs, positions.

        >>> from spanmatch.torch.observing.input_axis import InputAxis
        >>> Layout(InputAxis(1), neurons=(2,), n_axes=3).find_row_shape((7, 5, 16), n_inputs=5)
        (5, 7)
        """
        # Tensors on the meta device can be rearranged at no cost.
        return tuple(arrange(torch.empty(shape, device="meta"), n_inputs, self).shape[:-1])

    def read_items(self, output: Tensor, items: BatchItems) -> Activations:
        """Return the activations of rows on the first axis, which belong to inputs in their order.

        Raises
        ------
        ValueError
            The number of rows is not that of the inputs, or the output has other axes than before.
        """
        found = items.find_counts(tuple(output.shape), self.kinds)
        values = arrange(output, len(output), self)
        return Activations(values, values.ndim - 1, counts=None if found.kind == ONE else found)

    def read(self, output: Tensor, n_inputs: int, masks: BatchMasks, layer: str) -> Activations:
        """Return the activations with the inputs first and the neurons last.

        Raises
        ------
        ValueError
            The layout of the output differs from that in the first batch, or a mask has another
            shape.
        """
        values = arrange(output, n_inputs, self)
        shape, mask = tuple(values.shape[:-1]), None
        if (said := masks.of_layers.get(layer)) is not None:
            mask = fit_mask(shape, said)
        elif self.mask is not None and layer not in masks.of_layers:
            mask = broadcast_mask(masks.of_inputs[self.mask.name], shape, self.mask.position)
        return Activations(
            values, values.ndim - 1, None if mask is None else mask.to(values.device)
        )


def arrange(output: Tensor, n_inputs: int, layout: Layout) -> Tensor:
    """Return an output with the inputs first, then positions, then the neurons on one axis."""
    if output.ndim != layout.n_axes:
        raise ValueError(
            f"its output {tuple(output.shape)} has {output.ndim} axes, but had {layout.n_axes} for "
            "the first batch"
        )
    values = layout.inputs.split(output, n_inputs)
    first, last = layout.inputs.place, [layout.inputs.move(axis) for axis in layout.neurons]
    between = [axis for axis in range(values.ndim) if axis != first and axis not in last]
    values = values.permute(first, *between, *last)
    return values if len(last) == 1 else values.flatten(1 + len(between))
