"""An input of the size that a named model is made for, if its library names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from spanmatch.torch.loading.architectures import ARCHITECTURES
from spanmatch.torch.loading.architectures.sizes import SIDE
from spanmatch.torch.loading.calls import split_call

if TYPE_CHECKING:
    from torch import Tensor, nn

COLOURS = 3
TOKENS = 8


def make_default_input(name: str, model: nn.Module) -> Tensor | dict[str, Tensor]:
    """Return zeros of the size of one input.

    Parameters
    ----------
    name
        As `load_model` takes it.
    model
        The model of this name.

    Raises
    ------
    ValueError
        The library does not name a size, or the model is the user's own.
    """
    name, _ = split_call(name)
    kind, _, rest = name.partition(":")
    sizes = None
    if name in ARCHITECTURES:
        sizes = [next(model.parameters()).shape[1], SIDE, SIDE]
    elif kind == "torchvision":
        sizes = _find_torchvision_size(rest)
    elif kind == "timm":
        sizes = getattr(model, "pretrained_cfg", {}).get("input_size")
    elif kind == "hf":
        if _reads_tokens(model):
            return {"input_ids": torch.zeros(1, TOKENS, dtype=torch.int64)}
        sizes = _find_hugging_face_size(getattr(model, "config", None))
    if not sizes:
        raise ValueError(
            f"it is not known what inputs {name} takes: give `shape=(1, 3, 224, 224)`, or `data`"
        )
    return torch.zeros(1, *sizes)


def make_zeros(model: nn.Module, sizes: tuple[int, ...]) -> Tensor | dict[str, Tensor]:
    """Return zeros of these sizes, as tokens for a model of transformers that reads tokens."""
    if _reads_tokens(model):
        return {"input_ids": torch.zeros(sizes, dtype=torch.int64)}
    return torch.zeros(sizes)


def _reads_tokens(model: nn.Module) -> bool:
    return getattr(model, "main_input_name", None) == "input_ids"


def _find_torchvision_size(name: str) -> list[int] | None:
    from torchvision.models import get_model_weights

    weights: Any = get_model_weights(name)
    crop = getattr(weights.DEFAULT.transforms(), "crop_size", None)
    # Models of video have two sizes; then the number of frames is not known.
    return [COLOURS, crop[0], crop[0]] if crop is not None and len(crop) == 1 else None


def _find_hugging_face_size(config: Any) -> list[int] | None:
    side, channels = getattr(config, "image_size", None), getattr(config, "num_channels", COLOURS)
    return [channels, side, side] if isinstance(side, int) else None
