"""Two models over the same batches, each layer of both handed over as the second one gives it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch

from spanmatch.torch.comparing.both_batches import count_both
from spanmatch.torch.observing.model_state import find_device, move_model
from spanmatch.torch.observing.observer import Observer
from spanmatch.torch.observing.said_of_layers import split_choice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from torch import Tensor, nn

    from spanmatch.torch.comparing.both_batches import BothBatches
    from spanmatch.torch.comparing.collector import Call, Collector
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.observing.activations import Activations
    from spanmatch.torch.observing.layer_size import LayerSize
    from spanmatch.torch.observing.layers import ChosenLayers

    BothSizes = tuple[Mapping[str, LayerSize], Mapping[str, LayerSize]]


class Lockstep:
    """Both models under observation, run on one batch after the other.

    Model A runs first, and what its layers give is kept until B has run, each time in the same
    memory.
    """

    def __init__(
        self,
        models: tuple[nn.Module, nn.Module],
        layers: tuple[ChosenLayers, ChosenLayers],
        options: CompareOptions,
    ) -> None:
        self._models, self._device = models, options.device
        self._input_axis, self._items = options.input_axis, options.items
        self._a, self._b = (
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
                split_choice("axis", options.axis, (layers[0].modules, layers[1].modules)),
                split_choice("mask", options.mask, (layers[0].modules, layers[1].modules)),
                strict=True,
            )
        )
        self.n_inputs = self.n_batches = 0
        self._memory: dict[Call, Tensor] = {}

    @contextmanager
    def observing(self) -> Iterator[None]:
        """Put hooks on, and the models where they are to run; take both back at the end."""
        with ExitStack() as stack:
            for model in self._models:
                stack.enter_context(move_model(model, self._device))
            stack.enter_context(self._a)
            stack.enter_context(self._b)
            stack.callback(self._memory.clear)
            yield

    def find_device(self) -> torch.device:
        """Return where the models run, and the outputs of A lie."""
        return find_device(self._models[0]) if self._device is None else torch.device(self._device)

    def count_ahead(self, first: BothBatches) -> int:
        """Return how many batches the trace looks at, the first included."""
        return self._a.count_ahead(first[0])

    def trace(self, ahead: Sequence[BothBatches]) -> BothSizes:
        """Find out on some batches how outputs are laid out; return how large those read are."""
        of_a, of_b = zip(*ahead, strict=True)
        return self._a.trace(of_a), self._b.trace(of_b)

    def drop_left_out(self, sizes: BothSizes) -> BothSizes:
        """Return the sizes of the layers that are still read."""
        a, b = (
            {name: size for name, size in each.items() if name not in gone}
            for each, gone in zip(sizes, self.left_out, strict=True)
        )
        return a, b

    def restart(self, of_a: Iterable[str], of_b: Iterable[str]) -> None:
        """Go back to the first batch, and read these layers of A and of B alone from there on."""
        self._a.restart(of_a)
        self._b.restart(of_b)
        self.n_inputs = self.n_batches = 0
        self._memory.clear()

    @property
    def left_out(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The layers of A and of B that cannot be read, and why."""
        return self._a.left_out, self._b.left_out

    def is_named(self, layer: str, *, of_b: bool = False) -> bool:
        """Tell whether a layer of A, or of B, was asked for by its whole name."""
        return (self._b if of_b else self._a).is_named(layer)

    def leave_out(self, of_a: Mapping[str, str], of_b: Mapping[str, str]) -> None:
        """Read some layers no more."""
        self._a.leave_out(of_a)
        self._b.leave_out(of_b)

    def run(self, batches: BothBatches, collector: Collector) -> None:
        """Run A, then B, and hand what their layers give to the collector."""
        n_inputs = count_both(batches, self._input_axis, self._items, self.n_batches)
        outputs_a, calls_a = self._run_a(batches[0])
        collector.begin_batch(outputs_a)
        calls_b = self._b.run(batches[1], collector.receive)
        collector.end_batch(calls_a, calls_b)
        self.n_inputs += n_inputs
        self.n_batches += 1

    def _run_a(self, batch: Any) -> tuple[dict[Call, Activations], dict[str, int]]:
        """Run A, and return copies of what its layers give, and how often each ran."""
        outputs: dict[Call, Activations] = {}

        def keep(layer: str, call: int, activations: Activations) -> None:
            key = layer, call
            copy = activations.copy(self._memory.get(key))
            outputs[key], self._memory[key] = copy, copy.values

        return outputs, self._a.run(batch, keep)
