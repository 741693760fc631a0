"""The axis of an output that runs over the inputs, found by giving these in another order.

The slices of an output along this axis move with the inputs. An axis of length B·k holds k rows of
each of B inputs. Whether the rows of an input lie together or apart follows from the values.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor

PROJECTIONS = 4  # random projections kept of every slice
CLEARLY = 100.0  # A slice belongs to the nearest if this is that many times nearer than any other.
UNMOVED = 16  # Values that differ by at most this many roundings are equal.
# Products of more values than this are summed in float32.
LARGE = 2**22


@dataclass(frozen=True)
class InputAxis:
    """Where the inputs are in an output: on an axis, alone or with other rows."""

    axis: int
    before: int = 1
    """The rows of every input on this axis that lie apart: (T·B, H) has T of them."""
    after: int = 1
    """The rows of every input that are adjacent: (B·T, H) has T of them."""

    def is_like(self, other: InputAxis) -> bool:
        """Tell whether both agree; an input may have another number of rows in another batch.

        A single number of rows may vary between batches, such as the tokens of longer texts.
        """
        if self.axis != other.axis or (self.before > 1 and self.after > 1):
            return self == other
        return other.before == other.after == 1 or (self.before > 1, self.after > 1) == (
            other.before > 1,
            other.after > 1,
        )

    def split(self, output: Tensor, n_inputs: int) -> Tensor:
        """Return a view of an output with an axis of inputs alone, and others for its other rows.

        Raises
        ------
        ValueError
            The length of the axis is not a multiple of the number of inputs.
        """
        shape = output.shape
        before, after = self.count_rows(shape[self.axis], n_inputs)
        if prod(before) * n_inputs * prod(after) != shape[self.axis]:
            raise ValueError(
                f"axis {self.axis} of its output {tuple(output.shape)} holds no "
                f"{self.before * self.after} rows for each of {n_inputs} inputs, as in the first "
                "batch"
            )
        sizes = *before, n_inputs, *after
        return output.reshape(*shape[: self.axis], *sizes, *shape[self.axis + 1 :])

    def count_rows(self, size: int, n_inputs: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the numbers of rows before and after the inputs on an axis of this size.

        Each is a tuple of one number, or empty without such rows. If only one of them has a number,
        it may differ from that of the first batch, such as the tokens of longer texts.
        """
        k = size // max(n_inputs, 1)
        before = () if self.before == 1 else (k if self.after == 1 else self.before,)
        after = () if self.after == 1 else (k if self.before == 1 else self.after,)
        return before, after

    @property
    def place(self) -> int:
        """The axis of the inputs in the result of `split`."""
        return self.axis + (self.before > 1)

    def move(self, axis: int) -> int:
        """Return the number of another axis of an output in the result of `split`."""
        return axis + (axis > self.axis) * ((self.before > 1) + (self.after > 1))


class NoInputAxisError(ValueError):
    """No axis runs over the inputs, or it cannot be found; the message says why."""


class UnmovedError(NoInputAxisError):
    """The output is the same for every order of the inputs."""


def choose_order(n_inputs: int) -> Tensor:
    """Return an order that moves every input, is no shift, and from 4 inputs on no involution.

    >>> choose_order(2).tolist()
    [1, 0]
    """
    there = torch.arange(n_inputs)
    generator = torch.Generator().manual_seed(n_inputs)
    while True:
        order = torch.randperm(n_inputs, generator=generator)
        steps = (order - there) % n_inputs
        if bool((steps == 0).any()):
            continue
        is_shift, is_swap = bool((steps == steps[0]).all()), torch.equal(order[order], there)
        if n_inputs < 4 or not (is_shift or is_swap):
            return order


def project_slices(output: Tensor, n_inputs: int) -> dict[int, Tensor]:
    """Return random projections of the slices along every axis that could run over the inputs.

    Values that are not finite count as 0.
    """
    shape, last = tuple(output.shape), output.ndim - 1
    axes = [axis for axis, size in enumerate(shape) if size and size % n_inputs == 0]
    if not axes or not output.numel():
        return {}
    values = torch.nan_to_num(output.detach(), 0.0, 0.0, 0.0).contiguous()
    values = values.double() if values.numel() <= LARGE else values.float()
    # The axes share the largest of the products; none of them copies the values.
    reduced = values @ _draw(shape[last], PROJECTIONS, values)
    found: dict[int, Tensor] = {}
    for axis in axes:
        before = prod(shape[:axis])
        if axis == last:
            # One vector at a time: a product this narrow takes far longer.
            weights = _draw(PROJECTIONS, before, values)
            rows = values.reshape(before, -1)
            found[axis] = torch.stack([each @ rows for each in weights], 1)
            continue
        rows = _draw(1, before, values) @ reduced.reshape(before, -1)
        rows = rows.reshape(shape[axis], -1, PROJECTIONS)
        found[axis] = (rows * _draw(rows.shape[1], 1, values)).sum(1)
    return found


def find_input_axis(
    given: Mapping[int, Tensor], moved: Mapping[int, Tensor], order: Tensor, resolution: float
) -> InputAxis:
    """Return the input axis of an output, from the projections of its slices in two runs.

    Parameters
    ----------
    given
        The projections by axis, for the inputs in their order.
    moved
        The same for the inputs in another order.
    order
        Input i of the second run is input `order[i]` of the first.
    resolution
        The relative rounding of the output's type. Values that differ by less have not moved.

    Raises
    ------
    UnmovedError
        The output is the same in both runs.
    NoInputAxisError
        The slices moved as the inputs did along no axis, or along several.
    """
    if {axis: each.shape for axis, each in given.items()} != {
        axis: each.shape for axis, each in moved.items()
    }:
        raise NoInputAxisError("its output changes shape when the inputs change places")
    if not given:
        raise NoInputAxisError(
            f"no axis of its output has a whole number of rows for each of {len(order)} inputs, as "
            "where positions alone are embedded, or experts take some of the tokens"
        )
    off = {
        where: _measure(given[where.axis], moved[where.axis], _move_rows(where, order))
        for axis, slices in given.items()
        for where in _list_ways(axis, len(slices) // len(order))
    }
    floor = max(torch.finfo(slices.dtype).eps for slices in given.values())
    stayed = min(_measure(given[axis], moved[axis], None) for axis in given)
    best = min(off, key=off.__getitem__)
    error = max(off[best], floor)
    if error * CLEARLY > stayed:
        if stayed <= UNMOVED * max(floor, resolution):
            raise UnmovedError("its output is the same when the inputs change places")
        raise NoInputAxisError(
            "its rows could not be found again when the inputs changed places, as where experts "
            "sort tokens among them; if the inputs run over another axis of the batch than the "
            "first, say so by `input_axis`"
        )
    if any(other <= error * CLEARLY for where, other in off.items() if where != best):
        raise NoInputAxisError("its rows moved with the inputs along more than one axis")
    if _has_equal_rows(given[best.axis], best, len(order)):
        raise NoInputAxisError(
            "rows that share an axis with the inputs are the same for all of these: they may "
            "belong to no input, as free places of experts do"
        )
    return best


def find_disturbed_axis(
    given: Mapping[int, Tensor], disturbed: Mapping[int, Mapping[int, Tensor]], n_inputs: int
) -> InputAxis:
    """Return the input axis of an output, from projections of its slices with one input changed.

    Parameters
    ----------
    given
        The projections by axis, for the inputs as they are.
    disturbed
        The same for each input that was changed.
    n_inputs
        The number of inputs.

    Raises
    ------
    NoInputAxisError
        Along no axis, or along several, only the slices of the changed input changed.
    """
    found = [
        where
        for axis, slices in given.items()
        for where in _list_ways(axis, len(slices) // n_inputs)
        if all(
            axis in other
            and other[axis].shape == slices.shape
            and _changed_alone(slices, other[axis], at, where, n_inputs)
            for at, other in disturbed.items()
        )
    ]
    if len(found) != 1:
        raise NoInputAxisError("its rows could not be found by changing an input")
    return found[0]


def _changed_alone(
    given: Tensor, changed: Tensor, at: int, where: InputAxis, n_inputs: int
) -> bool:
    off = (changed - given).abs().amax(1).reshape(where.before, n_inputs, where.after)
    others = torch.arange(n_inputs, device=off.device) != at
    return bool(off[:, at].amin() > CLEARLY * off[:, others].amax())


def follows(
    given: Mapping[int, Tensor], moved: Mapping[int, Tensor], order: Tensor, where: InputAxis
) -> bool:
    """Tell whether two equal runs are consistent with an input axis, as all inputs are equal."""
    slices, rows = given.get(where.axis), _move_rows(where, order)
    if slices is None or len(slices) != len(rows) or where.axis not in moved:
        return False
    return _measure(slices, moved[where.axis], rows) <= 1 / CLEARLY**2


def _list_ways(axis: int, k: int) -> Iterator[InputAxis]:
    """Yield the ways in which k rows of each input can lie on an axis."""
    for before in range(1, k + 1):
        if k % before == 0:
            yield InputAxis(axis, before, k // before)


def _has_equal_rows(slices: Tensor, where: InputAxis, n_inputs: int) -> bool:
    """Tell whether some of the rows beside the inputs on the axis are the same for all inputs."""
    rows = slices.reshape(where.before, n_inputs, where.after, -1)
    equal = (rows == rows[:, :1]).all(3).all(1)
    return equal.numel() > 1 and bool(equal.any())


def _move_rows(where: InputAxis, order: Tensor) -> Tensor:
    rows = torch.arange(where.before * len(order) * where.after)
    return rows.reshape(where.before, len(order), where.after)[:, order].flatten()


def _measure(given: Tensor, moved: Tensor, rows: Tensor | None) -> float:
    """Return the distance of slices from the given ones in this order, relative to the largest."""
    expected = given if rows is None else given[rows.to(given.device)]
    return float((moved - expected).abs().max() / given.abs().max().clamp_min(1e-300))


def _draw(n_rows: int, n_columns: int, like: Tensor) -> Tensor:
    """Return the random weights of a product: the same ones each time, and none for a single 1."""
    if n_rows == n_columns == 1:
        return like.new_ones(1, 1)
    generator = torch.Generator().manual_seed(n_rows * n_columns)
    weights = torch.randn((n_rows, n_columns), generator=generator, dtype=torch.float64)
    return weights.to(like.device, like.dtype)
