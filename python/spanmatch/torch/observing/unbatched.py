"""An image that came without an axis for inputs: told, before its channels are taken for inputs."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanmatch.torch.observing.forward_pass import ForwardPass

# How many axes a single input of theirs has: they take it as they take batches.
CONVOLUTIONS: dict[type[nn.Module], int] = {nn.Conv1d: 2, nn.Conv2d: 3, nn.Conv3d: 4}


@contextmanager
def refuse_unbatched(
    model: nn.Module, inputs: Any, current: ForwardPass, batch: int
) -> Iterator[None]:
    """Let the forward pass fail where a convolution is given a batch that is a single input.

    >>> from spanmatch.torch import capture
    >>> import torch
    >>> list(capture(nn.Sequential(nn.Conv2d(3, 4, 3)), [torch.ones(3, 8, 8)]))
    Traceback (most recent call last):
        ...
    ValueError: batch 0 (counted from 0): its inputs have the shape (3, 8, 8), which is one input \
to a Conv2d, without an axis for inputs: pass batches, as torch.stack(images) makes them; of a \
list of two tensors the second is taken for targets
    """
    with ExitStack() as undo:
        # Where shapes alone are asked for, those of one input are an answer.
        if isinstance(inputs, Tensor) and current.is_read:
            hook = partial(_check_axes, tuple(inputs.shape), current, batch)
            for module in model.modules():
                if CONVOLUTIONS.get(type(module)) == inputs.ndim:
                    undo.callback(module.register_forward_pre_hook(hook).remove)
        yield


def _check_axes(
    shape: tuple[int, ...], current: ForwardPass, batch: int, module: nn.Module, args: Any
) -> None:
    if args and isinstance(args[0], Tensor) and tuple(args[0].shape) == shape:
        current.failure = ValueError(
            f"batch {batch} (counted from 0): its inputs have the shape {shape}, which is one "
            f"input to a {type(module).__name__}, without an axis for inputs: pass batches, as "
            "torch.stack(images) makes them; of a list of two tensors the second is taken for "
            "targets"
        )
        raise current.failure
