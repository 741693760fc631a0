"""A model whose layers' outputs are handed over as they appear, and which is left as it was."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.jit import ScriptModule

from spanmatch.base.errors import prefix_errors
from spanmatch.torch.observing.activations import (
    UnreadableError,
    describe_without_floats,
    find_activations,
)
from spanmatch.torch.observing.axis_choice import AxisChoice
from spanmatch.torch.observing.batch import count_inputs, name_inputs
from spanmatch.torch.observing.forward_pass import ForwardPass
from spanmatch.torch.observing.hooked_model import HookedModel
from spanmatch.torch.observing.input_axis import InputAxis
from spanmatch.torch.observing.kept_state import ModelState
from spanmatch.torch.observing.layers import ChosenLayers, choose_layers
from spanmatch.torch.observing.layout import Layout
from spanmatch.torch.observing.masks import read_masks, turn_masks
from spanmatch.torch.observing.model_error import NEVER_RAN
from spanmatch.torch.observing.model_state import RandomStream
from spanmatch.torch.observing.neuron_axis import Axes, knows_axis
from spanmatch.torch.observing.trace import find_changes, trace_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from types import TracebackType

    import torch
    from typing_extensions import Self

    from spanmatch.torch.observing.axis_choice import NeuronAxes
    from spanmatch.torch.observing.forward_pass import Receiver, SeenOutput
    from spanmatch.torch.observing.layers import LayerChoice
    from spanmatch.torch.observing.masks import BatchMasks, MaskChoice
    from spanmatch.torch.observing.trace import RowTrace

SEED = 1  # of random numbers that are to be others than everybody's


class Observer:
    """A model under observation, between `with` and the end of its block.

    Within, the model is in eval mode and its layers carry hooks; DataParallel, torch.compile and
    what else `unwrap` knows are taken off, outside and inside, so that it runs eagerly, on one
    device. Afterwards, errors included, all is as it was, each module's own mode
    too. It may be entered again; batches are counted on.

    Parameters
    ----------
    model
        What is observed.
    layers
        As `choose_layers` takes them. A module under two names goes by the first.
    axis
        The neurons' axis, or axes, where they are not told by what a layer is and is given: for all
        layers, or by glob.
    mask
        Which positions count: see `read_masks`.
    trace
        Find out on the first batch which axis of every output runs over the inputs. Else it is the
        first, and the neurons' axis is likely, where it is not known.
    input_axis
        Which axis of the batch's tensors runs over the inputs.
    device
        Where inputs go. None: where the model's first parameter or buffer lies.

    Raises
    ------
    TypeError, ValueError
        As `choose_layers`; a glob of `axis` matches no chosen layer.

    Examples
    --------
    >>> import torch
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    >>> with Observer(model) as observer:
    ...     observer.run(torch.ones(5, 4), lambda layer, _, acts: print(layer, acts.rows().shape))
    0 torch.Size([5, 3])
    1 torch.Size([5, 3])
    {'0': 1, '1': 1}
    """

    def __init__(
        self,
        model: nn.Module,
        layers: LayerChoice | ChosenLayers = None,
        *,
        axis: NeuronAxes = None,
        mask: MaskChoice = None,
        trace: bool = True,
        input_axis: int = 0,
        device: torch.device | str | None = None,
    ) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"the model is a {type(model).__name__}, not a torch.nn.Module")
        self._chosen = layers if isinstance(layers, ChosenLayers) else choose_layers(model, layers)
        for name, module in self._chosen.modules.items():
            if isinstance(module, ScriptModule):
                raise TypeError(
                    f"layer {name!r} is TorchScript, which cannot be observed: pass the model as "
                    "it was before torch.jit"
                )
        self._hooked = HookedModel(model, device)
        self._axis, self._mask = AxisChoice(axis, self._chosen.modules), mask
        self._is_traced, self._input_axis = trace, input_axis
        self._trace: RowTrace | None = None
        self._batches = 0
        self._calls: dict[str, int] | None = None
        self._origin = RandomStream(), ModelState()
        self._undo = ExitStack()
        self._pass: ForwardPass | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the chosen layers, in the order of the model, but for those left out."""
        return tuple(name for name in self._chosen.modules if name not in self.left_out)

    @property
    def left_out(self) -> Mapping[str, str]:
        """The layers that cannot be read, and why: known once a batch has been traced."""
        return {} if self._trace is None else self._trace.left_out

    def module(self, name: str) -> nn.Module:
        """Return a chosen layer."""
        return self._chosen.modules[name]

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.enter_context(self._hooked.hooking(self._list_modules_to_hook(), self._take))
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._undo.close()

    def run(self, batch: Any, receive: Receiver) -> dict[str, int]:
        """Run the model on a batch, and hand over what each chosen layer gives, as it appears.

        The run leaves no trace: gradients are off, and everybody's random numbers go on from where
        they were; a model that draws some has a stream of its own, which goes on from run to run,
        as does the state of one that keeps any: see `ModelState`.
        A module that returns a tuple or mapping gives the first tensor of floats with at least two
        axes in it; one that holds none is passed over, unless it was named. The first batch is
        traced first, if it has not been.

        Parameters
        ----------
        batch
            A tensor, (inputs, targets), or a mapping of the model's arguments.
        receive
            Called with a layer's name, the number of the call (0, 1, …: a module may run several
            times) and its activations, in the order of the run. What it raises comes out as it is.

        Returns
        -------
        dict
            How often each layer ran, in the order of the model.

        Raises
        ------
        ModelError
            The model raised an error; KeyboardInterrupt comes through.
        TypeError, ValueError
            The batch or its mask is none; a layer's axis is not known; the mask does not fit; a
            named layer gave nothing; a layer ran more or less often than for the first batch.
        """
        if self._is_traced and self._trace is None:
            self.trace(batch)
        inputs, n_inputs, masks = self._read_batch(batch)
        current = ForwardPass(receive, n_inputs, masks, axes=Axes(guess=not self._is_traced))
        self._run_model(inputs, current, self._origin)
        self._check_calls(current)
        self._batches += 1
        return {name: current.calls[name] for name in self.layers if name in current.calls}

    def trace(self, batch: Any) -> dict[str, int]:
        """Find out how every output is laid out, by running the model on a batch in other orders.

        Returns
        -------
        dict
            How many neurons each layer has that can be read, in the order of the run.

        Raises
        ------
        ModelError
            The model raised an error, with the batch as it is.
        TypeError, ValueError
            As `run`; a layer that was named, or every one, cannot be read.
        """
        inputs, n_inputs, masks = self._read_batch(batch)
        given = self._examine(inputs, n_inputs)
        self._check_calls(given)
        found = trace_rows(self._examine, given, inputs, masks.of_inputs, self._input_axis)
        unreadable = {
            name: f"it returned {what}"
            for name, what in given.empty.items()
            if name in self._chosen.modules and name not in given.calls
        }
        reasons = {**unreadable, **found.left_out}
        if self._trace is None:
            self._trace = replace(found, left_out={})
        else:
            reasons = find_changes(self._trace, found)
        self.leave_out(reasons)
        return {layer: count for (layer, _), count in found.n_neurons.items()}

    def leave_out(self, reasons: Mapping[str, str]) -> None:
        """Read some layers no more.

        Raises
        ------
        ValueError
            One of them was named, or none is left.
        """
        assert self._trace is not None
        for name, reason in reasons.items():
            if name in self._chosen.named:
                with self._prefix_errors(name):
                    raise ValueError(reason)
        left_out = {**self._trace.left_out, **reasons}
        if all(layer in left_out for layer, _ in self._trace.layouts):
            layer, reason = next(iter(left_out.items()))
            with self._prefix_errors(layer):
                raise ValueError(f"{reason}; no other of the chosen layers can be read")
        self._trace = replace(self._trace, left_out=left_out)

    def measure(self, batch: Any) -> list[SeenOutput]:
        """Do as `run`, but return what each output looks like; its axis need not be known."""
        with self._prefix_errors():
            inputs = name_inputs(batch, self._hooked.model)
        current = ForwardPass(axes=Axes(guess=True))
        self._run_model(inputs, current, self._origin)
        self._check_calls(current)
        return list(current.seen.values())

    def _read_batch(self, batch: Any) -> tuple[Any, int, BatchMasks]:
        with self._prefix_errors():
            inputs = name_inputs(batch, self._hooked.model, mask_said=self._mask is not None)
            masks = read_masks(batch, inputs, self._mask, self._chosen.modules)
            n_inputs = count_inputs(inputs, self._input_axis)
            if n_inputs == 0:
                raise ValueError("the batch is empty")
            return inputs, n_inputs, turn_masks(masks, n_inputs, self._input_axis)

    def _examine(
        self, inputs: Any, n_inputs: int, *, again: bool = False, until_error: bool = False
    ) -> ForwardPass:
        current = ForwardPass(
            n_inputs=n_inputs, input_axis=self._input_axis, is_projected=not until_error
        )
        # Each of these runs begins where the first batch will.
        origin = RandomStream(SEED if again else None), ModelState()
        if again:
            # And goes on, where a module has random numbers of its own.
            self._run_model(inputs, ForwardPass(), origin)
        try:
            self._run_model(inputs, current, origin)
        except Exception:
            if not until_error:
                raise
        return current

    def _run_model(
        self, inputs: Any, current: ForwardPass, origin: tuple[RandomStream, ModelState]
    ) -> None:
        self._pass = current
        try:
            self._hooked.run(inputs, current, origin, self._batches)
        finally:
            self._pass = None

    def _list_modules_to_hook(self) -> list[nn.Module]:
        """Return the chosen layers, and all modules if one of them needs to be told its axis."""
        known = (
            name in self._axis.layers or knows_axis(module)
            for name, module in self._chosen.modules.items()
        )
        return list(self._chosen.modules.values()) if all(known) else self._hooked.list_hookable()

    def _take(
        self, name: str, module: nn.Module, args: Any, kwargs: dict[str, Any], returned: Any, /
    ) -> None:
        """Take what a module returns: this is the hook on it."""
        current = self._pass
        if current is None:
            # Not ours: whoever has the model runs it within the block.
            return
        try:
            try:
                output = find_activations(returned)
            except UnreadableError as error:
                current.empty[name] = str(error)
                return
            if output is None:
                current.empty[name] = describe_without_floats(returned)
                return
            neurons = self._find_neurons(current, name, module, (args, kwargs), output)
            if name in self._chosen.modules and name not in self.left_out:
                self._hand_over(current, current.record(name, output, neurons), output)
        except BaseException as error:
            current.failure = error
            raise

    def _find_neurons(
        self, current: ForwardPass, name: str, module: nn.Module, given: Any, output: Tensor
    ) -> tuple[int, ...] | None:
        if name in self._axis.layers:
            with self._prefix_errors(name):
                first = 0 if self._is_traced else 1
                neurons = self._axis.get_axes(name, tuple(output.shape), first=first)
            if len(neurons) == 1:
                current.axes.note(output, neurons[0])
            return neurons
        args, kwargs = given
        tensors = [x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
        current.axes.follow(module, tensors, output)
        axis = current.axes.get_axis(output)
        return None if axis is None else (axis,)

    def _hand_over(self, current: ForwardPass, seen: SeenOutput, output: Tensor) -> None:
        if current.receive is None or current.masks is None:
            return
        with self._prefix_errors(seen.layer):
            layout = self._find_layout(seen)
            if layout is None:
                # It runs more often than for the first batch: the end of the pass says so.
                return
            n_inputs = current.n_inputs if self._is_traced else len(output)
            activations = layout.read(output.detach(), n_inputs, current.masks, seen.layer)
        current.receive(seen.layer, seen.call, activations)

    def _find_layout(self, seen: SeenOutput) -> Layout | None:
        if self._trace is None:
            return Layout(InputAxis(0), _check_axis(seen), len(seen.shape))
        return self._trace.layouts.get((seen.layer, seen.call))

    def _check_calls(self, current: ForwardPass) -> None:
        with self._prefix_errors():
            _check_given(current, self._chosen)
            first = self._calls = current.calls if self._calls is None else self._calls
            for name in self.layers:
                now, before = current.calls.get(name, 0), first.get(name, 0)
                if now != before:
                    raise ValueError(
                        f"layer {name!r} ran {now} times, but {before} times for the first batch: "
                        "compare layers that always run alike"
                    )

    def _prefix_errors(self, name: str | None = None) -> AbstractContextManager[None]:
        """Let errors say the batch and, where there is one, the layer."""
        where = f"batch {self._batches} (counted from 0)"
        if name is not None:
            where = f"layer {name!r} ({type(self._chosen.modules[name]).__name__}), {where}"
        return prefix_errors(where)


def _check_given(current: ForwardPass, chosen: ChosenLayers) -> None:
    """Raise ValueError where a named layer has given nothing, or none has."""
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
        raise ValueError(
            f"of its output {output.shape} it is not known which axis is the neurons': say so with "
            "`axis`, as in axis={'glob of layers': 1}"
        )
    if 0 in output.neurons:
        raise ValueError(f"its output {output.shape} has no axis for the items of a batch: add one")
    return output.neurons
