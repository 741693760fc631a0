"""Two models over the same batches, each layer of both handed over as the second one gives it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from spanmatch.torch.observing.batch import check_data, inputs_of
from spanmatch.torch.observing.model_state import device_of
from spanmatch.torch.observing.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from torch import nn

    from spanmatch.torch.observing.activations import Activations
    from spanmatch.torch.observing.layers import Layers

    # A layer, and which of its calls in a forward pass.
    Call = tuple[str, int]
    Kept = dict[Call, Activations]


class Lockstep:
    """Both models under observation, run on one batch after the other.

    Model A runs first, and what its layers give is kept until B has run, each time in the same
    memory.
    """

    def __init__(
        self,
        models: tuple[nn.Module, nn.Module],
        layers: tuple[Layers, Layers],
        *,
        device: torch.device | str | None,
        axis: int | Mapping[str, int] | None,
        mask: str | Callable[[Any], Any] | None,
    ) -> None:
        self._models, self._device = models, device
        self._a, self._b = (
            Observer(model, chosen, axis=each, mask=mask, device=device)
            for model, chosen, each in zip(models, layers, axes_for(axis, layers), strict=True)
        )
        self.calls_a: dict[str, int] = {}
        self.calls_b: dict[str, int] = {}
        self.n_inputs = self.n_batches = 0
        self._memory: dict[Call, Tensor] = {}

    @contextmanager
    def observing(self) -> Iterator[None]:
        """Put hooks on, and the models where they are to run; take both back at the end."""
        with ExitStack() as stack:
            for model in self._models:
                stack.enter_context(_placed(model, self._device))
            stack.enter_context(self._a)
            stack.enter_context(self._b)
            stack.callback(self._memory.clear)
            yield

    def run(self, batch: Any, receive: Callable[[Call, Activations, Kept], object]) -> None:
        """Run A, then B; `receive` is called with each output of B and all those of A.

        What it takes out of those of A is let go.
        """
        n_inputs = _n_inputs(batch)
        if n_inputs == 0:
            raise ValueError(f"batch {self.n_batches} (counted from 0) is empty")
        kept: Kept = {}

        def keep(name: str, call: int, seen: Activations) -> None:
            memory = self._memory.get((name, call))
            kept[name, call] = seen.kept(memory)
            self._memory[name, call] = kept[name, call].values

        self.calls_a = self._a.run(batch, keep)
        self.calls_b = self._b.run(
            batch, lambda name, call, seen: receive((name, call), seen, kept)
        )
        self.n_inputs += n_inputs
        self.n_batches += 1


def batches_of(data: Iterable[Any], max_batches: int | None) -> tuple[Iterator[Any], int | None]:
    """Return the batches to read, and how many there are, where that is known."""
    check_data(data)
    if max_batches is not None and max_batches < 1:
        raise ValueError(f"max_batches must be at least 1, got {max_batches}")
    try:
        total: int | None = len(data)  # type: ignore[arg-type]
    except TypeError:
        total = max_batches
    if total is not None and max_batches is not None:
        total = min(total, max_batches)
    return islice(iter(data), max_batches), total


def axes_for(
    axis: int | Mapping[str, int] | None, layers: tuple[Layers, Layers]
) -> list[int | Mapping[str, int] | None]:
    """Return what is said of the layers of each model: a glob need not match in both."""
    if not isinstance(axis, Mapping):
        return [axis, axis]
    matched = [
        {glob: at for glob, at in axis.items() if any(fnmatchcase(name, glob) for name in names)}
        for names in (chosen.modules for chosen in layers)
    ]
    for glob in axis:
        if not any(glob in globs for globs in matched):
            raise ValueError(f"axis: no chosen layer of A or B matches {glob!r}")
    return [*matched]


def _n_inputs(batch: Any) -> int:
    inputs = inputs_of(batch)
    tensors = [inputs] if isinstance(inputs, Tensor) else inputs.values()
    return next((len(part) for part in tensors if isinstance(part, Tensor) and part.ndim > 0), 1)


@contextmanager
def _placed(model: nn.Module, device: torch.device | str | None) -> Iterator[None]:
    """Move a model to where it is to run, and back."""
    home = device_of(model)
    if device is None or torch.device(device) == home:
        yield
        return
    try:
        model.to(device)
        yield
    finally:
        model.to(home)
