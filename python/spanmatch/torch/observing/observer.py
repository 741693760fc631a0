"""`Observer`: passes on the outputs of a model's layers, and leaves the model as it was."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from torch import nn
from torch.jit import ScriptModule

from spanmatch.torch.observing.axis_choice import AxisChoice
from spanmatch.torch.observing.batch import name_inputs
from spanmatch.torch.observing.batch_contents import BatchReader
from spanmatch.torch.observing.batch_trace import trace_batch
from spanmatch.torch.observing.forward_pass import ForwardPass
from spanmatch.torch.observing.hooked_model import HookedModel
from spanmatch.torch.observing.kept_state import ModelState
from spanmatch.torch.observing.layer_reader import LayerReader
from spanmatch.torch.observing.layers import ChosenLayers, choose_layers
from spanmatch.torch.observing.model_error import ModelError
from spanmatch.torch.observing.model_state import RandomStream
from spanmatch.torch.observing.neuron_axis import Axes
from spanmatch.torch.observing.output_hook import OutputHook
from spanmatch.torch.observing.shape_trace import trace_shapes
from spanmatch.torch.observing.traced_batches import count_traced, join_single, list_traced
from spanmatch.torch.observing.uneven import is_uneven

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

    import torch
    from typing_extensions import Self

    from spanmatch.torch.observing.axis_choice import NeuronAxes
    from spanmatch.torch.observing.batch_contents import BatchContents
    from spanmatch.torch.observing.forward_pass import Receiver, SeenOutput
    from spanmatch.torch.observing.items import ItemsChoice
    from spanmatch.torch.observing.layer_size import LayerSize
    from spanmatch.torch.observing.layers import LayerChoice
    from spanmatch.torch.observing.masks import MaskChoice
    from spanmatch.torch.observing.trace import RowTrace


class Observer:
    """A model under observation, between `with` and the end of its block.

    Within the block, the model is in eval mode and its layers have hooks. DataParallel,
    torch.compile and the other wrappers of `unwrap` are removed outside and inside the model, so
    that it runs eagerly on one device. Afterwards, even after an error, all is as before, with the
    own mode of each module. The block may be entered again, and the count of batches continues.

    Parameters
    ----------
    model
        The model to observe.
    layers
        As `choose_layers` takes them. A module with two names has the first.
    axis
        The neurons' axis or axes, if neither the type of a layer nor its input determines them: for
        all layers, or by glob.
    mask
        The positions that count: see `read_masks`.
    trace
        Whether to find out on the first batch which axis of every output runs over the inputs.
        Otherwise it is the first axis, and the likely axis is taken for the neurons if none is
        known.
    input_axis
        The axis of the batch's tensors that runs over the inputs.
    items
        The number of rows of every input, if inputs lie one after the other: see `read_items`.
    device
        The device of inputs; None for that of the model's first parameter or buffer.

    Raises
    ------
    TypeError, ValueError
        As `choose_layers`; a glob of `axis` matches no chosen layer; `items` is wrong.

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
        items: ItemsChoice = None,
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
        self._batches, self._input_axis = BatchReader(mask, input_axis, items), input_axis
        self._origin = RandomStream(), ModelState()
        self._hook = OutputHook(self._reader)
        self._is_uneven_traced = False
        self._undo = ExitStack()

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the chosen layers that are not left out, in the order of the model."""
        return self._reader.layers

    @property
    def left_out(self) -> Mapping[str, str]:
        """The layers that cannot be read, with the reasons; known after a batch has been traced."""
        return self._reader.left_out

    def is_named(self, layer: str) -> bool:
        """Tell whether a layer was asked for by its whole name."""
        return layer in self._reader.chosen.named

    def leave_out(self, reasons: Mapping[str, str]) -> None:
        """Stop reading some layers.

        Raises
        ------
        ValueError
            One of them was named by the user, or no layer is left.
        """
        self._reader.leave_out(reasons)

    def module(self, name: str) -> nn.Module:
        """Return a chosen layer."""
        return self._reader.chosen.modules[name]

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.enter_context(self._hooked.hooking(self._list_modules_to_hook(), self._hook.take))
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
        """Run the model on a batch, and pass on the output of each chosen layer at once.

        The run has no side effects: gradients are off, and the global random numbers stay as they
        were. A model that draws random numbers has its own stream of them, which continues from run
        to run, as does the state of a model that keeps one: see `ModelState`.
        If a module returns a tuple or mapping, its output is the first tensor of floats with at
        least two axes in it. A module without such a tensor is skipped, unless the user named it.
        The first batch is traced first, unless it has been.

        Parameters
        ----------
        batch
            A tensor, (inputs, targets), or a mapping of the model's arguments.
        receive
            Called with a layer's name, the number of the call (0, 1, …: a module may run several
            times) and its activations, in the order of the run. Its errors are passed on.

        Returns
        -------
        dict
            The number of runs of each layer, in the order of the model.

        Raises
        ------
        ModelError
            The model raised an error. KeyboardInterrupt is passed on.
        TypeError, ValueError
            The batch or its mask is wrong; a layer's axis is not known; the mask does not fit; a
            named layer has no output; a layer ran more or less often than for the first batch.
        """
        if self._reader.is_traced and not self._reader.has_trace:
            self.trace([batch])
        read = self._read_batch(batch)
        self._reader.check_tested(read)
        self._check_uneven(read)
        axes = Axes(guess=not self._reader.is_traced)
        current = ForwardPass(receive, read.n_inputs, read.masks, read.items, axes=axes)
        self._run_model(read.inputs, current, self._origin)
        self._reader.check_calls(current)
        self._reader.batch += 1
        return {
            name: current.calls[name]
            for name in self.layers
            if name in current.calls and name in self._hook.wanted
        }

    def count_ahead(self, first: Any) -> int:
        """Return the number of batches that the trace reads, with the first; 1 without a trace."""
        if not self._reader.is_traced:
            return 1
        return count_traced(first, self._input_axis, self._batches.items)

    def trace(self, ahead: Sequence[Any]) -> dict[str, LayerSize]:
        """Find the layout of every output, by runs of the model on a batch in other orders.

        Parameters
        ----------
        ahead
            The first batches, as many as `count_ahead` returns if the data have so many.

        Returns
        -------
        dict
            The size of the outputs of each layer that can be read, in the order of the run.

        Raises
        ------
        ModelError
            The model raised an error on the unchanged batch.
        TypeError, ValueError
            As `run`; or a layer that the user named cannot be read, or no layer can.
        """
        with self._reader.prefix_errors():
            joined = join_single(ahead, self._input_axis, self._batches.items)
            single = list_traced(ahead, self._input_axis, self._batches.items)
        runs_alike = bool(joined) and self._runs_alike(single[0], joined[0])
        first, *others = joined if runs_alike else single
        sizes = self._trace_one(first)
        for batch in others:
            # Errors of a later batch are raised when it is run.
            with suppress(ModelError):
                self._trace_one(batch)
        return sizes

    def restart(self, layers: Iterable[str]) -> None:
        """Go back to the first batch, with its random numbers and state.

        Parameters
        ----------
        layers
            The chosen layers whose outputs are passed on from now on.
        """
        stream, _ = self._origin
        stream.restart()
        self._origin = stream, ModelState()
        self._reader.batch, self._hook.wanted = 0, frozenset(layers)

    def measure(self, batch: Any) -> list[SeenOutput]:
        """Run like `run`, but only return the properties of each output, even without its axis."""
        with self._reader.prefix_errors():
            inputs = name_inputs(batch, self._hooked.model)
        current = ForwardPass(axes=Axes(guess=True))
        self._run_model(inputs, current, self._origin)
        self._reader.check_calls(current)
        return list(current.seen.values())

    def trace_shapes(self, batch: Any) -> dict[str, LayerSize]:
        """Trace like `trace`, but take the first axis of every output for that of the inputs.

        No value is read, so the model and the batch may be on the meta device.
        """
        read = self._read_batch(batch)
        current = ForwardPass(n_inputs=read.n_inputs, axes=Axes(guess=True))
        self._run_model(read.inputs, current, (RandomStream(), ModelState()))
        self._reader.check_calls(current)
        found = trace_shapes(current)
        self._reader.take_trace(current, found, read.n_inputs)
        return found.measure_layers(current.seen, read.n_inputs, items=read.items is not None)

    def _runs_alike(self, one: Any, joined: Any) -> bool:
        """Tell whether layers run as often for two inputs as for one, not in a loop over them."""
        try:
            return self._count_calls(one) == self._count_calls(joined)
        except MemoryError:
            raise
        except Exception:
            # For a single input the trace raises the error.
            return False

    def _count_calls(self, batch: Any) -> dict[str, int]:
        current = ForwardPass(axes=Axes(guess=True))
        self._run_model(self._read_batch(batch).inputs, current, (RandomStream(), ModelState()))
        return current.calls

    def _check_uneven(self, read: BatchContents) -> None:
        """Trace a batch whose inputs differ in length, if no traced batch had such inputs."""
        if not self._reader.is_traced or self._is_uneven_traced or read.n_inputs == 1:
            return
        if is_uneven(read, self._input_axis):
            self._is_uneven_traced = True
            _, found = self._trace_contents(read)
            self._reader.check_layouts(found)

    def _trace_one(self, batch: Any) -> dict[str, LayerSize]:
        read = self._read_batch(batch)
        self._is_uneven_traced |= is_uneven(read, self._input_axis)
        given, found = self._trace_contents(read)
        self._reader.take_trace(given, found, read.n_inputs)
        return found.measure_layers(given.seen, read.n_inputs, items=read.items is not None)

    def _trace_contents(self, read: BatchContents) -> tuple[ForwardPass, RowTrace]:
        return trace_batch(self._run_model, read, self._input_axis, self._reader.check_calls)

    def _read_batch(self, batch: Any) -> BatchContents:
        with self._reader.prefix_errors():
            return self._batches.read(batch, self._hooked.model, self._reader.chosen.modules)

    def _run_model(
        self, inputs: Any, current: ForwardPass, origin: tuple[RandomStream, ModelState]
    ) -> None:
        with self._hook.of_pass(current):
            self._hooked.run(inputs, current, origin, self._reader.batch)

    def _list_modules_to_hook(self) -> list[nn.Module]:
        """Return the chosen layers, or all modules if a layer's axis follows from other modules."""
        if self._reader.knows_axes():
            return list(self._reader.chosen.modules.values())
        return self._hooked.list_hookable()
