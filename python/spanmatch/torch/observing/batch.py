"""What a batch is: a tensor, (inputs, targets), or a mapping of arguments."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

ATTENTION_MASK = "attention_mask"


def check_data(data: Any) -> None:
    """Raise TypeError where data is a single batch."""
    if isinstance(data, Tensor | Mapping):
        raise TypeError(
            f"data is one {type(data).__name__}: pass an iterable of batches, such as [data]"
        )


def inputs_of(batch: Any) -> Tensor | Mapping[str, Any]:
    """Return what the model is given of a batch: a tensor, or a mapping of its arguments.

    Raises
    ------
    TypeError
        The batch is something else.

    Examples
    --------
    >>> inputs_of((torch.zeros(2), torch.ones(2)))
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


def called(
    model: Callable[..., Any], inputs: Tensor | Mapping[str, Any], device: Any, dtype: Any = None
) -> Any:
    """Run the model on a copy of its inputs, on `device`; floats become `dtype`, where given.

    Of a mapping it is given what its forward pass takes: labels, say, are left out.
    """
    if isinstance(inputs, Tensor):
        return model(_copied(inputs, device, dtype))
    taken = _taken(model)
    return model(
        **{
            name: _copied(value, device, dtype) if isinstance(value, Tensor) else value
            for name, value in inputs.items()
            if taken is None or name in taken
        }
    )


def _copied(tensor: Tensor, device: Any, dtype: Any) -> Tensor:
    """Models may write over what they are given, and the next one is given it too."""
    floats = dtype is not None and tensor.is_floating_point()
    return tensor.to(device, dtype if floats else tensor.dtype, copy=True)


def _taken(model: Callable[..., Any]) -> set[str] | None:
    """Return the names of the arguments of a forward pass; None if it takes any."""
    parameters = signature(getattr(model, "forward", model)).parameters.values()
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return {parameter.name for parameter in parameters}


def mask_of(batch: Any, mask: str | Callable[[Any], Any] | None) -> Tensor | None:
    """Return the mask of a batch as booleans, or None where it has none.

    Parameters
    ----------
    batch
        As it came.
    mask
        The mask's name in a mapping, or what makes it of a batch; None: `attention_mask`, where a
        mapping has one.

    Raises
    ------
    TypeError, ValueError
        The mask holds neither bool nor 0 and 1; the mapping does not hold it.
    """
    found = mask(batch) if callable(mask) else _entry(inputs_of(batch), mask)
    if found is None:
        return None
    found = torch.as_tensor(found)
    if found.is_floating_point() or found.is_complex():
        raise TypeError(f"the mask holds {found.dtype}: pass booleans, or 0 and 1")
    if found.dtype != torch.bool and bool(((found != 0) & (found != 1)).any()):
        raise ValueError("the mask holds other numbers than 0 and 1")
    return found.bool()


def _entry(inputs: Tensor | Mapping[str, Any], name: str | None) -> Any:
    if name is None:
        return inputs.get(ATTENTION_MASK) if isinstance(inputs, Mapping) else None
    if not isinstance(inputs, Mapping):
        raise TypeError(
            f"mask is {name!r}, but the batch is no mapping: pass a function of a batch"
        )
    if name not in inputs:
        held = ", ".join(map(repr, inputs))
        raise ValueError(f"mask is {name!r}, but the batch holds {held}")
    return inputs[name]
