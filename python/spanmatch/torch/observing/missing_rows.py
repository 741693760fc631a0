"""Embeddings that are asked for a row they lack, as for a sequence that was made longer.

On a GPU this error would make the device unusable for the rest of the process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from spanmatch.torch.observing.refused_calls import refuse_calls

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from spanmatch.torch.observing.forward_pass import ForwardPass


def refuse_missing_rows(model: nn.Module, current: ForwardPass) -> AbstractContextManager[None]:
    """Let the forward pass fail before an embedding looks up a row that does not exist."""
    embeddings = [each for each in model.modules() if isinstance(each, nn.Embedding)]
    return refuse_calls(embeddings, current, _explain)


def _explain(module: nn.Module, given: Any) -> str | None:
    assert isinstance(module, nn.Embedding)
    if not isinstance(given, Tensor) or given.is_floating_point() or not given.numel():
        return None
    last = int(given.max())
    if last < module.num_embeddings:
        return None
    return f"an embedding of {module.num_embeddings} rows is asked for row {last}"
