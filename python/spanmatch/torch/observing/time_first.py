"""Modules that take time first, given a batch as it came: told, before time is taken for inputs."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanmatch.torch.observing.forward_pass import ForwardPass

TIME_FIRST = (
    nn.RNNBase,
    nn.MultiheadAttention,
    nn.TransformerEncoderLayer,
    nn.TransformerDecoderLayer,
    nn.Transformer,
)


@contextmanager
def refuse_time_first(model: nn.Module, inputs: Any, current: ForwardPass) -> Iterator[None]:
    """Let the forward pass fail where a time-first module is given a tensor of the batch itself.

    To move time would look like moving inputs.
    """
    if not current.is_projected or current.input_axis:
        yield
        return
    tensors = [inputs] if isinstance(inputs, Tensor) else list(inputs.values())
    given = [part for part in tensors if isinstance(part, Tensor) and part.ndim == 3]

    def check(module: nn.Module, args: Any) -> None:
        first = args[0] if args else None
        if isinstance(first, Tensor) and any(_is_same(first, part) for part in given):
            current.failure = ValueError(
                f"a {type(module).__name__} is given the batch as it came, and takes time first: "
                "say input_axis=1 where the inputs are on its second axis, or make it with "
                "batch_first=True"
            )
            raise current.failure

    with ExitStack() as undo:
        for module in model.modules() if given else ():
            if isinstance(module, TIME_FIRST) and not getattr(module, "batch_first", True):
                undo.callback(module.register_forward_pre_hook(check).remove)
        yield


def _is_same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.equal(one, other.to(one.device, one.dtype))
