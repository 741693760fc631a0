"""The masks of a batch, and their form for the positions of a layer's output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from spanmatch.pair.device.tensors import as_mask_tensor
from spanmatch.torch.observing.batch import ATTENTION_MASK
from spanmatch.torch.observing.said_of_layers import spread_over_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor

MADE = "mask"  # the name of a mask that a function makes

MaskSource: TypeAlias = "str | Callable[[Any], Any] | None"
MaskChoice: TypeAlias = "MaskSource | Mapping[str, MaskSource]"
"""The argument `mask` of `compare`."""


@dataclass(frozen=True)
class BatchMasks:
    """The masks of a batch, as booleans."""

    of_inputs: dict[str, Tensor]
    """The masks by name, each for the layers that run over the positions of its input."""
    of_layers: dict[str, Tensor | None]
    """The masks that are given for a layer, by its name."""


def read_masks(batch: Any, inputs: Any, mask: MaskChoice, layers: Iterable[str]) -> BatchMasks:
    """Return the masks of a batch.

    Parameters
    ----------
    batch
        The batch as it was read, which a function is called with.
    inputs
        The model's inputs in the batch.
    mask
        The key of the mask in a mapping, or a function that returns it for a batch; or a mapping
        from globs of layers to these, or to None for no mask. With None, a batch that is a mapping
        has the masks `attention_mask` and all whose names end so, such as
        `decoder_attention_mask`.
    layers
        The chosen layers.

    Raises
    ------
    TypeError, ValueError
        A mask holds neither bool nor 0 and 1; the batch does not have it; a glob matches no layer.
    """
    if mask is None:
        named = inputs if isinstance(inputs, Mapping) else {}
        found = {
            name: as_mask_tensor(value)
            for name, value in named.items()
            if name.endswith(ATTENTION_MASK) and value is not None and value.ndim == 2
        }
        return BatchMasks(found, {})
    if isinstance(mask, str):
        value = as_mask_tensor(_read_entry(inputs, mask))
        return BatchMasks({mask: value}, {}) if value.ndim == 2 else _say_for_all(value, layers)
    if not isinstance(mask, Mapping):
        made = _read_choice(batch, inputs, mask)
        if made is None:
            return BatchMasks({}, {})
        return BatchMasks({MADE: made}, {}) if made.ndim == 2 else _say_for_all(made, layers)
    read = {glob: _read_choice(batch, inputs, choice) for glob, choice in mask.items()}
    return BatchMasks({}, spread_over_layers("mask", read, list(layers)))


def _read_choice(batch: Any, inputs: Any, choice: MaskSource) -> Tensor | None:
    if choice is None:
        return None
    value = choice(batch) if callable(choice) else _read_entry(inputs, choice)
    return None if value is None else as_mask_tensor(value)


def _say_for_all(mask: Tensor, layers: Iterable[str]) -> BatchMasks:
    return BatchMasks({}, dict.fromkeys(layers, mask))


def turn_masks(masks: BatchMasks, n_inputs: int, input_axis: int) -> BatchMasks:
    """Return masks that have the axes of the data with the inputs on the first axis.

    Raises
    ------
    ValueError
        The axes of a mask are not known.
    """
    if input_axis == 0:
        return masks
    turned = {}
    for name, mask in masks.of_inputs.items():
        # Masks from a function are inputs × positions already.
        fitting = [0] if name == MADE else [at for at in (0, 1) if mask.shape[at] == n_inputs]
        if len(fitting) != 1:
            raise ValueError(
                f"the mask {name!r} has shape {tuple(mask.shape)}: with `input_axis={input_axis}` "
                f"it cannot be told which axis is that of the {n_inputs} inputs; give batches of "
                "another size (in Python `mask` may be a function that makes one of inputs × "
                "positions)"
            )
        turned[name] = mask if fitting == [0] else mask.T
    return BatchMasks(turned, masks.of_layers)


def fit_mask(shape: tuple[int, ...], mask: Tensor) -> Tensor | None:
    """Return the mask of an output, of its shape (inputs, *positions); None if there are none.

    Raises
    ------
    ValueError
        The mask has other positions than the output.
    """
    items, *positions = shape
    if not positions and items == mask.shape[0]:
        return None
    if tuple(mask.shape) == shape:
        return mask
    fitting = [at for at, size in enumerate(positions) if tuple(mask.shape) == (items, size)]
    if len(fitting) == 1:
        # Further axes, such as heads or pairs of tokens, have the mask of their position.
        return broadcast_mask(mask, shape, fitting[0])
    raise ValueError(
        f"the mask has shape {tuple(mask.shape)}, but its output has {shape} of inputs and "
        "positions: choose layers that keep the positions, or give by `mask` one that fits this "
        "layer; `mask={'GLOB': None}` is for none"
    )


def broadcast_mask(mask: Tensor, shape: tuple[int, ...], position: int) -> Tensor:
    """Return the mask (inputs, length) of one axis of positions, for all positions of an output.

    Raises
    ------
    ValueError
        The output has another number of these positions.
    """
    wanted = (shape[0], shape[1 + position])
    if tuple(mask.shape) != wanted:
        raise ValueError(f"the mask has shape {tuple(mask.shape)}, but {wanted} is needed")
    sizes = [mask.shape[0], *(1,) * (len(shape) - 1)]
    sizes[1 + position] = mask.shape[1]
    return mask.reshape(sizes).expand(shape)


def _read_entry(inputs: Any, name: str) -> Any:
    if not isinstance(inputs, Mapping):
        raise TypeError(
            f"`mask` is {name!r}, but the batch is no mapping: give batches that are mappings (in "
            "Python `mask` may be a function of a batch)"
        )
    if name not in inputs:
        held = ", ".join(map(repr, inputs))
        raise ValueError(f"`mask` is {name!r}, but the batch holds {held}")
    return inputs[name]
