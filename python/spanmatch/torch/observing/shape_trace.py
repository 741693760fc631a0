"""The trace from shapes alone, which takes the first axis for the inputs."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from spanmatch.torch.observing.axis_choice import explain_unknown_axis
from spanmatch.torch.observing.input_axis import InputAxis
from spanmatch.torch.observing.layout import Layout
from spanmatch.torch.observing.trace import RowTrace, make_trace

if TYPE_CHECKING:
    from spanmatch.torch.observing.forward_pass import Call, ForwardPass


def trace_shapes(given: ForwardPass) -> RowTrace:
    """Return the layout of each output if its first axis is that of the inputs.

    This axis may hold several rows of each input, such as the windows of images.
    """
    layouts: dict[Call, Layout] = {}
    n_neurons: dict[Call, int] = {}
    left_out: dict[str, str] = {}
    for call, output in given.seen.items():
        shape, neurons = output.shape, output.neurons
        if neurons is None or 0 in neurons:
            left_out.setdefault(output.layer, explain_unknown_axis(shape))
        elif shape[0] == 0 or shape[0] % given.n_inputs:
            left_out.setdefault(
                output.layer,
                f"the first axis of its output {shape} is not that of the {given.n_inputs} inputs",
            )
        else:
            inputs = InputAxis(0, after=shape[0] // given.n_inputs)
            layouts[call] = Layout(inputs, neurons, len(shape))
            n_neurons[call] = prod(shape[axis] for axis in neurons)
    return make_trace(layouts, n_neurons, left_out, frozenset())
