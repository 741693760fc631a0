"""The neurons' axis of layers for which the argument `axis` names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from spanmatch.torch.observing.said_of_layers import spread_over_layers

if TYPE_CHECKING:
    from collections.abc import Iterable

NeuronAxes: TypeAlias = "int | tuple[int, ...] | Mapping[str, int | tuple[int, ...]] | None"
"""The argument `axis` of `compare`."""


class AxisChoice:
    """The argument `axis`: None, the axes for all layers, or a mapping from globs to axes.

    The axes of a layer are one, or several that together are its neurons.

    Examples
    --------
    >>> sorted(AxisChoice({"*.norm": -1}, ["a.norm", "a.conv"]).layers)
    ['a.norm']
    """

    def __init__(self, axis: NeuronAxes, layers: Iterable[str]) -> None:
        globs = axis if isinstance(axis, Mapping) else {} if axis is None else {"*": axis}
        said = {glob: _as_axes(at) for glob, at in globs.items()}
        self.layers = spread_over_layers("axis", said, list(layers))
        """The layers for which the axis is given."""

    def get_axes(self, name: str, shape: tuple[int, ...], *, first: int = 1) -> tuple[int, ...]:
        """Return the given axes of a layer, counted from the front of its output.

        None of them may come before the axis `first`.
        """
        for axis in self.layers[name]:
            if not -len(shape) <= axis < len(shape) or axis % len(shape) < first:
                raise ValueError(
                    f"`axis` is {axis}, but the output {shape} has its neurons on one of {first} "
                    f"to {len(shape) - 1}"
                )
        axes = sorted(axis % len(shape) for axis in self.layers[name])
        if len(set(axes)) < len(axes):
            raise ValueError(f"`axis` is {self.layers[name]}, which names an axis twice")
        return tuple(axes)


def explain_unknown_axis(shape: tuple[int, ...]) -> str:
    """Return the error message if the neurons' axis is neither given nor known."""
    return (
        f"of its output {shape} it is not known which axis is the neurons': say so, as "
        "by `axis={'GLOB': 1}`"
    )


def _as_axes(axis: object) -> tuple[int, ...]:
    axes = axis if isinstance(axis, tuple) else (axis,)
    wrong = next((at for at in axes if type(at) is not int), None)
    if wrong is not None or not axes:
        raise TypeError(
            f"`axis` holds {axis!r}: pass an int, a tuple of ints, or a mapping from globs to these"
        )
    return axes
