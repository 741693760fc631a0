"""An image without an axis for inputs: an error, before its channels are taken for inputs."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from spanmatch.torch.observing.refused_calls import refuse_calls

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from spanmatch.torch.observing.forward_pass import ForwardPass

# The number of axes of a single input, which these modules accept like a batch.
CONVOLUTIONS: dict[type[nn.Module], int] = {nn.Conv1d: 2, nn.Conv2d: 3, nn.Conv3d: 4}


def refuse_unbatched(
    model: nn.Module, inputs: Any, current: ForwardPass, batch: int
) -> AbstractContextManager[None]:
    """Let the forward pass fail if a convolution is given a single input as a batch.

    >>> from spanmatch.torch import capture
    >>> import torch
    >>> list(capture(nn.Sequential(nn.Conv2d(3, 4, 3)), [torch.ones(3, 8, 8)]))
    Traceback (most recent call last):
        ...
    ValueError: batch 0 (counted from 0): its inputs have the shape (3, 8, 8), which is one input \
to a Conv2d, without an axis for inputs: pass batches, as torch.stack(images) makes them; of a \
list of two tensors the second is taken for targets
    """
    # If only shapes are asked for, those of a single input will do.
    if not isinstance(inputs, Tensor) or not current.is_read:
        return nullcontext()
    shape = tuple(inputs.shape)

    def explain(module: nn.Module, first: Any) -> str | None:
        if not isinstance(first, Tensor) or tuple(first.shape) != shape:
            return None
        return (
            f"batch {batch} (counted from 0): its inputs have the shape {shape}, which is one "
            f"input to a {type(module).__name__}, without an axis for inputs: pass batches, as "
            "torch.stack(images) makes them; of a list of two tensors the second is taken for "
            "targets"
        )

    modules = [each for each in model.modules() if CONVOLUTIONS.get(type(each)) == len(shape)]
    return refuse_calls(modules, current, explain)
