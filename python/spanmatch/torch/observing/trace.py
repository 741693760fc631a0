"""The trace, which finds out by runs of the model which rows of a layer belong to which input.

The model runs on its first batch, and once more with the inputs in another order. Rows of an output
that moved with an input belong to this input. If the neurons' axis, or the layers of a mask, are
not known, the model runs once more with a shorter sequence or a smaller image. Axes that shrank are
positions: see `resized_runs`. Layers that cannot be read are left out, with a reason.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

from spanmatch.torch.observing.input_axis import (
    InputAxis,
    NoInputAxisError,
    UnmovedError,
    choose_order,
    find_disturbed_axis,
    find_input_axis,
    follows,
)
from spanmatch.torch.observing.layer_size import NO_SIZE, LayerSize
from spanmatch.torch.observing.layout import Layout
from spanmatch.torch.observing.perturbed_inputs import (
    add_noise,
    disturb_input,
    reorder_inputs,
)
from spanmatch.torch.observing.positions import (
    Resized,
    find_mask_place,
    find_neurons,
)
from spanmatch.torch.observing.resized_runs import resize_runs

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
    """The reason why each layer is left out."""
    untested: frozenset[Call] = frozenset()
    """The outputs that are the same for all inputs, so that another batch may show more."""

    def measure_layers(
        self, seen: Mapping[Call, SeenOutput], n_inputs: int, *, items: bool
    ) -> dict[str, LayerSize]:
        """Return the size of the outputs of each layer that can be read.

        Parameters
        ----------
        seen
            The outputs of the first batch.
        n_inputs
            The number of its inputs.
        items
            Whether the rows of inputs lie one after the other on the first axis.
        """
        sizes: dict[str, LayerSize] = {}
        for (layer, call), n_neurons in self.n_neurons.items():
            output, layout = seen[layer, call], self.layouts[layer, call]
            before = sizes.get(layer, NO_SIZE)
            rows = layout.find_row_shape(output.shape, output.shape[0] if items else n_inputs)
            sizes[layer] = LayerSize(
                max(before.n_neurons, n_neurons),
                before.n_calls + 1,
                before.n_bytes + output.n_bytes,
                before.n_values + prod(output.shape),
                before.n_means + n_inputs * n_neurons,
                before.row_shapes | {(rows, layout.mask)},
            )
        return sizes


def trace_rows(
    run: Run,
    run_on: Callable[[], ForwardPass],
    given: ForwardPass,
    inputs: Any,
    masks: Mapping[str, Tensor],
    *,
    input_axis: int = 0,
) -> RowTrace:
    """Find the layout of each output of a model.

    Parameters
    ----------
    run
        Runs the model on this number of inputs, and returns the pass with projections of its
        outputs. With `until_error=True` an error only ends the pass.
    run_on
        Runs the model on the first batch again, with the random numbers and the state after the
        first pass.
    given
        The pass on the first batch.
    inputs
        The inputs of the model.
    masks
        The masks of the batch, by name.
    input_axis
        The axis of its tensors that runs over the inputs.
    """
    n_inputs = given.n_inputs
    trace = _InputTrace(given)
    if n_inputs > 1:
        order = choose_order(n_inputs)
        trace.compare(run, given, inputs, order, input_axis)
        if trace.failure is not None:
            trace.disturb(run, given, inputs, input_axis)
        trace.compare_noisy(run, given, inputs, order, input_axis)
        trace.name_random(run_on, given)
    resized, doubts = resize_runs(run, given, trace.axes, inputs, masks, input_axis=input_axis)
    trace.drop(doubts)
    return _read_layouts(given, trace, resized, masks)


def make_trace(
    layouts: Mapping[Call, Layout],
    n_neurons: Mapping[Call, int],
    left_out: Mapping[str, str],
    untested: frozenset[Call],
) -> RowTrace:
    """Return the trace of these layouts; a layer is read in all of its calls, or in none."""
    kept = [call for call in layouts if call[0] not in left_out]
    return RowTrace(
        {call: layouts[call] for call in kept},
        {call: n_neurons[call] for call in kept},
        left_out,
        untested,
    )


def find_changes(first: RowTrace, later: RowTrace) -> dict[str, str]:
    """Return the layers whose layout differs in a later batch, with the reasons."""
    changed = {
        layer: "its rows lie differently in the second batch than in the first"
        for (layer, call), layout in first.layouts.items()
        if not layout.is_like(later.layouts.get((layer, call)))
    }
    reasons = {**changed, **later.left_out}
    untested = {layer for layer, _ in later.untested}
    return {layer: reason for layer, reason in reasons.items() if layer not in untested}


class _InputTrace:
    """The input axis of every output, or the reason why it is not known."""

    def __init__(self, given: ForwardPass) -> None:
        self._n_inputs = given.n_inputs
        self.axes: dict[Call, InputAxis] = {}
        self.reasons: dict[Call, str] = {}
        self.unmoved: dict[Call, SeenOutput] = {}
        """The outputs that stay the same when the inputs are reordered, as in that run."""
        self.settled: set[Call] = set()
        """Those of these outputs that were traced with noise on the inputs."""
        self.failure: str | None = None
        """The model's error for another order of the inputs, if it refuses that."""
        if given.n_inputs > 1:
            self.reasons = dict.fromkeys(given.seen, "its rows have not been traced to inputs")
            return
        for call, output in given.seen.items():
            # Every row belongs to the only input.
            if output.shape[0] == 1:
                self.axes[call] = InputAxis(0)
            else:
                self.reasons[call] = (
                    f"its output {output.shape} has no axis for the inputs of a batch, of which "
                    "there is one: give more, or say by `input_axis` which axis they run over"
                )

    def compare(self, run: Run, given: ForwardPass, inputs: Any, order: Tensor, axis: int) -> None:
        """Run on the inputs in another order, and find the rows of each input."""
        moved = self._run_moved(run, inputs, order, axis)
        if moved is None:
            return
        for call, one in given.seen.items():
            other = moved.seen.get(call)
            if other is None:
                self.reasons[call] = "it runs more or less often when the inputs change places"
                continue
            try:
                self.axes[call] = find_input_axis(one.slices, other.slices, order, one.resolution)
            except UnmovedError as error:
                self.reasons[call] = str(error)
                self.unmoved[call] = other
                if _is_uniform(one):
                    # All rows are equal, so it does not matter which input they belong to.
                    self.axes[call] = InputAxis(0, after=one.shape[0] // self._n_inputs)
            except NoInputAxisError as error:
                self.reasons[call] = str(error)

    def disturb(self, run: Run, given: ForwardPass, inputs: Any, axis: int) -> None:
        """Disturb one input, then another, if the model refuses another order."""
        touched: list[tuple[int, ForwardPass]] = []
        for at in (0, self._n_inputs - 1):
            changed = disturb_input(inputs, at, axis)
            if changed is None:
                return
            try:
                touched.append((at, run(changed, self._n_inputs)))
            except MemoryError:
                raise
            except Exception:
                return
        for call, output in given.seen.items():
            slices = {at: each.seen[call].slices for at, each in touched if call in each.seen}
            if len(slices) < len(touched):
                continue
            with suppress(NoInputAxisError):
                self.axes[call] = find_disturbed_axis(output.slices, slices, self._n_inputs)

    def compare_noisy(
        self, run: Run, given: ForwardPass, inputs: Any, order: Tensor, axis: int
    ) -> None:
        """Trace outputs that did not move with noise, so that inputs that were equal differ."""
        if not self.unmoved or (noisy := add_noise(inputs)) is None:
            return
        try:
            first = run(noisy, self._n_inputs)
        except MemoryError:
            raise
        except Exception:
            return
        if not any(given.seen[call].differs(first.seen.get(call)) for call in self.unmoved):
            # These outputs do not depend on the inputs that were changed.
            return
        second = self._run_moved(run, noisy, order, axis)
        if second is None:
            return
        for call, unmoved in self.unmoved.items():
            one, other, plain = (each.seen.get(call) for each in (first, second, given))
            if one is None or other is None or plain is None:
                continue
            try:
                where = find_input_axis(one.slices, other.slices, order, one.resolution)
            except NoInputAxisError as error:
                # They were equal by accident: all experts may have chosen the same token.
                if call in self.axes and plain.differs(one):
                    del self.axes[call]
                    self.reasons[call] = str(error)
                continue
            # Nothing moved without noise, so the rows of all inputs must be equal.
            if follows(plain.slices, unmoved.slices, order, where):
                self.axes[call] = where
                self.settled.add(call)

    def drop(self, reasons: Mapping[Call, str]) -> None:
        """Mark some outputs as unknown again."""
        self.reasons.update(reasons)
        for call in reasons:
            del self.axes[call]

    def name_random(self, run_on: Callable[[], ForwardPass], first: ForwardPass) -> None:
        """Report the untraced outputs that differ between two equal runs."""
        # An output without a possible axis of inputs is recognised by its shape alone.
        lost = [call for call in self.reasons if call not in self.axes and first.seen[call].slices]
        if first.is_repeatable:
            # Two runs gave the same output, and no random number was drawn.
            lost = [call for call in lost if call not in self.unmoved]
        if not lost:
            return
        try:
            again = run_on()
        except MemoryError:
            raise
        except Exception:
            # The model can run only once, so nothing is learned.
            return
        for call in lost:
            if first.seen[call].differs(again.seen.get(call)):
                self.reasons[call] = (
                    "its output is random, or depends on what was run before: two runs on the same "
                    "inputs differ; `trace=False` takes its first axis for that of the inputs"
                )

    def _run_moved(self, run: Run, inputs: Any, order: Tensor, axis: int) -> ForwardPass | None:
        try:
            return run(reorder_inputs(inputs, order, axis), self._n_inputs)
        except MemoryError:
            raise
        except Exception as error:
            self.failure = f"the model fails when the inputs change places: {error}"
            self.reasons.update(dict.fromkeys(self.reasons, self.failure))
            return None


def _is_uniform(output: SeenOutput) -> bool:
    """Tell whether all inputs have equal rows, along any axis."""
    along = {
        axis: slices
        for axis, slices in output.slices.items()
        if output.neurons is None or axis not in output.neurons
    }
    return 0 in along and all(bool((slices == slices[:1]).all()) for slices in along.values())


def _read_layouts(
    given: ForwardPass,
    trace: _InputTrace,
    resized: Sequence[Resized],
    masks: Mapping[str, Tensor],
) -> RowTrace:
    layouts: dict[Call, Layout] = {}
    n_neurons: dict[Call, int] = {}
    left_out: dict[str, str] = {}

    def read(output: SeenOutput) -> Layout:
        call = output.layer, output.call
        if call not in trace.axes:
            raise NoInputAxisError(trace.reasons[call])
        neurons = find_neurons(output, trace.axes[call], resized)
        layout = Layout(trace.axes[call], neurons, len(output.shape))
        place = find_mask_place(output, layout, resized, masks, given.n_inputs)
        return replace(layout, mask=place)

    for call, output in given.seen.items():
        with _note_reason(left_out, output.layer):
            layouts[call] = read(output)
            n_neurons[call] = prod(output.shape[axis] for axis in layouts[call].neurons)
    unsettled = [call for call in trace.unmoved if call not in trace.settled]
    untested = frozenset(call for call in unsettled if _is_uniform(given.seen[call]))
    return make_trace(layouts, n_neurons, left_out, untested)


@contextmanager
def _note_reason(reasons: dict[str, str], layer: str) -> Iterator[None]:
    """Turn an error into the reason why a layer cannot be read, unless it has one already."""
    try:
        yield
    except ValueError as error:
        reasons.setdefault(layer, str(error))
