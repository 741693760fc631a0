"""`ModelError`: a model failed, in this layer and at this batch."""

from __future__ import annotations

from traceback import walk_tb

from torch import nn

from spanmatch.base.memory import is_out_of_memory

NEVER_RAN = (
    "is not part of the forward pass: it never ran, or was called by its `forward`, which no hook "
    "sees, or is merged into another: choose a layer around it, or after it"
)


class ModelError(RuntimeError):
    """A model raised an error, which is the cause (`__cause__`) of this one.

    The message names the layer and the batch.

    Examples
    --------
    >>> import torch
    >>> from spanmatch.torch import ModelError, layer_info
    >>> model = torch.nn.Sequential(torch.nn.Linear(8, 4))
    >>> try:
    ...     layer_info(model, torch.ones(2, 5))
    ... except ModelError as error:
    ...     print(str(error).partition(":")[0])
    layer '0' (Linear), batch 0 (counted from 0)
    """


def describe_failure(
    error: Exception, names: dict[nn.Module, str], batch: int
) -> ModelError | MemoryError:
    """Return an error that names the layer and the batch at which the model raised `error`."""
    where = f"batch {batch} (counted from 0)"
    # The traceback has the innermost module that ran, so nothing is recorded in advance.
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
