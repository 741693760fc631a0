"""Modules that take time first but are given inputs first: an error, before axes are confused."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from spanmatch.torch.observing.refused_calls import refuse_calls

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from spanmatch.torch.observing.forward_pass import ForwardPass

TIME_FIRST = (
    nn.RNNBase,
    nn.MultiheadAttention,
    nn.TransformerEncoderLayer,
    nn.TransformerDecoderLayer,
    nn.Transformer,
)


def refuse_time_first(
    model: nn.Module, inputs: Any, current: ForwardPass
) -> AbstractContextManager[None]:
    """Let the forward pass fail if a time-first module is given a tensor of the batch itself.

    The trace would otherwise take positions in time for inputs.
    """
    if not current.is_projected or current.input_axis:
        return nullcontext()
    tensors = [inputs] if isinstance(inputs, Tensor) else list(inputs.values())
    given = [part for part in tensors if isinstance(part, Tensor) and part.ndim == 3]

    def explain(module: nn.Module, first: Any) -> str | None:
        if not isinstance(first, Tensor) or not any(_is_same(first, part) for part in given):
            return None
        return (
            f"a {type(module).__name__} is given the batch as it came, and takes time first: say "
            "`input_axis=1` where the inputs are on its second axis, or make the module with "
            "batch_first=True"
        )

    modules = [
        module
        for module in (model.modules() if given else ())
        if isinstance(module, TIME_FIRST) and not getattr(module, "batch_first", True)
    ]
    return refuse_calls(modules, current, explain)


def _is_same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.equal(one, other.to(one.device, one.dtype))
