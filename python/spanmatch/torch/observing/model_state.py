"""The changes in and around a model while it is observed, which are undone afterwards."""

from __future__ import annotations

import random
import sys
from contextlib import ExitStack, contextmanager, nullcontext
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from torch import nn

from spanmatch.torch.observing.layers import unwrap
from spanmatch.torch.observing.offloading import (
    check_stays,
    find_home,
    is_spread,
    put_weights_back,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    _RandomStates: TypeAlias = tuple[torch.Tensor, dict[torch.device, torch.Tensor]]
    """The states of the random numbers of the host, and of each GPU."""


def find_device(model: nn.Module) -> torch.device:
    """Return the device of the model's first parameter or buffer; the host if it has none.

    For a model that accelerate spreads over devices, this is the device of its inputs.
    """
    home = find_home(model)
    if home is not None:
        return home
    first = next(chain(model.parameters(), model.buffers()), None)
    return torch.device("cpu") if first is None else first.device


def find_dtype(model: nn.Module) -> torch.dtype | None:
    """Return the type of the model's float parameters, which its inputs must have too.

    Return None if there are several types, such as float32 embeddings before weights in half
    precision, or none, as in a quantised model. Then the inputs stay as they are.

    >>> find_dtype(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)).half())
    torch.float16
    """
    kinds = {part.dtype for part in model.parameters() if part.is_floating_point()}
    return kinds.pop() if len(kinds) == 1 else None


@contextmanager
def move_model(model: nn.Module, device: torch.device | str | None) -> Iterator[None]:
    """Move a model to the device of its run, and back at the end; None leaves it where it is.

    Raises
    ------
    ValueError
        accelerate spreads the model over devices, and runs it on others.
    """
    home = find_device(model)
    if device is not None and is_spread(model):
        check_stays(home, device)
        device = None
    if device is None or torch.device(device) == home:
        yield
        return
    try:
        model.to(device)
        yield
    finally:
        model.to(home)


@contextmanager
def unwrap_parts(model: nn.Module) -> Iterator[None]:
    """Remove wrappers, compiled code and fused paths from the parts of a model.

    Hooks run only in eager code. TransformerEncoder packs padded sequences into nested tensors,
    which have no positions.
    """
    with ExitStack() as undo:
        for module in list(model.modules()):
            if module._compiled_call_impl is not None:
                undo.callback(setattr, module, "_compiled_call_impl", module._compiled_call_impl)
                module._compiled_call_impl = None
            if isinstance(module, nn.TransformerEncoder):
                undo.callback(setattr, module, "use_nested_tensor", module.use_nested_tensor)
                module.use_nested_tensor = False
            for name, child in module._modules.items():
                if child is not None and unwrap(child) is not child:
                    undo.callback(module._modules.__setitem__, name, child)
                    module._modules[name] = unwrap(child)
        yield


@contextmanager
def set_eval_mode(model: nn.Module) -> Iterator[None]:
    """Set every module to eval mode, and back to its own mode at the end.

    `train` and `eval` are not called, since a model may have its own, which do more than set a
    mode, such as merging weights.
    """
    training = [module for module in model.modules() if module.training]
    try:
        for module in training:
            module.training = False
        yield
    finally:
        for module in training:
            module.training = True


class RandomStream:
    """The random numbers of a model's runs, which continue from run to run, apart from others.

    They begin with the state of torch's generators at the first run, or at the first restart.
    """

    def __init__(self) -> None:
        self._first: _RandomStates | None = None
        self._states: _RandomStates | None = None
        self.has_moved = False
        """Whether a run has drawn random numbers."""

    def restart(self) -> None:
        """Go back to the beginning."""
        if self._first is None:
            # Memory on GPUs follows in the first run.
            self._first = _get_random_states(set())
        self._states = self._first

    @contextmanager
    def resume(self, gpus: set[torch.device]) -> Iterator[None]:
        """Draw random numbers from this stream within the block."""
        with torch.random.fork_rng(gpus):
            if self._states is not None:
                torch.set_rng_state(self._states[0])
                for gpu, state in self._states[1].items():
                    torch.cuda.set_rng_state(state, gpu)
            before = _get_random_states(gpus)
            self._first = before if self._first is None else self._first
            for gpu, state in before[1].items():
                self._first[1].setdefault(gpu, state)
            yield
            self._states = after = _get_random_states(gpus)
            self.has_moved |= not torch.equal(before[0], after[0]) or any(
                not torch.equal(state, after[1][gpu]) for gpu, state in before[1].items()
            )


def _get_random_states(gpus: set[torch.device]) -> _RandomStates:
    return torch.get_rng_state(), {gpu: torch.cuda.get_rng_state(gpu) for gpu in gpus}


def run_eagerly() -> AbstractContextManager[Any]:
    """Run functions and methods compiled by torch.compile as they were written.

    Compiled functions inside a forward pass cannot be removed, and hooks do not run in them, or
    break them.
    """
    # If nothing is compiled yet, this would import the compiler.
    if "torch._dynamo" not in sys.modules or not hasattr(torch.compiler, "set_stance"):
        return nullcontext()
    eager: AbstractContextManager[Any] = torch.compiler.set_stance("force_eager")
    return eager


@contextmanager
def keep_random_state() -> Iterator[None]:
    """Leave the random numbers of Python and numpy as they were."""
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002


@contextmanager
def isolate_run(model: nn.Module, stream: RandomStream) -> Iterator[None]:
    """Run the block eagerly and without gradients.

    Afterwards random numbers, autocast and the devices of weights are as before.
    """
    tensors = chain(model.parameters(), model.buffers())
    gpus = {tensor.device for tensor in tensors if tensor.device.type == "cuda"}
    cached = torch.is_autocast_cache_enabled()
    with (
        torch.no_grad(),
        keep_random_state(),
        stream.resume(gpus),
        put_weights_back(model),
        run_eagerly(),
    ):
        # Weights that autocast casts here would be kept, without gradients, for a training step
        # in the same block.
        torch.set_autocast_cache_enabled(False)
        try:
            yield
        finally:
            torch.set_autocast_cache_enabled(cached)
