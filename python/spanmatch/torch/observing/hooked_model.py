"""A model that runs with hooks on its modules, and is left as it was."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from torch.jit import ScriptModule

from spanmatch.base.memory import is_out_of_memory
from spanmatch.torch.observing.batch import call_model
from spanmatch.torch.observing.layers import name_modules, unwrap
from spanmatch.torch.observing.missing_rows import refuse_missing_rows
from spanmatch.torch.observing.model_error import describe_failure
from spanmatch.torch.observing.model_state import (
    RandomStream,
    find_device,
    find_dtype,
    isolate_run,
    set_eval_mode,
    unwrap_parts,
)
from spanmatch.torch.observing.time_first import refuse_time_first
from spanmatch.torch.observing.unbatched import refuse_unbatched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import torch
    from torch import nn

    from spanmatch.torch.observing.forward_pass import ForwardPass
    from spanmatch.torch.observing.kept_state import ModelState


class Hook(Protocol):
    """A function that is called with the arguments and the result of a module."""

    def __call__(
        self, name: str, module: nn.Module, args: Any, kwargs: dict[str, Any], returned: Any, /
    ) -> None:
        """Receive the result of a module."""


class HookedModel:
    """A model, its modules by name, and the way to run it.

    Parameters
    ----------
    model
        The model as the user has it; wrappers are removed.
    device
        The device of inputs; None for that of the model's first parameter or buffer.
    """

    def __init__(self, model: nn.Module, device: torch.device | str | None) -> None:
        self.model = unwrap(model)
        self._device = device
        self.names: dict[nn.Module, str] = {}
        """The first name of every module."""
        for name, module in name_modules(model):
            self.names.setdefault(module, name)

    def list_hookable(self) -> list[nn.Module]:
        """Return the modules that can have hooks."""
        return [module for module in self.names if not isinstance(module, ScriptModule)]

    @contextmanager
    def hooking(self, modules: Iterable[nn.Module], take: Hook) -> Iterator[None]:
        """Register hooks, and put the model in eval mode without wrappers; undo all at the end."""
        with ExitStack() as undo:
            undo.enter_context(unwrap_parts(self.model))
            undo.enter_context(set_eval_mode(self.model))
            for module in modules:
                hook = partial(take, self.names[module])
                undo.callback(module.register_forward_hook(hook, with_kwargs=True).remove)
            yield

    def run(
        self,
        inputs: Any,
        current: ForwardPass,
        origin: tuple[RandomStream, ModelState],
        batch: int,
    ) -> None:
        """Run the model on inputs.

        Parameters
        ----------
        inputs
            A tensor, or a mapping of arguments; the model gets copies.
        current
            The record of the pass; an error of a hook is kept in its `failure`, and raised here.
        origin
            The random numbers and the state with which the run begins.
        batch
            The number of the batch, for errors.

        Raises
        ------
        ModelError
            The model raised an error.
        """
        stream, state = origin
        device = find_device(self.model) if self._device is None else self._device
        try:
            with (
                refuse_unbatched(self.model, inputs, current, batch),
                refuse_time_first(self.model, inputs, current),
                refuse_missing_rows(self.model, current) if current.is_resized else nullcontext(),
                isolate_run(self.model, stream),
                state.resume(self.model),
            ):
                call_model(self.model, inputs, device, find_dtype(self.model))
        except Exception as error:
            # Of errors in hooks, torch raises only a lack of memory itself.
            if current.failure is None or is_out_of_memory(error):
                raise describe_failure(error, self.names, batch) from error
        # A model may catch errors that pass through it.
        if current.failure is not None:
            raise current.failure
