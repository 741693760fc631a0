"""Models side by side over the same batches: a layer is passed on once all models have run it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import torch

from spanmatch.base.errors import prefix_errors
from spanmatch.torch.comparing.model_batches import count_same_inputs
from spanmatch.torch.observing.model_error import ModelError
from spanmatch.torch.observing.model_state import find_device, move_model
from spanmatch.torch.observing.observer import Observer
from spanmatch.torch.observing.said_of_layers import split_choice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from torch import Tensor, nn

    from spanmatch.torch.comparing.collector import BatchCollector, Call
    from spanmatch.torch.comparing.model_batches import ModelBatches
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.observing.activations import Activations
    from spanmatch.torch.observing.layer_size import LayerSize
    from spanmatch.torch.observing.layers import ChosenLayers

    Sizes = tuple[Mapping[str, LayerSize], ...]
    """Of the layers of each model."""


class Lockstep:
    """Models under observation, run one after the other on each batch.

    The outputs of all models but the last are kept until the last has run, in memory that all
    batches share.

    Parameters
    ----------
    models
        Usually two, A and B; or any number.
    layers
        The chosen layers of each model.
    options
        The options of the comparison.
    names
        The names of the models in errors; none for two models.
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        layers: Sequence[ChosenLayers],
        options: CompareOptions,
        names: Sequence[str] = (),
    ) -> None:
        self._models, self._device, self._names = models, options.device, names
        self._input_axis, self._items = options.input_axis, options.items
        of_layers = [chosen.modules for chosen in layers]
        self._observers = [
            Observer(
                model,
                chosen,
                axis=axis,
                mask=mask,
                trace=options.trace,
                input_axis=options.input_axis,
                items=options.items,
                device=options.device,
            )
            for model, chosen, axis, mask in zip(
                models,
                layers,
                split_choice("axis", options.axis, of_layers),
                split_choice("mask", options.mask, of_layers),
                strict=True,
            )
        ]
        self.n_inputs = self.n_batches = 0
        self._memory: dict[tuple[int, Call], Tensor] = {}

    @contextmanager
    def observing(self) -> Iterator[None]:
        """Register hooks and move the models to their device; undo both at the end."""
        with ExitStack() as stack:
            for model in self._models:
                stack.enter_context(move_model(model, self._device))
            for observer in self._observers:
                stack.enter_context(observer)
            stack.callback(self._memory.clear)
            yield

    def find_device(self) -> torch.device:
        """Return the device of the models, or without one that of the first model."""
        return find_device(self._models[0]) if self._device is None else torch.device(self._device)

    def count_ahead(self, first: ModelBatches) -> int:
        """Return the number of batches that the trace reads, with the first."""
        return self._observers[0].count_ahead(first[0])

    def trace(self, ahead: Sequence[ModelBatches]) -> Sizes:
        """Trace the layouts of outputs on some batches; return the sizes of the layers."""
        sizes = []
        for at, batches in enumerate(zip(*ahead, strict=True)):
            with self._naming(at):
                sizes.append(self._observers[at].trace(batches))
        return tuple(sizes)

    def trace_shapes(self, batches: ModelBatches) -> Sizes:
        """Trace layouts by the shapes of outputs alone: see `Observer.trace_shapes`."""
        pairs = zip(self._observers, batches, strict=True)
        return tuple(observer.trace_shapes(batch) for observer, batch in pairs)

    def drop_left_out(self, sizes: Sizes) -> Sizes:
        """Return the sizes of the layers that are still read."""
        return tuple(
            {name: size for name, size in each.items() if name not in gone}
            for each, gone in zip(sizes, self.left_out, strict=True)
        )

    def restart(self, *layers: Iterable[str]) -> None:
        """Go back to the first batch, and from there on read only these layers of each model."""
        for observer, names in zip(self._observers, layers, strict=True):
            observer.restart(names)
        self.n_inputs = self.n_batches = 0
        self._memory.clear()

    @property
    def left_out(self) -> tuple[Mapping[str, str], ...]:
        """The layers of each model that cannot be read, and why."""
        return tuple(observer.left_out for observer in self._observers)

    def is_named(self, layer: str, model: int = 0) -> bool:
        """Tell whether a layer of a model was asked for by its whole name."""
        return self._observers[model].is_named(layer)

    def leave_out(self, *reasons: Mapping[str, str]) -> None:
        """Stop reading some layers of each model."""
        for at, of_model in enumerate(reasons):
            with self._naming(at):
                self._observers[at].leave_out(of_model)

    def run(self, batches: ModelBatches, collector: BatchCollector) -> None:
        """Run all models on a batch, and pass the outputs of their layers to the collector."""
        n_inputs = count_same_inputs(batches, self._input_axis, self._items, self.n_batches)
        last = len(self._observers) - 1
        kept = [self._run_and_keep(at, batches[at]) for at in range(last)]
        collector.begin_batch([outputs for outputs, _ in kept])
        calls = self._run_and_hand_over(batches[last], collector)
        collector.end_batch([*(calls for _, calls in kept), calls])
        self.n_inputs += n_inputs
        self.n_batches += 1

    def _run_and_hand_over(self, batch: Any, collector: BatchCollector) -> dict[str, int]:
        """Run the last model, so that an error of the collector does not name this model alone."""
        raised: list[Exception] = []

        def receive(layer: str, call: int, activations: Activations) -> None:
            try:
                collector.receive(layer, call, activations)
            except Exception as error:
                raised.append(error)
                raise

        last = len(self._observers) - 1
        try:
            with self._naming(last):
                return self._observers[last].run(batch, receive)
        except Exception:
            if raised:
                raise raised[0] from raised[0].__cause__
            raise

    def _run_and_keep(self, at: int, batch: Any) -> tuple[dict[Call, Activations], dict[str, int]]:
        """Run a model; return copies of the outputs of its layers, and their numbers of runs."""
        outputs: dict[Call, Activations] = {}

        def keep(layer: str, call: int, activations: Activations) -> None:
            key = at, (layer, call)
            copy = activations.copy(self._memory.get(key))
            outputs[layer, call], self._memory[key] = copy, copy.values

        with self._naming(at):
            return outputs, self._observers[at].run(batch, keep)

    def _naming(self, at: int) -> AbstractContextManager[None]:
        """Name the model in errors, if models have names."""
        if not self._names:
            return nullcontext()
        return prefix_errors(f"network {self._names[at]!r}", (TypeError, ValueError, ModelError))
