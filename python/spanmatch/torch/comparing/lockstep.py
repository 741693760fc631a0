"""Two models over the same batches, each layer of both handed over as the second one gives it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from spanmatch.base.errors import prefix_errors
from spanmatch.torch.observing.axis_choice import split_axis
from spanmatch.torch.observing.items import count_items
from spanmatch.torch.observing.model_state import move_model
from spanmatch.torch.observing.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor, nn

    from spanmatch.torch.comparing.collector import Call, Collector
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.observing.activations import Activations
    from spanmatch.torch.observing.layers import ChosenLayers


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
                mask=options.mask,
                trace=options.trace,
                input_axis=options.input_axis,
                items=options.items,
                device=options.device,
            )
            for model, chosen, axis in zip(
                models, layers, split_axis(options.axis, layers), strict=True
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

    def trace(self, batch: Any) -> tuple[dict[str, int], dict[str, int]]:
        """Find out how the outputs of both are laid out; return how many neurons each layer has."""
        return self._a.trace(batch), self._b.trace(batch)

    @property
    def left_out(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The layers of A and of B that cannot be read, and why."""
        return self._a.left_out, self._b.left_out

    def leave_out(self, of_a: Mapping[str, str], of_b: Mapping[str, str]) -> None:
        """Read some layers no more."""
        self._a.leave_out(of_a)
        self._b.leave_out(of_b)

    def run(self, batch: Any, collector: Collector) -> None:
        """Run A, then B, and hand what their layers give to the collector."""
        with prefix_errors(f"batch {self.n_batches} (counted from 0)"):
            n_inputs = count_items(batch, self._input_axis, self._items)
        if n_inputs == 0:
            raise ValueError(f"batch {self.n_batches} (counted from 0) is empty")
        outputs_a, calls_a = self._run_a(batch)
        collector.begin_batch(outputs_a)
        calls_b = self._b.run(batch, collector.receive)
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
