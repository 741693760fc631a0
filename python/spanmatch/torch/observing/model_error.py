"""What is raised when a model fails: in which layer, at which batch."""

from __future__ import annotations

from traceback import walk_tb

from torch import nn

from spanmatch.base.memory import is_out_of_memory

NEVER_RAN = (
    "is not part of the forward pass: it never ran, or was called by its `forward`, which no hook "
    "sees, or is merged into another: choose a layer around it, or after it"
)


class ModelError(RuntimeError):
    """The model raised an error, which is the cause of this one."""


def describe_failure(
    error: Exception, names: dict[nn.Module, str], batch: int
) -> ModelError | MemoryError:
    """Return an error that says in which layer, and at which batch, the model raised `error`."""
    where = f"batch {batch} (counted from 0)"
    # The innermost module at work. Nothing has to be recorded for it while all goes well.
    for frame, _ in reversed(list(walk_tb(error.__traceback__))):
        module = frame.f_locals.get("self")
        name = names.get(module) if isinstance(module, nn.Module) else None
        if name is not None:
            layer = f"layer {name!r}" if name else "the model"
            where = f"{layer} ({type(module).__name__}), {where}"
            break
    if is_out_of_memory(error):
        reason = str(error).partition("\n")[0] or type(error).__name__
        return MemoryError(f"{where}: out of memory ({reason}); give batches of fewer inputs")
    return ModelError(f"{where}: {type(error).__name__}: {error}")
