"""The hook on a model's modules, which records outputs and passes on those of chosen layers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from spanmatch.torch.observing.activations import (
    UnreadableError,
    describe_without_floats,
    find_activations,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from torch import Tensor, nn

    from spanmatch.torch.observing.forward_pass import ForwardPass, SeenOutput
    from spanmatch.torch.observing.layer_reader import LayerReader


class OutputHook:
    """The hook that the modules of a model call when they return.

    Parameters
    ----------
    reader
        The reader of outputs, which knows the chosen layers and their layouts.
    """

    def __init__(self, reader: LayerReader) -> None:
        self._reader = reader
        self._pass: ForwardPass | None = None
        self.wanted: Collection[str] = reader.chosen.modules
        """The layers whose outputs are passed on."""

    @contextmanager
    def of_pass(self, current: ForwardPass) -> Iterator[None]:
        """Record the results of modules in this forward pass within the block."""
        self._pass = current
        try:
            yield
        finally:
            self._pass = None

    def take(
        self, name: str, module: nn.Module, args: Any, kwargs: dict[str, Any], returned: Any, /
    ) -> None:
        """Record the result of a module."""
        current = self._pass
        if current is None:
            # This is not a run of the observer: the caller runs the model inside the block.
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
            if name in self._reader.chosen.modules and name not in self._reader.left_out:
                self._hand_over(current, current.record(name, output, neurons), output)
        except BaseException as error:
            current.failure = error
            raise

    def _hand_over(self, current: ForwardPass, seen: SeenOutput, output: Tensor) -> None:
        if current.receive is None or seen.layer not in self.wanted:
            return
        activations = self._reader.read(current, seen, output)
        if activations is not None:
            current.receive(seen.layer, seen.call, activations)
