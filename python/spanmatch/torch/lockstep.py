"""Two models over the same batches, each layer of both handed over as the second one gives it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from torch import Tensor

from spanmatch.torch.batch import inputs_of
from spanmatch.torch.observed import Observed
from spanmatch.torch.untouched import device_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import torch
    from torch import nn

    from spanmatch.torch.activations import Activations

    # A layer, and which of its calls in a forward pass.
    Call = tuple[str, int]
    Kept = dict[Call, Activations]


class Lockstep:
    """Both models under observation, run on one batch after the other.

    Model A runs first, and what its layers give is kept until B has run: nothing lasts from one
    batch to the next.
    """

    def __init__(
        self,
        models: tuple[nn.Module, nn.Module],
        layers: tuple[Sequence[str], Sequence[str]],
        *,
        device: torch.device | str | None,
        axis: int | Mapping[str, int] | None,
        mask: str | Callable[[Any], Any] | None,
    ) -> None:
        self._models, self._device = models, device
        self._a, self._b = (
            Observed(model, list(names), axis=axis, mask=mask, device=device)
            for model, names in zip(models, layers, strict=True)
        )
        self.calls_a: dict[str, int] = {}
        self.calls_b: dict[str, int] = {}
        self.n_inputs = 0

    @contextmanager
    def observing(self) -> Iterator[None]:
        """Put hooks on, and the models where they are to run; take both back at the end."""
        with ExitStack() as stack:
            for model in self._models:
                stack.enter_context(_placed(model, self._device))
            stack.enter_context(self._a)
            stack.enter_context(self._b)
            yield

    def run(self, batch: Any, receive: Callable[[Call, Activations, Kept], object]) -> None:
        """Run A, then B; `receive` is called with each output of B and all those of A.

        What it takes out of those of A is let go.
        """
        kept: Kept = {}

        def keep(name: str, call: int, seen: Activations) -> None:
            kept[name, call] = seen.kept()

        self.calls_a = self._a.run(batch, keep)
        self.calls_b = self._b.run(
            batch, lambda name, call, seen: receive((name, call), seen, kept)
        )
        self.n_inputs += _n_inputs(batch)


def batches_of(data: Iterable[Any], max_batches: int | None) -> tuple[Iterator[Any], int | None]:
    """Return the batches to read, and how many there are, where that is known."""
    if isinstance(data, Tensor | dict):
        raise TypeError(
            f"data is one {type(data).__name__}: pass an iterable of batches, such as [data]"
        )
    if max_batches is not None and max_batches < 1:
        raise ValueError(f"max_batches must be at least 1, got {max_batches}")
    try:
        total: int | None = len(data)  # type: ignore[arg-type]
    except TypeError:
        total = max_batches
    if total is not None and max_batches is not None:
        total = min(total, max_batches)
    return islice(iter(data), max_batches), total


def _n_inputs(batch: Any) -> int:
    inputs = inputs_of(batch)
    if isinstance(inputs, Tensor):
        return len(inputs)
    return next((len(part) for part in inputs.values() if isinstance(part, Tensor)), 0)


@contextmanager
def _placed(model: nn.Module, device: torch.device | str | None) -> Iterator[None]:
    """Move a model to where it is to run, and back."""
    home = device_of(model)
    if device is None or home is None:
        yield
        return
    model.to(device)
    try:
        yield
    finally:
        model.to(home)
