"""A model whose layers' outputs are seen as they appear, and which is left as it was."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.jit import ScriptModule

from spanmatch.base.errors import prefix_errors
from spanmatch.torch.observing.activations import Activations
from spanmatch.torch.observing.axis_choice import AxisChoice
from spanmatch.torch.observing.batch import called, inputs_of, mask_of
from spanmatch.torch.observing.layer_output import layer_output
from spanmatch.torch.observing.layers import Layers, chosen_layers, named_layers, unwrapped
from spanmatch.torch.observing.masks import fitted
from spanmatch.torch.observing.model_error import model_error
from spanmatch.torch.observing.model_state import (
    Noise,
    bare,
    device_of,
    dtype_of,
    evaluating,
    unseen,
)
from spanmatch.torch.observing.neuron_axis import Axes, knows_axis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from types import TracebackType

    import torch
    from typing_extensions import Self

    from spanmatch.torch.observing.layers import LayerChoice


class Observer:
    """A model under observation, between `with` and the end of its block.

    Within, the model is in eval mode and its layers carry hooks; DataParallel,
    DistributedDataParallel and torch.compile are taken off, outside and inside, so that it runs
    eagerly, on one device. Afterwards, errors included, all is as it was, each module's own mode
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
        As `chosen_layers`; a glob of `axis` matches no chosen layer.

    Examples
    --------
    >>> import torch
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    >>> with Observer(model) as observed:
    ...     observed.run(torch.ones(5, 4), lambda name, call, seen: print(name, seen.rows().shape))
    0 torch.Size([5, 3])
    1 torch.Size([5, 3])
    {'0': 1, '1': 1}
    """

    def __init__(
        self,
        model: nn.Module,
        layers: LayerChoice | Layers = None,
        *,
        axis: int | Mapping[str, int] | None = None,
        mask: str | Callable[[Any], Any] | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"the model is a {type(model).__name__}, not a torch.nn.Module")
        self._model = unwrapped(model)
        self._chosen = layers if isinstance(layers, Layers) else chosen_layers(model, layers)
        for name, module in self._chosen.modules.items():
            if isinstance(module, ScriptModule):
                raise TypeError(
                    f"layer {name!r} is TorchScript, which cannot be observed: pass the model as "
                    "it was before torch.jit"
                )
        self._axis = AxisChoice(axis, self._chosen.modules)
        self._mask, self._device = mask, device
        self._names: dict[nn.Module, str] = {}
        for name, module in named_layers(model):
            self._names.setdefault(module, name)
        self._batches = 0
        self._calls: dict[str, int] | None = None
        self._noise = Noise()
        self._undo = ExitStack()
        self._pass: _Pass | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the chosen layers, in the order of the model."""
        return tuple(self._chosen.modules)

    def module(self, name: str) -> nn.Module:
        """Return a chosen layer."""
        return self._chosen.modules[name]

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.enter_context(bare(self._model))
            undo.enter_context(evaluating(self._model))
            for module in self._hooked():
                hook = partial(self._see, self._names[module])
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

    def run(self, batch: Any, receive: Callable[[str, int, Activations], object]) -> dict[str, int]:
        """Run the model on a batch, and hand over what each chosen layer gives, as it appears.

        The run leaves no trace: gradients are off, and everybody's random numbers go on from where
        they were; a model that draws some has a row of its own, which goes on from run to run.
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
        with self._saying_batch():
            mask = mask_of(batch, self._mask)

        def with_mask(name: str, call: int, values: Tensor, axis: int | None) -> None:
            with self._saying_batch(name):
                at = _known(values, axis)
                seen = Activations(*fitted(values.detach(), at, mask))
            receive(name, call, seen)

        return self.outputs(batch, with_mask)

    def outputs(
        self, batch: Any, receive: Callable[[str, int, Tensor, int | None], object]
    ) -> dict[str, int]:
        """Do as `run`, but hand over each output as it is, and its axis or None."""
        with self._saying_batch():
            inputs = inputs_of(batch)
        self._pass = current = _Pass(receive)
        device = device_of(self._model) if self._device is None else self._device
        try:
            with unseen(self._model, self._noise):
                called(self._model, inputs, device, dtype_of(self._model))
        except Exception as error:
            if current.failure is None:
                raise model_error(error, self._names, self._batches) from error
        finally:
            self._pass = None
        # A model may catch what passes through it.
        if current.failure is not None:
            raise current.failure
        with self._saying_batch():
            self._check(current)
        self._batches += 1
        return {name: current.calls[name] for name in self.layers if name in current.calls}

    def _hooked(self) -> list[nn.Module]:
        """Return the chosen layers, and all modules if one of them needs to be told its axis."""
        told = (
            name in self._axis.layers or knows_axis(module)
            for name, module in self._chosen.modules.items()
        )
        if all(told):
            return list(self._chosen.modules.values())
        return [module for module in self._names if not isinstance(module, ScriptModule)]

    def _see(
        self, name: str, module: nn.Module, args: Any, kwargs: dict[str, Any], returned: Any
    ) -> None:
        if self._pass is None:
            # Not ours: whoever has the model runs it within the block.
            return
        try:
            self._pass_on(self._pass, name, module, (*args, *kwargs.values()), returned)
        except BaseException as error:
            self._pass.failure = error
            raise

    def _pass_on(
        self, current: _Pass, name: str, module: nn.Module, given: tuple[Any, ...], returned: Any
    ) -> None:
        output = layer_output(returned)
        if output is None:
            current.empty[name] = type(returned).__name__
            return
        if name in self._axis.layers:
            with self._saying_batch(name):
                current.axes.note(output, self._axis.of(name, output))
        else:
            current.axes.follow(module, [x for x in given if isinstance(x, Tensor)], output)
        if name in self._chosen.modules:
            call = current.calls.get(name, 0)
            current.calls[name] = call + 1
            current.receive(name, call, output, current.axes.of(output))

    def _check(self, current: _Pass) -> None:
        calls = current.calls
        for name in self._chosen.named:
            if name in current.empty and name not in calls:
                kind = current.empty[name]
                raise ValueError(
                    f"layer {name!r} returned a {kind} without a tensor of floats with two or more "
                    "axes"
                )
            if name not in calls:
                raise ValueError(f"layer {name!r} is not part of the forward pass: it never ran")
        if not calls:
            raise ValueError("none of the chosen layers gave a tensor of floats: choose others")
        first = self._calls = calls if self._calls is None else self._calls
        for name in self.layers:
            now, before = calls.get(name, 0), first.get(name, 0)
            if now != before:
                raise ValueError(
                    f"layer {name!r} ran {now} times, but {before} times for the first batch: "
                    "compare layers that always run alike"
                )

    def _saying_batch(self, name: str | None = None) -> AbstractContextManager[None]:
        """Let errors say the batch and, where there is one, the layer."""
        where = f"batch {self._batches} (counted from 0)"
        if name is not None:
            where = f"layer {name!r} ({type(self._chosen.modules[name]).__name__}), {where}"
        return prefix_errors(where)


class _Pass:
    """What is known of the forward pass that runs."""

    def __init__(self, receive: Callable[[str, int, Tensor, int | None], object]) -> None:
        self.receive = receive
        self.axes = Axes()
        self.calls: dict[str, int] = {}
        # What layers returned that holds no activations.
        self.empty: dict[str, str] = {}
        self.failure: BaseException | None = None


def _known(values: Tensor, axis: int | None) -> int:
    shape = tuple(values.shape)
    if axis is None:
        raise ValueError(
            f"of its output {shape} it is not known which axis is the neurons': say so with "
            "`axis`, as in axis={'glob of layers': 1}"
        )
    if axis == 0:
        raise ValueError(f"its output {shape} has no axis for the items of a batch: add one")
    return axis
