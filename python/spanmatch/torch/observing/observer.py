"""A model whose layers' outputs are handed over as they appear, and which is left as it was."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.jit import ScriptModule

from spanmatch.torch.observing.activations import (
    UnreadableError,
    describe_without_floats,
    find_activations,
)
from spanmatch.torch.observing.axis_choice import AxisChoice
from spanmatch.torch.observing.batch import count_inputs, name_inputs
from spanmatch.torch.observing.forward_pass import ForwardPass
from spanmatch.torch.observing.hooked_model import HookedModel
from spanmatch.torch.observing.kept_state import ModelState
from spanmatch.torch.observing.layer_reader import LayerReader
from spanmatch.torch.observing.layers import ChosenLayers, choose_layers
from spanmatch.torch.observing.masks import read_masks, turn_masks
from spanmatch.torch.observing.model_state import RandomStream
from spanmatch.torch.observing.neuron_axis import Axes
from spanmatch.torch.observing.trace import trace_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    import torch
    from typing_extensions import Self

    from spanmatch.torch.observing.axis_choice import NeuronAxes
    from spanmatch.torch.observing.forward_pass import Receiver, SeenOutput
    from spanmatch.torch.observing.layers import LayerChoice
    from spanmatch.torch.observing.masks import BatchMasks, MaskChoice


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
        chosen = layers if isinstance(layers, ChosenLayers) else choose_layers(model, layers)
        for name, module in chosen.modules.items():
            if isinstance(module, ScriptModule):
                raise TypeError(
                    f"layer {name!r} is TorchScript, which cannot be observed: pass the model as "
                    "it was before torch.jit"
                )
        self._hooked = HookedModel(model, device)
        self._reader = LayerReader(chosen, AxisChoice(axis, chosen.modules), is_traced=trace)
        self._mask, self._input_axis = mask, input_axis
        self._origin = RandomStream(), ModelState()
        self._undo = ExitStack()
        self._pass: ForwardPass | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the chosen layers, in the order of the model, but for those left out."""
        return self._reader.layers

    @property
    def left_out(self) -> Mapping[str, str]:
        """The layers that cannot be read, and why: known once a batch has been traced."""
        return self._reader.left_out

    def leave_out(self, reasons: Mapping[str, str]) -> None:
        """Read some layers no more.

        Raises
        ------
        ValueError
            One of them was named, or none is left.
        """
        self._reader.leave_out(reasons)

    def module(self, name: str) -> nn.Module:
        """Return a chosen layer."""
        return self._reader.chosen.modules[name]

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
        if self._reader.is_traced and not self._reader.has_trace:
            self.trace(batch)
        inputs, n_inputs, masks = self._read_batch(batch)
        current = ForwardPass(receive, n_inputs, masks, axes=Axes(guess=not self._reader.is_traced))
        self._run_model(inputs, current, self._origin)
        self._reader.check_calls(current)
        self._reader.batch += 1
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
        origin = RandomStream(), ModelState()
        run_on = partial(self._examine, inputs, n_inputs, origin=origin)
        given = run_on()
        given.is_repeatable = not any(part.has_moved for part in origin)
        self._reader.check_calls(given)
        found = trace_rows(
            self._examine, run_on, given, inputs, masks.of_inputs, input_axis=self._input_axis
        )
        self._reader.take_trace(given, found)
        return {layer: count for (layer, _), count in found.n_neurons.items()}

    def measure(self, batch: Any) -> list[SeenOutput]:
        """Do as `run`, but return what each output looks like; its axis need not be known."""
        with self._reader.prefix_errors():
            inputs = name_inputs(batch, self._hooked.model)
        current = ForwardPass(axes=Axes(guess=True))
        self._run_model(inputs, current, self._origin)
        self._reader.check_calls(current)
        return list(current.seen.values())

    def _read_batch(self, batch: Any) -> tuple[Any, int, BatchMasks]:
        with self._reader.prefix_errors():
            inputs = name_inputs(batch, self._hooked.model, mask_said=self._mask is not None)
            masks = read_masks(batch, inputs, self._mask, self._reader.chosen.modules)
            n_inputs = count_inputs(inputs, self._input_axis)
            if n_inputs == 0:
                raise ValueError("the batch is empty")
            return inputs, n_inputs, turn_masks(masks, n_inputs, self._input_axis)

    def _examine(
        self,
        inputs: Any,
        n_inputs: int,
        *,
        until_error: bool = False,
        origin: tuple[RandomStream, ModelState] | None = None,
    ) -> ForwardPass:
        """Run, and keep projections; from where the first batch will, if no origin is given."""
        origin = origin or (RandomStream(), ModelState())
        current = ForwardPass(n_inputs=n_inputs, input_axis=self._input_axis, is_projected=True)
        try:
            self._run_model(inputs, current, origin)
        except Exception:
            if not until_error:
                raise
            current.is_whole = False
        return current

    def _run_model(
        self, inputs: Any, current: ForwardPass, origin: tuple[RandomStream, ModelState]
    ) -> None:
        self._pass = current
        try:
            self._hooked.run(inputs, current, origin, self._reader.batch)
        finally:
            self._pass = None

    def _list_modules_to_hook(self) -> list[nn.Module]:
        """Return the chosen layers, and all modules if one of them needs to be told its axis."""
        if self._reader.knows_axes():
            return list(self._reader.chosen.modules.values())
        return self._hooked.list_hookable()

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
            neurons = self._reader.find_neurons(current, name, module, (args, kwargs), output)
            current.settle(output)
            if name in self._reader.chosen.modules and name not in self.left_out:
                self._hand_over(current, current.record(name, output, neurons), output)
        except BaseException as error:
            current.failure = error
            raise

    def _hand_over(self, current: ForwardPass, seen: SeenOutput, output: Tensor) -> None:
        if current.receive is None:
            return
        activations = self._reader.read(current, seen, output)
        if activations is not None:
            current.receive(seen.layer, seen.call, activations)
