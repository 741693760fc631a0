"""The neurons' axis of layers where whoever asks has said which it is."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from spanmatch.torch.observing.layers import ChosenLayers


class AxisChoice:
    """The argument `axis`: None, one axis for all layers, or a mapping from globs to axes.

    Examples
    --------
    >>> sorted(AxisChoice({"*.norm": -1}, ["a.norm", "a.conv"]).layers)
    ['a.norm']
    """

    def __init__(self, axis: int | Mapping[str, int] | None, layers: Iterable[str]) -> None:
        globs = axis if isinstance(axis, Mapping) else {} if axis is None else {"*": axis}
        wrong = next((at for at in globs.values() if type(at) is not int), None)
        if wrong is not None:
            raise TypeError(f"axis holds {wrong!r}: pass an int, or a mapping from globs to ints")
        self.layers: dict[str, int] = {}
        """The layers whose axis was said; where several globs match, the first counts."""
        for glob, at in globs.items():
            names = [name for name in layers if fnmatchcase(name, glob)]
            if not names:
                raise ValueError(f"axis: no chosen layer matches {glob!r}")
            self.layers = dict.fromkeys(names, at) | self.layers

    def get_axis(self, name: str, output: Tensor) -> int:
        """Return the axis said for a layer, counted from the front of its output."""
        axis, shape = self.layers[name], tuple(output.shape)
        if not -len(shape) < axis < len(shape) or axis == 0:
            raise ValueError(
                f"axis is {axis}, but the output {shape} has its neurons on one of 1 to "
                f"{len(shape) - 1}"
            )
        return axis % len(shape)


def split_axis(
    axis: int | Mapping[str, int] | None, layers: tuple[ChosenLayers, ChosenLayers]
) -> list[int | Mapping[str, int] | None]:
    """Return what is said of the layers of each of two models: a glob need not match in both."""
    if not isinstance(axis, Mapping):
        return [axis, axis]
    matched = [
        {glob: at for glob, at in axis.items() if any(fnmatchcase(name, glob) for name in names)}
        for names in (chosen.modules for chosen in layers)
    ]
    for glob in axis:
        if not any(glob in globs for globs in matched):
            raise ValueError(f"axis: no chosen layer of A or B matches {glob!r}")
    return [*matched]
