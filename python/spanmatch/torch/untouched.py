"""What is changed in a model, and around it, while it is observed, and put back afterwards."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import TYPE_CHECKING

import torch
from torch import nn

from spanmatch.torch.layers import unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterator


def device_of(model: nn.Module) -> torch.device:
    """Return where the model's first parameter or buffer lies; the host, if it has none."""
    first = next(chain(model.parameters(), model.buffers()), None)
    return torch.device("cpu") if first is None else first.device


@contextmanager
def bare(model: nn.Module) -> Iterator[None]:
    """Take wrappers, compiled code and fused paths off the parts of a model.

    Hooks fire in eager code alone. TransformerEncoder packs padded sequences into nested tensors,
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
                if child is not None and unwrapped(child) is not child:
                    undo.callback(module._modules.__setitem__, name, child)
                    module._modules[name] = unwrapped(child)
        yield


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Set every module to eval mode, and each back to its own.

    `train` and `eval` are not called: where a model has its own, they may do more than set a mode,
    as merge weights.
    """
    training = [module for module in model.modules() if module.training]
    try:
        for module in training:
            module.training = False
        yield
    finally:
        for module in training:
            module.training = True


@contextmanager
def unseen(model: nn.Module) -> Iterator[None]:
    """Run what follows without gradients, and leave random numbers and autocast as they were."""
    # A model lies on a GPU only if CUDA has been started.
    tensors = chain(model.parameters(), model.buffers()) if torch.cuda.is_initialized() else ()
    gpus = {tensor.device for tensor in tensors if tensor.device.type == "cuda"}
    cached = torch.is_autocast_cache_enabled()
    with torch.no_grad(), torch.random.fork_rng(gpus):
        # Before torch's pull request 165068 (2025), weights that autocast casts here are kept,
        # without gradients, for a training step in the same block.
        torch.set_autocast_cache_enabled(False)
        try:
            yield
        finally:
            torch.set_autocast_cache_enabled(cached)
