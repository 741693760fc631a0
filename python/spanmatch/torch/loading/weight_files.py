"""Weights from files of safetensors or torch.save, without running code in them."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from spanmatch.base.errors import FileError
from spanmatch.base.memory import is_out_of_memory
from spanmatch.base.regular_file import check_regular
from spanmatch.base.words import count_of, list_names
from spanmatch.torch.loading.safetensors_weights import read_safetensors
from spanmatch.torch.loading.saved_archive import check_saved
from spanmatch.torch.loading.shards import is_index, read_index

if TYPE_CHECKING:
    from pathlib import Path

WRAPPERS = ("state_dict", "model_state_dict", "model", "network")
"""The keys under which training scripts keep weights, beside an optimiser's state."""

MAX_NESTING = 8  # of wrappers in each other
SHOWN = 5


def read_weights(path: Path) -> dict[str, Any]:
    """Return the weights of a file, or of those that an index names, by the names they have there.

    Raises
    ------
    OSError
        The file cannot be read.
    spanmatch.FileError
        The file is damaged, holds no weights, holds weights that are not plain tensors, or cannot
        be read without running code.
    """
    check_regular(path)
    # The errors of the libraries for a folder do not always name it.
    with path.open("rb"):
        pass
    if is_index(path):
        return _read_shards(path)
    if path.suffix.lower() == ".safetensors":
        return dict(read_safetensors(path))
    check_saved(path)
    weights = _find_weights(_read_torch(path), path)
    _check_plain(weights, path)
    return weights


def _read_shards(index: Path) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for path, names in read_index(index).items():
        held = read_weights(path)
        lacking = [name for name in names if name not in held]
        if lacking:
            raise FileError(
                f"{path} lacks {count_of(len(lacking), 'weight')} that {index.name} says it holds: "
                f"{list_names(lacking, SHOWN)}"
            )
        state |= {name: held[name] for name in names}
    return state


def _read_torch(path: Path) -> object:
    try:
        # torch warns of old formats, which it then reads or refuses.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise FileError(
            f"{path} holds more than weights, or is no checkpoint: reading it would run code that "
            "it names, which spanmatch never does. If you trust it, load it where it was written, "
            "and save the weights alone: torch.save(model.state_dict(), path), or "
            "safetensors.torch.save_model(model, path)"
        ) from error
    # The errors of torch for a damaged file, or for one of another kind, are not defined.
    except Exception as error:
        reason = str(error).partition("\n")[0]
        if is_out_of_memory(error):
            raise MemoryError(f"{path} takes more memory than there is: {reason}") from error
        raise FileError(
            f"{path} is damaged, or no file of torch.save ({type(error).__name__}: {reason})"
        ) from error


def _find_weights(content: object, path: Path) -> dict[str, Any]:
    # A pickle can hold itself.
    for _ in range(MAX_NESTING):
        found = _unwrap(content)
        if found is None:
            break
        content = found
    else:
        raise FileError(
            f"{path} holds weights under more than {MAX_NESTING} names in each other, or itself: "
            "save the weights alone, as torch.save(model.state_dict(), path) does"
        )
    if isinstance(content, Mapping) and any(map(torch.is_tensor, content.values())):
        return dict(content)
    held = f"a {type(content).__name__}"
    if isinstance(content, Mapping):
        names = list_names([_describe_name(name) for name in content], SHOWN)
        held = f"{count_of(len(content), 'entry', 'entries')}: {names}"
    raise FileError(
        f"{path} holds no weights, at its top or under {', '.join(WRAPPERS)}: it holds {held}"
    )


def _unwrap(content: object) -> object | None:
    if not isinstance(content, Mapping):
        return None
    inner = (content.get(name) for name in WRAPPERS)
    return next((found for found in inner if isinstance(found, Mapping)), None)


def _check_plain(weights: Mapping[Any, Any], path: Path) -> None:
    """Raise FileError for a weight without values that can be copied as they are."""
    odd = [_describe_name(name) for name in weights if not isinstance(name, str)]
    if odd:
        raise FileError(
            f"{path} names weights by {list_names(odd, SHOWN)}: names are texts, as in "
            "torch.save(model.state_dict(), path)"
        )
    found = ((name, _find_oddity(value)) for name, value in weights.items())
    odd = [f"{name} ({kind})" for name, kind in found if kind]
    if odd:
        raise FileError(
            f"{path} holds weights that are no plain tensors: {list_names(odd, SHOWN)}; save them "
            "as dense tensors of floats"
        )


def _find_oddity(value: object) -> str:
    """Describe a tensor without plain values in memory; return "" for any other value."""
    if not isinstance(value, torch.Tensor):
        return ""
    if type(value) not in (torch.Tensor, torch.nn.Parameter):
        return f"a {type(value).__name__}"
    if value.layout is not torch.strided:
        return "sparse"
    if value.is_quantized:
        return "quantised"
    return "" if value.device.type == "cpu" else f"on the {value.device.type} device"


def _describe_name(name: object) -> str:
    """Return a name as text; for other keys only the type, since they may contain themselves."""
    return name if isinstance(name, str) else f"a {type(name).__name__}"
