"""Models that accelerate spreads over devices, so that weights are present only while they run.

accelerate is not imported, since the hooks that it adds to modules hold all that is needed here.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

HOOK = "_hf_hook"


def find_execution_device(module: nn.Module) -> torch.device | None:
    """Return the device on which accelerate runs a module; None if it names none."""
    hook = getattr(module, HOOK, None)
    for part in getattr(hook, "hooks", (hook,)):
        device = getattr(part, "execution_device", None)
        if device is not None:
            return torch.device(device)
    return None


def find_home(model: nn.Module) -> torch.device | None:
    """Return the device for the inputs of a model that accelerate spreads; None for other models.

    It is that of the whole model, or else of the first of its parts that has one.
    """
    if not is_spread(model):
        return None
    said = (find_execution_device(module) for module in model.modules())
    found = next((device for device in said if device is not None), None)
    tensors = chain(model.parameters(), model.buffers())
    real = (tensor.device for tensor in tensors if not tensor.is_meta)
    return next(real, torch.device("cpu")) if found is None else found


def is_spread(model: nn.Module) -> bool:
    """Tell whether accelerate moves the weights of a model, or its inputs."""
    return any(hasattr(module, HOOK) for module in model.modules())


def check_stays(home: torch.device, device: torch.device | str) -> None:
    """Raise ValueError if a model that accelerate spreads is asked to run on another device."""
    wanted = torch.device(device)
    if wanted.type != home.type or wanted.index not in (None, home.index):
        raise ValueError(
            f"`device` is {str(device)!r}, but accelerate runs the model on {str(home)!r}, where "
            "its weights come and go: leave `device` out, or move the other model there"
        )


@contextmanager
def put_weights_back(model: nn.Module) -> Iterator[None]:
    """Restore a model that accelerate spreads if an error has left weights loaded."""
    held = [
        (module._parameters, dict(module._parameters))
        for module in (model.modules() if is_spread(model) else ())
    ]
    try:
        yield
    finally:
        for parameters, before in held:
            parameters.update(before)
