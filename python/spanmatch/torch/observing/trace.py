"""What a row of every layer is, found out by experiment before anything is summed.

The model runs on its first batch, and once more with the inputs in another order: an output's rows
that moved with an input are that input's. Where the axis of the neurons, or whose mask is whose, is
not known, it runs once more with a shorter sequence or a smaller image: axes that shrank are
positions. What cannot be told is named, and left out.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import torch

from spanmatch.torch.observing.input_axis import (
    InputAxis,
    NoInputAxisError,
    UnmovedError,
    choose_order,
    find_input_axis,
)
from spanmatch.torch.observing.layout import Layout
from spanmatch.torch.observing.perturbed_inputs import add_noise, reorder_inputs, shorten_inputs
from spanmatch.torch.observing.positions import Shrinking, find_mask_place, find_neurons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from torch import Tensor

    from spanmatch.torch.observing.forward_pass import Call, ForwardPass, SeenOutput

    Run = Callable[..., ForwardPass]


@dataclass(frozen=True)
class RowTrace:
    """The layout of every output, and why some layers have none."""

    layouts: Mapping[Call, Layout]
    n_neurons: Mapping[Call, int]
    left_out: Mapping[str, str]
    """By layer, the reason."""


def trace_rows(
    run: Run,
    given: ForwardPass,
    inputs: Any,
    masks: Mapping[str, Tensor],
    input_axis: int = 0,
) -> RowTrace:
    """Find how each output of a model is laid out.

    Parameters
    ----------
    run
        Runs the model on inputs, so many, and returns the pass with projections of its outputs;
        with `again=True` random numbers are others, with `until_error=True` an error ends the pass.
    given
        The pass on the first batch.
    inputs
        What the model was given.
    masks
        The masks of the batch, by name.
    input_axis
        Which axis of its tensors runs over the inputs.
    """
    n_inputs = given.n_inputs
    trace = _InputTrace(given)
    if n_inputs > 1:
        order = choose_order(n_inputs)
        trace.compare(run, given, inputs, order, input_axis)
        if trace.unmoved and (noisy := add_noise(inputs)) is not None:
            # Inputs may be alike: those that differ tell more.
            trace.compare(run, None, noisy, order, input_axis)
        trace.name_random(run, given, inputs)
    unknown = any(
        given.seen[call].neurons is None and len(given.seen[call].shape) > 2 for call in trace.axes
    )
    shrinkings: list[Shrinking] = []
    if masks or unknown:
        for name, less in shorten_inputs(inputs, masks, input_axis):
            shorter = run(less, n_inputs, until_error=True)
            shrinkings.append(Shrinking(name, {call: o.shape for call, o in shorter.seen.items()}))
    return _read_layouts(given, trace, shrinkings, masks)


class _InputTrace:
    """The input axis of every output, as far as it is known, and else the reason."""

    def __init__(self, given: ForwardPass) -> None:
        self._n_inputs = given.n_inputs
        self.axes: dict[Call, InputAxis] = {}
        self.reasons: dict[Call, str] = {}
        self.unmoved: set[Call] = set()
        if given.n_inputs > 1:
            self.reasons = dict.fromkeys(given.seen, "its rows have not been traced to inputs")
            self.unmoved = set(given.seen)
            return
        for call, output in given.seen.items():
            # Every row is of the one input there is.
            if output.shape[0] == 1:
                self.axes[call] = InputAxis(0)
            else:
                self.reasons[call] = (
                    f"its output {output.shape} has no axis for the inputs of a batch: of one "
                    "input alone it cannot be told where more would be"
                )

    def compare(
        self, run: Run, given: ForwardPass | None, inputs: Any, order: Tensor, input_axis: int
    ) -> None:
        """Run on inputs as they are, if need be, and in another order; find what has not been."""
        try:
            given = run(inputs, self._n_inputs) if given is None else given
            moved = run(reorder_inputs(inputs, order, input_axis), self._n_inputs)
        except Exception as error:
            why = f"the model fails when the inputs change places: {error}"
            self.reasons.update(dict.fromkeys(self.unmoved, why))
            self.unmoved.clear()
            return
        for call in list(self.unmoved):
            self.unmoved.discard(call)
            a, b = given.seen.get(call), moved.seen.get(call)
            if a is None or b is None:
                self.reasons[call] = "it runs more or less often when the inputs change places"
                continue
            try:
                self.axes[call] = find_input_axis(a.slices, b.slices, order, a.resolution)
                del self.reasons[call]
            except UnmovedError as error:
                self.unmoved.add(call)
                self.reasons[call] = str(error)
                if _is_uniform(a.slices.get(0), self._n_inputs):
                    # All rows are alike: whose they are changes nothing.
                    self.axes[call] = InputAxis(0)
            except NoInputAxisError as error:
                self.reasons[call] = str(error)

    def name_random(self, run: Run, first: ForwardPass, inputs: Any) -> None:
        """Say which of the outputs that were not found again differ between two equal runs."""
        lost = [call for call in self.reasons if call not in self.axes]
        if not lost:
            return
        again = run(inputs, self._n_inputs, again=True)
        for call in lost:
            one, other = first.seen.get(call), again.seen.get(call)
            if one is None or other is None or one.slices.keys() != other.slices.keys():
                continue
            if any(not torch.equal(one.slices[axis], other.slices[axis]) for axis in one.slices):
                self.reasons[call] = (
                    "its output is random: two runs on the same inputs differ; `trace=False` takes "
                    "its first axis for that of the inputs"
                )


def _is_uniform(slices: Tensor | None, n_inputs: int) -> bool:
    return slices is not None and len(slices) == n_inputs and bool((slices == slices[:1]).all())


def _read_layouts(
    given: ForwardPass,
    trace: _InputTrace,
    shrinkings: Sequence[Shrinking],
    masks: Mapping[str, Tensor],
) -> RowTrace:
    layouts: dict[Call, Layout] = {}
    n_neurons: dict[Call, int] = {}
    left_out: dict[str, str] = {}

    def read(output: SeenOutput) -> Layout:
        call = output.layer, output.call
        if call not in trace.axes:
            raise NoInputAxisError(trace.reasons[call])
        neurons = find_neurons(output, trace.axes[call], shrinkings)
        layout = Layout(trace.axes[call], neurons, len(output.shape))
        place = find_mask_place(output, layout, shrinkings, masks, given.n_inputs)
        return replace(layout, mask=place)

    for call, output in given.seen.items():
        with _note_reason(left_out, output.layer):
            layouts[call] = read(output)
            n_neurons[call] = prod(output.shape[axis] for axis in layouts[call].neurons)
    # A layer that runs several times is read in all of its calls, or in none.
    for call in [call for call in layouts if call[0] in left_out]:
        del layouts[call], n_neurons[call]
    return RowTrace(layouts, n_neurons, left_out)


@contextmanager
def _note_reason(reasons: dict[str, str], layer: str) -> Iterator[None]:
    """Keep the first reason why a layer cannot be read, in place of the error."""
    try:
        yield
    except ValueError as error:
        reasons.setdefault(layer, str(error))
