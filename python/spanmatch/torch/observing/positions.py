"""The axes of positions of an output: those that are as long as the input in each run."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from spanmatch.torch.observing.axis_choice import explain_unknown_axis
from spanmatch.torch.observing.layout import MaskPlace
from spanmatch.torch.observing.neuron_axis import SEVERAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from spanmatch.torch.observing.forward_pass import Call, SeenOutput
    from spanmatch.torch.observing.input_axis import InputAxis
    from spanmatch.torch.observing.layout import Layout


@dataclass(frozen=True)
class Resized:
    """The shapes of all outputs in a run whose inputs had fewer positions, or more."""

    mask: str
    """The mask of these positions; "" for all positions."""
    shapes: Mapping[Call, tuple[int, ...]]
    """The shapes of the outputs, up to an error of the run."""
    n_positions: int
    """The number of positions of each input in the first pass."""


def is_unknown(output: SeenOutput, inputs: InputAxis) -> bool:
    """Tell whether the neurons' axes are not known, or follow only from a shape.

    A single tensor of the same shape proves nothing, since its parts may have been transposed.
    """
    if output.neurons is None or output.n_witnesses == 0:
        return output.neurons is None
    others = [axis for axis in range(len(output.shape)) if axis != inputs.axis]
    if output.n_witnesses < SEVERAL:
        return sum(output.shape[axis] > 1 for axis in others) > 1
    sizes = {output.shape[axis] for axis in output.neurons}
    return any(output.shape[axis] in sizes for axis in others if axis not in output.neurons)


def find_neurons(
    output: SeenOutput,
    inputs: InputAxis,
    resized: Sequence[Resized],
) -> tuple[int, ...]:
    """Return the axes of the neurons.

    They follow from the type of the layer, or else are the axes that are neither inputs nor
    positions, such as heads together with their size.

    Raises
    ------
    ValueError
        The axes are not known.
    """
    if output.neurons is not None and not is_unknown(output, inputs):
        if inputs.axis in output.neurons:
            raise ValueError(
                f"of its output {output.shape} axis {inputs.axis} runs over the inputs, and was "
                "taken for the neurons': say by `axis` which is theirs"
            )
        return output.neurons
    rest = [axis for axis in range(len(output.shape)) if axis != inputs.axis]
    if len(rest) == 1:
        return (rest[0],)
    shrunk = set()
    for run in resized:
        less = run.shapes.get((output.layer, output.call))
        if less is not None and len(less) == len(output.shape):
            shrunk |= {axis for axis in range(len(less)) if less[axis] != output.shape[axis]}
        if _has_pairs(output.shape, less, inputs):
            raise ValueError(
                f"two axes of its output {output.shape} follow the input's length alike, as those "
                "of attention weights do: say by `axis` which is the neurons'"
            )
    _check_places(output, inputs, shrunk, resized)
    # An axis of length 1 cannot be that of the neurons if there are longer ones.
    left = tuple(axis for axis in rest if axis not in shrunk and output.shape[axis] > 1)
    # If no axis shrank, nothing is known. Only adjacent axes can be joined.
    if not shrunk or not left or left != tuple(range(left[0], left[-1] + 1)):
        raise ValueError(explain_unknown_axis(output.shape))
    return left


def find_mask_place(
    output: SeenOutput,
    layout: Layout,
    resized: Sequence[Resized],
    masks: Mapping[str, Tensor],
    n_inputs: int,
) -> MaskPlace | None:
    """Return the mask of a layer's positions; None if it has no masked positions.

    Raises
    ------
    ValueError
        The layer has positions of a masked input, but another number of them than the mask; or it
        has positions of several inputs.
    """
    places, shape = [], output.shape
    for name, mask in masks.items():
        length = mask.shape[1]
        before, changed = _count_positions(shape, layout, n_inputs), set[int]()
        others = [
            less
            for run in resized
            if run.mask == name
            and (less := run.shapes.get((output.layer, output.call))) is not None
            and len(less) == len(shape)
        ]
        if not others and prod(before) > 1:
            raise ValueError(explain_doubt(name))
        for less in others:
            if any(shape[axis] != less[axis] for axis in layout.neurons):
                raise ValueError("its neurons are positions of the input")
            after = _count_positions(less, layout, n_inputs)
            pairs = zip(before, after, strict=True)
            changed |= {at for at, (one, other) in enumerate(pairs) if one != other}
        if not changed:
            continue
        if len(changed) > 1 or before[min(changed)] != length:
            sizes = " × ".join(str(before[at]) for at in sorted(changed))
            raise ValueError(
                f"the mask {name!r} has {length} positions, but its output {shape} has {sizes} "
                "that follow from them: say by `mask` which fits this layer; "
                "`mask={'GLOB': None}` is for none"
            )
        places.append(MaskPlace(name, min(changed)))
    if len(places) > 1:
        raise ValueError(
            f"its positions are under {places[0].name!r} and {places[1].name!r}: say which "
            f"counts, as by `mask={{'GLOB': {places[0].name!r}}}`"
        )
    return places[0] if places else None


def explain_doubt(mask: str) -> str:
    """Return the error message if no run could show which positions a mask covers."""
    return (
        f"the model takes no sequences of other lengths, and it cannot be told whether the mask "
        f"{mask!r} is of its positions: say by `mask={{'GLOB': {mask!r}}}` that it is, or by "
        "`mask={'GLOB': None}` that it is not"
    )


def _check_places(
    output: SeenOutput, inputs: InputAxis, shrunk: set[int], resized: Sequence[Resized]
) -> None:
    """Raise ValueError if axes that follow the input's length hold more than its positions.

    The others may be neurons: (T·d, B, h) has d features of every position on its first axis.
    """
    n_places = prod(
        inputs.before * inputs.after if axis == inputs.axis else output.shape[axis]
        for axis in shrunk
    )
    followed = {
        run.mask: run.n_positions
        for run in resized
        if run.shapes.get((output.layer, output.call), output.shape) != output.shape
    }
    n_positions = prod(followed.values())
    if shrunk and n_places > n_positions:
        raise ValueError(
            f"the axes of its output {output.shape} that follow the input's length hold "
            f"{n_places} places for {n_positions} positions, and it is not known what the others "
            "are: say by `axis` which is the neurons'"
        )


def _has_pairs(shape: tuple[int, ...], less: tuple[int, ...] | None, inputs: InputAxis) -> bool:
    """Tell whether two axes shrank alike, as in attention weights; maps shrink unequally."""
    if less is None or len(less) != len(shape):
        return False
    shrunk = [
        (a, b)
        for axis, (a, b) in enumerate(zip(shape, less, strict=True))
        if a != b and axis != inputs.axis
    ]
    return len(set(shrunk)) < len(shrunk)


def _count_positions(shape: tuple[int, ...], layout: Layout, n_inputs: int) -> tuple[int, ...]:
    """Return the sizes of the positions, in the order of `Layout.read`."""
    sizes: list[int] = []
    for axis, size in enumerate(shape):
        if axis == layout.inputs.axis:
            before, after = layout.inputs.count_rows(size, n_inputs)
            sizes += *before, *after
        elif axis not in layout.neurons:
            sizes.append(size)
    return tuple(sizes)
