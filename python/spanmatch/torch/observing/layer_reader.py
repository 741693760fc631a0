"""The reader of the outputs of a model's chosen layers, in the layout that the trace found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from spanmatch.base.errors import prefix_errors
from spanmatch.torch.observing.axis_choice import explain_unknown_axis
from spanmatch.torch.observing.input_axis import InputAxis
from spanmatch.torch.observing.layout import Layout
from spanmatch.torch.observing.model_error import NEVER_RAN
from spanmatch.torch.observing.neuron_axis import knows_axis
from spanmatch.torch.observing.trace import find_changes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from spanmatch.torch.observing.activations import Activations
    from spanmatch.torch.observing.axis_choice import AxisChoice
    from spanmatch.torch.observing.batch_contents import BatchContents
    from spanmatch.torch.observing.forward_pass import ForwardPass, SeenOutput
    from spanmatch.torch.observing.layers import ChosenLayers
    from spanmatch.torch.observing.trace import RowTrace


class LayerReader:
    """The chosen layers, the layouts of their outputs, and the layers left out.

    Parameters
    ----------
    chosen
        The layers.
    axis
        The given axes of their neurons.
    is_traced
        Whether rows are traced to inputs. Otherwise the first axis is that of the inputs.
    """

    def __init__(self, chosen: ChosenLayers, axis: AxisChoice, *, is_traced: bool) -> None:
        self.chosen, self.is_traced = chosen, is_traced
        self._axis = axis
        self._trace: RowTrace | None = None
        self._calls: dict[str, int] | None = None
        self._most_inputs = 0
        self.batch = 0
        """Which batch is read, for errors."""

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the chosen layers that are not left out, in the order of the model."""
        return tuple(name for name in self.chosen.modules if name not in self.left_out)

    @property
    def left_out(self) -> Mapping[str, str]:
        """The layers that cannot be read, with the reasons; known after a batch has been traced."""
        return {} if self._trace is None else self._trace.left_out

    @property
    def has_trace(self) -> bool:
        """Whether a batch has been traced."""
        return self._trace is not None

    def knows_axes(self) -> bool:
        """Tell whether the neurons' axes of all layers are known without the rest of the run."""
        return all(
            name in self._axis.layers or knows_axis(module)
            for name, module in self.chosen.modules.items()
        )

    def take_trace(self, given: ForwardPass, found: RowTrace, n_inputs: int) -> None:
        """Take the trace of a batch with this number of inputs, or the differences of a second one.

        Raises
        ------
        ValueError
            As `leave_out`.
        """
        self._most_inputs = max(self._most_inputs, n_inputs)
        if self._trace is not None:
            self.leave_out(find_changes(self._trace, found))
            layouts = {
                call: layout.narrow(found.layouts.get(call))
                for call, layout in self._trace.layouts.items()
            }
            untested = self._trace.untested & found.untested
            self._trace = replace(self._trace, layouts=layouts, untested=untested)
            return
        self._trace = replace(found, left_out={})
        unreadable = {
            name: f"it returned {what}"
            for name, what in given.empty.items()
            if name in self.chosen.modules and name not in given.calls
        }
        self.leave_out({**unreadable, **found.left_out})

    def check_tested(self, batch: BatchContents) -> None:
        """Raise ValueError if a batch has several inputs, but only one has been traced."""
        if self.is_traced and batch.n_inputs > 1 and self._most_inputs == 1:
            said = "" if batch.items is None else f" as {batch.items.source} says"
            with self.prefix_errors():
                raise ValueError(
                    f"it holds {batch.n_inputs} inputs, but every batch before it held one, which "
                    f"cannot show how rows lie{said}: put a batch of several inputs first"
                )

    def leave_out(self, reasons: Mapping[str, str]) -> None:
        """Stop reading some layers.

        Raises
        ------
        ValueError
            One of them was named by the user, or no layer is left.
        """
        assert self._trace is not None
        for name, reason in reasons.items():
            if name in self.chosen.named:
                with self.prefix_errors(name):
                    raise ValueError(reason)
        left_out = {**self._trace.left_out, **reasons}
        if all(layer in left_out for layer, _ in self._trace.layouts):
            layer, reason = next(iter(left_out.items()))
            with self.prefix_errors(layer):
                raise ValueError(f"{reason}; no other of the chosen layers can be read")
        self._trace = replace(self._trace, left_out=left_out)

    def find_neurons(
        self, current: ForwardPass, name: str, module: nn.Module, given: Any, output: Tensor
    ) -> tuple[int, ...] | None:
        """Return the neurons' axes of an output; None if not known."""
        if name in self._axis.layers:
            with self.prefix_errors(name):
                first = 0 if self.is_traced else 1
                neurons = self._axis.get_axes(name, tuple(output.shape), first=first)
            if len(neurons) == 1:
                current.axes.note(output, neurons[0])
            return neurons
        args, kwargs = given
        tensors = [x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
        current.axes.follow(module, tensors, output)
        axis = current.axes.get_axis(output)
        return None if axis is None else (axis,)

    def read(self, current: ForwardPass, seen: SeenOutput, output: Tensor) -> Activations | None:
        """Return the activations of an output; None if the layer runs more often than before.

        Raises
        ------
        ValueError
            The layout differs from that in the first batch; its axes are not known; a mask does not
            fit.
        """
        assert current.masks is not None
        with self.prefix_errors(seen.layer):
            layout = self._find_layout(seen)
            if layout is None:
                # This is reported at the end of the pass.
                return None
            if current.items is not None:
                return layout.read_items(output.detach(), current.items)
            n_inputs = current.n_inputs if self.is_traced else len(output)
            activations = layout.read(output.detach(), n_inputs, current.masks, seen.layer)
            self._check_uniform(seen, activations)
            return activations

    def check_layouts(self, found: RowTrace) -> None:
        """Raise ValueError if another batch shows that the layout of rows was found wrongly.

        By then rows have been summed, and no layer can be left out.
        """
        assert self._trace is not None
        for name, reason in find_changes(self._trace, found).items():
            if name in self.layers and name in {layer for layer, _ in self._trace.layouts}:
                with self.prefix_errors(name):
                    raise ValueError(
                        f"{reason}: put a batch first in which inputs differ in length, or leave "
                        "the layer out by `layers`"
                    )

    def _check_uniform(self, seen: SeenOutput, activations: Activations) -> None:
        """Raise ValueError if an output that was the same for all inputs now differs."""
        assert self._trace is not None or not self.is_traced
        if self._trace is None or (seen.layer, seen.call) not in self._trace.untested:
            return
        if bool((activations.values != activations.values[:1]).any()):
            raise ValueError(
                "its output was the same for all inputs of the batch that was traced, and is not "
                "for these, so that it is not known how its rows lie: put another batch first, or "
                "leave the layer out by `layers`"
            )

    def check_calls(self, current: ForwardPass) -> None:
        """Raise ValueError if layers had no output, or other numbers of runs than at first."""
        with self.prefix_errors():
            _check_given(current, self.chosen)
            first = self._calls = current.calls if self._calls is None else self._calls
            for name in self.layers:
                now, before = current.calls.get(name, 0), first.get(name, 0)
                if now < before and name in current.empty:
                    raise ValueError(
                        f"layer {name!r} returned {current.empty[name]}, but could be read for the "
                        "first batch: leave it out by `layers`"
                    )
                if now != before:
                    raise ValueError(
                        f"layer {name!r} ran {now} times, but {before} times for the first batch: "
                        "compare layers that always run alike"
                    )

    def prefix_errors(self, name: str | None = None) -> AbstractContextManager[None]:
        """Name the batch and, if given, the layer in errors."""
        where = f"batch {self.batch} (counted from 0)"
        if name is not None:
            where = f"layer {name!r} ({type(self.chosen.modules[name]).__name__}), {where}"
        return prefix_errors(where)

    def _find_layout(self, seen: SeenOutput) -> Layout | None:
        if self._trace is None:
            return Layout(InputAxis(0), _check_axis(seen), len(seen.shape))
        return self._trace.layouts.get((seen.layer, seen.call))


def _check_given(current: ForwardPass, chosen: ChosenLayers) -> None:
    """Raise ValueError if a named layer had no output, or no layer had one."""
    for name in sorted(chosen.named):
        if name in current.empty and name not in current.calls:
            raise ValueError(f"layer {name!r} returned {current.empty[name]}")
        if name not in current.calls:
            raise ValueError(f"layer {name!r} {NEVER_RAN}")
    if not current.calls:
        reasons = "".join(f"; {name!r} returned {what}" for name, what in current.empty.items())
        raise ValueError(
            f"none of the chosen layers gave a tensor of floats: choose others{reasons}"
        )


def _check_axis(output: SeenOutput) -> tuple[int, ...]:
    """Return the neurons' axes of an output, or say why there are none to take."""
    if output.neurons is None:
        raise ValueError(explain_unknown_axis(output.shape))
    if 0 in output.neurons:
        raise ValueError(f"its output {output.shape} has no axis for the items of a batch: add one")
    return output.neurons
