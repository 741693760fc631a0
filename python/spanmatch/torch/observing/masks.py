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
    """By name; each counts for the layers that run over the positions of its input."""
    of_layers: dict[str, Tensor | None]
    """Those that were said to count for a layer."""


def read_masks(batch: Any, inputs: Any, mask: MaskChoice, layers: Iterable[str]) -> BatchMasks:
    """Return the masks of a batch.

    Parameters
    ----------
    batch
        As it came: functions are given it.
    inputs
        What the model is given of it.
    mask
        The mask's name in a mapping, or what makes it of a batch; a mapping from globs of layers to
        these, or to None for no mask; None: `attention_mask` and all whose names end so, as
        `decoder_attention_mask`, where the batch is a mapping and has them.
    layers
        The chosen layers.

    Raises
    ------
    TypeError, ValueError
        A mask holds neither bool nor 0 and 1; the mapping does not hold it; a glob matches no
        layer.
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
    """Return the masks with the inputs first, where they lie as the data do.

    Raises
    ------
    ValueError
        It cannot be told how one lies.
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
        # Further axes, as of heads or of pairs of tokens, have the mask of their position.
        return broadcast_mask(mask, shape, fitting[0])
    raise ValueError(
        f"the mask has shape {tuple(mask.shape)}, but its output has {shape} of inputs and "
        "positions: choose layers that keep the positions, or give by `mask` one that fits this "
        "layer; `mask={'GLOB': None}` is for none"
    )


def broadcast_mask(mask: Tensor, shape: tuple[int, ...], position: int) -> Tensor:
    """Return the mask (inputs, length) of one of the positions of an output, for all of them.

    Raises
    ------
    ValueError
        There are not as many.
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
