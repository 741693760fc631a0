"""The forms of a batch: a tensor, (inputs, targets), (ids, mask), or a mapping of arguments."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from copy import copy
from inspect import Parameter, signature
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from spanmatch.base.words import list_names
from spanmatch.torch.observing.graph_batch import GraphBatch, is_graph_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


ATTENTION_MASK = "attention_mask"
# Models compute their loss with these, and some derive further inputs from them.
LABELS = "labels"
SHOWN = 8


def take_batches(data: Iterable[Any], max_batches: int | None) -> Iterator[Any]:
    """Return the batches to read.

    Raises
    ------
    TypeError
        `data` is a single batch, or examples that are not in batches.
    """
    if _gives_examples(data):
        raise TypeError(
            f"data is a {type(data).__name__}, which gives one example at a time: pass batches, "
            "such as torch.utils.data.DataLoader(data, batch_size=64)"
        )
    if isinstance(data, Tensor | Mapping) or is_graph_batch(data):
        raise TypeError(
            f"data is one {type(data).__name__}: pass an iterable of batches, such as [data]"
        )
    return islice(iter(data), max_batches)


def count_batches(data: Iterable[Any], max_batches: int | None) -> int | None:
    """Return the number of batches if it is known, without reading any."""
    try:
        total = len(data)  # type: ignore[arg-type]
    except TypeError:
        return max_batches
    return total if max_batches is None else min(total, max_batches)


def get_inputs(batch: Any) -> Tensor | Mapping[str, Any]:
    """Return the model's inputs in a batch: a tensor, or a mapping of its arguments.

    For a batch of torch_geometric, return a `GraphBatch`.

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
    if is_graph_batch(inputs):
        return GraphBatch(inputs)
    kind = type(inputs).__name__
    if isinstance(batch, tuple | list):
        kind = f"{type(batch).__name__} of {', '.join(type(part).__name__ for part in batch)}"
    raise TypeError(
        f"a batch is a {kind}: pass a tensor, (inputs, targets), a mapping of the model's "
        "arguments, or what the DataLoader of torch_geometric gives"
    )


def name_inputs(
    batch: Any, model: Callable[..., Any], *, mask_said: bool = False
) -> Tensor | Mapping[str, Any]:
    """Return the model's inputs in a batch, by the names of its arguments if they matter.

    A pair of tensors is (inputs, targets). It is (ids, mask) if the model takes an
    `attention_mask`, and the second tensor says for each position of the first whether it counts;
    then a mapping of both is returned. `labels` are never an input.

    Parameters
    ----------
    batch
        A batch of the data, as it was read.
    model
        The model that takes the inputs.
    mask_said
        Whether the user has given a mask, and so knows of masks.

    Raises
    ------
    TypeError
        This is not a batch.
    ValueError
        A mapping holds no argument of the model, or it is not clear whether the second tensor is a
        mask or targets.
    """
    inputs = get_inputs(batch)
    if isinstance(inputs, Mapping):
        return _choose_entries(inputs, model)
    if isinstance(batch, Tensor) or len(batch) == 1:
        return inputs
    first, mask = _find_first_argument(model), batch[1]
    if first is None or ATTENTION_MASK not in _get_parameters(model):
        return inputs
    if not isinstance(mask, Tensor) or inputs.ndim < 2 or mask.shape != inputs.shape[:2]:
        return inputs
    if not bool(((mask == 0) | (mask == 1)).all()):
        return inputs
    if not mask_said and not _is_one_run(mask):
        raise ValueError(
            "the second tensor of the batch may be an attention mask with gaps, or targets: pass "
            f"{{{first!r}: ids, {ATTENTION_MASK!r}: mask}}, or {{{first!r}: ids}}"
        )
    return {first: inputs, ATTENTION_MASK: mask.long() if mask.is_floating_point() else mask}


def count_inputs(batch: Any, axis: int = 0) -> int:
    """Return the number of inputs in a batch.

    This is the length of its first tensor with two or more axes, or else of its first tensor, or
    else of its first list or tuple. Without any of these it is 1.

    >>> count_inputs({"temperature": torch.ones(1), "x": torch.ones(8, 3)})
    8
    """
    inputs = get_inputs(batch)
    parts = [inputs] if isinstance(inputs, Tensor) else list(inputs.values())
    tensors = [part for part in parts if isinstance(part, Tensor) and part.ndim > axis]
    if axis and not tensors:
        raise ValueError(f"`input_axis` is {axis}, but no tensor of the batch has so many axes")
    if tensors:
        first = next((part for part in tensors if part.ndim > 1), tensors[0])
        return first.shape[axis]
    return next((len(part) for part in parts if isinstance(part, list | tuple)), 1)


def call_model(
    model: Callable[..., Any], inputs: Tensor | Mapping[str, Any], device: Any, dtype: Any = None
) -> Any:
    """Run the model on a copy of its inputs on `device`, with floats as `dtype` if given.

    Of a mapping, the model gets the arguments of its forward pass, and never `labels`.
    """
    if isinstance(inputs, Tensor):
        return model(_copy(inputs, device, dtype))
    if isinstance(inputs, GraphBatch):
        return model(inputs.make_whole(lambda part: _copy(part, device, dtype), device))
    names = _list_arguments(model)
    return model(
        **{
            name: _copy_all(value, device, dtype)
            for name, value in inputs.items()
            if name != LABELS and (names is None or name in names)
        }
    )


def _choose_entries(inputs: Mapping[str, Any], model: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the model's arguments: a mapping without labels, or the parts of a graph batch."""
    if isinstance(inputs, GraphBatch):
        return inputs.fit_to(_get_parameters(model))
    names = _list_arguments(model)
    if names is not None and inputs and not names.intersection(set(inputs) - {LABELS}):
        held, taken = (list_names(sorted(map(repr, part)), SHOWN) for part in (inputs, names))
        raise ValueError(
            f"the batch holds {held}, and the model takes {taken or 'nothing'}: name the parts "
            "of the batch as the model names its arguments"
        )
    return {name: value for name, value in inputs.items() if name != LABELS}


def copy_batch(batch: Any) -> Any:
    """Return a copy of a batch, since its source may overwrite it with the next one."""
    if is_graph_batch(batch):
        return batch.clone()
    return _map_parts(batch, torch.clone)


def _copy_all(value: Any, device: Any, dtype: Any) -> Any:
    return _map_parts(value, lambda part: _copy(part, device, dtype))


def _map_parts(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Apply a function to all tensors in mappings, lists and tuples."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, Mapping):
        parts = {name: _map_parts(part, change) for name, part in value.items()}
        if type(value) is dict or not isinstance(value, MutableMapping):
            return parts
        # A mapping of transformers has its entries as attributes too.
        other = copy(value)
        other.update(parts)
        return other
    if type(value) in (list, tuple):
        return type(value)(_map_parts(part, change) for part in value)
    return value


def _copy(tensor: Tensor, device: Any, dtype: Any) -> Tensor:
    """Return a copy, since a model may overwrite its inputs, which the next one gets too."""
    floats = dtype is not None and tensor.is_floating_point()
    return tensor.to(device, dtype if floats else tensor.dtype, copy=True)


def _gives_examples(data: Any) -> bool:
    """Tell whether this is a data set with numbered examples; an iterable one may have batches."""
    of_hugging_face = type(data).__module__.partition(".")[0] == "datasets"
    if of_hugging_face:
        return hasattr(data, "column_names")
    return isinstance(data, Dataset) and not hasattr(type(data), "__iter__")


def _is_one_run(mask: Tensor) -> bool:
    """Tell whether the ones of each row are adjacent, as in the mask of a padded text."""
    edges = mask.long().diff(dim=1, prepend=mask.new_zeros(len(mask), 1).long())
    return bool(((edges == 1).sum(1) == 1).all())


def _find_first_argument(model: Callable[..., Any]) -> str | None:
    """Return the name of the argument that takes a single tensor."""
    first = next(iter(_get_parameters(model).values()), None)
    named = first is not None and first.kind is Parameter.POSITIONAL_OR_KEYWORD
    return first.name if first is not None and named and first.name != ATTENTION_MASK else None


def _list_arguments(model: Callable[..., Any]) -> set[str] | None:
    """Return the names of the arguments of a forward pass; None if it takes any."""
    parameters = _get_parameters(model)
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return None
    return set(parameters)


def _get_parameters(model: Callable[..., Any]) -> Mapping[str, Parameter]:
    return signature(getattr(model, "forward", model)).parameters
