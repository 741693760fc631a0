"""A model whose layers' outputs are handed over as they appear, and which is left as it was."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.jit import ScriptModule

from spanmatch.base.errors import prefix_errors
from spanmatch.torch.observing.activations import (
    Activations,
    UnreadableError,
    describe_without_floats,
    find_activations,
)
from spanmatch.torch.observing.axis_choice import AxisChoice
from spanmatch.torch.observing.batch import call_model, name_inputs
from spanmatch.torch.observing.forward_pass import ForwardPass
from spanmatch.torch.observing.kept_state import ModelState
from spanmatch.torch.observing.layers import ChosenLayers, choose_layers, name_modules, unwrap
from spanmatch.torch.observing.masks import fit_mask, read_mask
from spanmatch.torch.observing.model_error import NEVER_RAN, describe_failure
from spanmatch.torch.observing.model_state import (
    RandomStream,
    find_device,
    find_dtype,
    isolate_run,
    set_eval_mode,
    unwrap_parts,
)
from spanmatch.torch.observing.neuron_axis import knows_axis
from spanmatch.torch.observing.unbatched import refuse_unbatched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from types import TracebackType

    import torch
    from typing_extensions import Self

    from spanmatch.torch.observing.forward_pass import OutputShape, Receiver
    from spanmatch.torch.observing.layers import LayerChoice


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
        A glob, a name or several, as `named_modules` has them; a star matches dots too. None: every
        leaf but dropout, identity and flatten. A module under two names goes by the first.
    axis
        The neurons' axis, where it is not told by what a layer is and is given: for all layers, or
        by glob.
    mask
        Which positions count: the key of a mapping, or a function that makes the mask (or None) of
        a batch. None: `attention_mask`, where the batch is a mapping and has one.
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
        axis: int | Mapping[str, int] | None = None,
        mask: str | Callable[[Any], Any] | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"the model is a {type(model).__name__}, not a torch.nn.Module")
        self._model = unwrap(model)
        self._chosen = layers if isinstance(layers, ChosenLayers) else choose_layers(model, layers)
        for name, module in self._chosen.modules.items():
            if isinstance(module, ScriptModule):
                raise TypeError(
                    f"layer {name!r} is TorchScript, which cannot be observed: pass the model as "
                    "it was before torch.jit"
                )
        self._axis = AxisChoice(axis, self._chosen.modules)
        self._mask, self._device = mask, device
        self._names: dict[nn.Module, str] = {}
        for name, module in name_modules(model):
            self._names.setdefault(module, name)
        self._batches = 0
        self._calls: dict[str, int] | None = None
        self._stream, self._state = RandomStream(), ModelState()
        self._undo = ExitStack()
        self._pass: ForwardPass | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the chosen layers, in the order of the model."""
        return tuple(self._chosen.modules)

    def module(self, name: str) -> nn.Module:
        """Return a chosen layer."""
        return self._chosen.modules[name]

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.enter_context(unwrap_parts(self._model))
            undo.enter_context(set_eval_mode(self._model))
            for module in self._list_modules_to_hook():
                hook = partial(self._take_output, self._names[module])
                undo.callback(module.register_forward_hook(hook, with_kwargs=True).remove)
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
        axes in it; one that holds none is passed over, unless it was named.

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
        with self._prefix_errors():
            inputs = name_inputs(batch, self._model, mask_said=self._mask is not None)
            mask = read_mask(batch if callable(self._mask) else inputs, self._mask)
        calls = self._forward(inputs, ForwardPass(receive, mask)).calls
        return {name: calls[name] for name in self.layers if name in calls}

    def measure(self, batch: Any) -> list[OutputShape]:
        """Do as `run`, but return what each output looks like; its axis need not be known."""
        return self._forward(batch, ForwardPass()).shapes

    def _forward(self, batch: Any, current: ForwardPass) -> ForwardPass:
        with self._prefix_errors():
            inputs = name_inputs(batch, self._model)
        self._pass = current
        device = find_device(self._model) if self._device is None else self._device
        try:
            with (
                refuse_unbatched(self._model, inputs, current, self._batches),
                isolate_run(self._model, self._stream),
                self._state.resume(self._model),
            ):
                call_model(self._model, inputs, device, find_dtype(self._model))
        except Exception as error:
            if current.failure is None:
                raise describe_failure(error, self._names, self._batches) from error
        finally:
            self._pass = None
        # A model may catch what passes through it.
        if current.failure is not None:
            raise current.failure
        with self._prefix_errors():
            self._check_calls(current)
        self._batches += 1
        return current

    def _list_modules_to_hook(self) -> list[nn.Module]:
        """Return the chosen layers, and all modules if one of them needs to be told its axis."""
        known = (
            name in self._axis.layers or knows_axis(module)
            for name, module in self._chosen.modules.items()
        )
        if all(known):
            return list(self._chosen.modules.values())
        return [module for module in self._names if not isinstance(module, ScriptModule)]

    def _take_output(
        self, name: str, module: nn.Module, args: Any, kwargs: dict[str, Any], returned: Any
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
            if name in self._axis.layers:
                with self._prefix_errors(name):
                    current.axes.note(output, self._axis.get_axis(name, output))
            else:
                given = [x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
                current.axes.follow(module, given, output)
            if name in self._chosen.modules:
                self._hand_over(current, name, output)
        except BaseException as error:
            current.failure = error
            raise

    def _hand_over(self, current: ForwardPass, name: str, output: Tensor) -> None:
        shape = current.record(name, output)
        if current.receive is None:
            return
        with self._prefix_errors(name):
            axis = _check_axis(shape)
            activations = Activations(*fit_mask(output.detach(), axis, current.mask))
        current.receive(name, shape.call, activations)

    def _check_calls(self, current: ForwardPass) -> None:
        calls = current.calls
        for name in self._chosen.named:
            if name in current.empty and name not in calls:
                raise ValueError(f"layer {name!r} returned {current.empty[name]}")
            if name not in calls:
                raise ValueError(f"layer {name!r} {NEVER_RAN}")
        if not calls:
            reasons = "".join(f"; {name!r} returned {what}" for name, what in current.empty.items())
            raise ValueError(
                f"none of the chosen layers gave a tensor of floats: choose others{reasons}"
            )
        first = self._calls = calls if self._calls is None else self._calls
        for name in self.layers:
            now, before = calls.get(name, 0), first.get(name, 0)
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


def _check_axis(output: OutputShape) -> int:
    """Return the axis of an output, or say why there is none to take."""
    if output.axis is None:
        raise ValueError(
            f"of its output {output.shape} it is not known which axis is the neurons': say so with "
            "`axis`, as in axis={'glob of layers': 1}"
        )
    if output.axis == 0:
        raise ValueError(f"its output {output.shape} has no axis for the items of a batch: add one")
    return output.axis
