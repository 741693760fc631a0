"""What a batch is: a tensor, (inputs, targets), or a mapping of arguments."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter, signature
from itertools import islice
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def take_batches(data: Iterable[Any], max_batches: int | None) -> tuple[Iterator[Any], int | None]:
    """Return the batches to read, and how many there are, where that is known.

    Raises
    ------
    TypeError
        `data` is a single batch.
    """
    if isinstance(data, Tensor | Mapping):
        raise TypeError(
            f"data is one {type(data).__name__}: pass an iterable of batches, such as [data]"
        )
    try:
        total: int | None = len(data)  # type: ignore[arg-type]
    except TypeError:
        total = max_batches
    if total is not None and max_batches is not None:
        total = min(total, max_batches)
    return islice(iter(data), max_batches), total


def get_inputs(batch: Any) -> Tensor | Mapping[str, Any]:
    """Return what the model is given of a batch: a tensor, or a mapping of its arguments.

    Raises
    ------
    TypeError
        The batch is something else.

    Examples
    --------
    >>> import torch
    >>> get_inputs((torch.zeros(2), torch.ones(2)))
    tensor([0., 0.])
    """
    inputs = batch[0] if isinstance(batch, tuple | list) and len(batch) in (1, 2) else batch
    if isinstance(inputs, Tensor | Mapping):
        return inputs
    kind = type(inputs).__name__
    if isinstance(batch, tuple | list):
        kind = f"{type(batch).__name__} of {', '.join(type(part).__name__ for part in batch)}"
    raise TypeError(
        f"a batch is a {kind}: pass a tensor, (inputs, targets), or a mapping of the model's "
        "arguments"
    )


def count_inputs(batch: Any, axis: int = 0) -> int:
    """Return how many inputs a batch holds: the length of its first tensor; 1 if that has none."""
    inputs = get_inputs(batch)
    tensors = [inputs] if isinstance(inputs, Tensor) else inputs.values()
    sizes = (part.shape[axis] for part in tensors if isinstance(part, Tensor) and part.ndim > axis)
    return next(sizes, 1)


def call_model(
    model: Callable[..., Any], inputs: Tensor | Mapping[str, Any], device: Any, dtype: Any = None
) -> Any:
    """Run the model on a copy of its inputs, on `device`; floats become `dtype`, where given.

    Of a mapping it is given what its forward pass takes: labels, say, are left out.
    """
    if isinstance(inputs, Tensor):
        return model(_copy(inputs, device, dtype))
    names = _list_arguments(model)
    return model(
        **{
            name: _copy(value, device, dtype) if isinstance(value, Tensor) else value
            for name, value in inputs.items()
            if names is None or name in names
        }
    )


def _copy(tensor: Tensor, device: Any, dtype: Any) -> Tensor:
    """Models may write over what they are given, and the next one is given it too."""
    floats = dtype is not None and tensor.is_floating_point()
    return tensor.to(device, dtype if floats else tensor.dtype, copy=True)


def _list_arguments(model: Callable[..., Any]) -> set[str] | None:
    """Return the names of the arguments of a forward pass; None if it takes any."""
    parameters = signature(getattr(model, "forward", model)).parameters.values()
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return {parameter.name for parameter in parameters}
