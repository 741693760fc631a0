"""Weights from files: safetensors, or those of torch.save, of which no code is ever run."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from spanmatch.base.errors import FileError
from spanmatch.base.words import count_of, list_names
from spanmatch.torch.loading.shards import is_index, read_index

if TYPE_CHECKING:
    from os import PathLike

WRAPPERS = ("state_dict", "model_state_dict", "model", "network")
"""Where training scripts put the weights, beside an optimiser's state and the like."""

PREFIXES = ("module.", "_orig_mod.", "model.", "network.")
"""What DistributedDataParallel, torch.compile, and a module that holds the model put first."""

SHOWN = 5


def load_checkpoint(model: torch.nn.Module, path: str | PathLike[str]) -> None:
    """Load weights into a model that has exactly those, or raise and leave it as it was.

    A name ending in .safetensors is read as safetensors, any other as what `torch.save` wrote, with
    `weights_only=True`: nothing in the file is run. One ending in .index.json, as
    model.safetensors.index.json, names the files beside it that hold the weights. The weights may
    lie under "state_dict", "model_state_dict", "model" or "network", and all names may begin with
    "module.", "_orig_mod.", "model." or "network.". Tied weights may be there once. Values are cast
    to the model's types.

    Raises
    ------
    OSError
        The file cannot be read.
    spanmatch.FileError
        It is damaged, holds no weights, or cannot be read without running code.
    ValueError
        Weights are missing, not expected, or of another shape: the first few of each are listed.
    """
    own = model.state_dict(keep_vars=True)
    state = _drop_prefixes(_read(Path(path)), own)
    # As it is missing: safetensors keeps tied weights once, under any of their names.
    present = {id(own[name]): value for name, value in state.items() if name in own}
    for name, value in own.items():
        if name not in state and id(value) in present:
            state[name] = present[id(value)]
    _check(state, own, path)
    # Not strict: what batch normalisation counts may be missing.
    model.load_state_dict(state, strict=False)


def _read(path: Path) -> dict[str, Any]:
    # What the libraries say of a missing file or a folder does not always name it.
    with path.open("rb"):
        pass
    if is_index(path):
        return _read_shards(path)
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except SafetensorError as error:
            raise FileError(f"{path} is cut short, or no safetensors file: {error}") from error
    return _find_weights(_read_torch(path), path)


def _read_shards(index: Path) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for path, names in read_index(index).items():
        held = _read(path)
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
        # torch warns of old formats that it goes on to read, or to refuse.
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
    # What torch raises for a damaged file, or for one of another kind, is not defined.
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise FileError(
            f"{path} is damaged, or no file of torch.save ({type(error).__name__}: {reason})"
        ) from error


def _find_weights(content: object, path: Path) -> dict[str, Any]:
    while isinstance(content, Mapping):
        inner = (content[name] for name in WRAPPERS if isinstance(content.get(name), Mapping))
        found = next(inner, None)
        if found is None:
            break
        content = found
    if isinstance(content, Mapping) and any(map(torch.is_tensor, content.values())):
        return dict(content)
    held = f"a {type(content).__name__}"
    if isinstance(content, Mapping):
        names = list_names([str(name) for name in content], SHOWN)
        held = f"{count_of(len(content), 'entry', 'entries')}: {names}"
    raise FileError(
        f"{path} holds no weights, at its top or under {', '.join(WRAPPERS)}: it holds {held}"
    )


def _drop_prefixes(state: dict[str, Any], own: Mapping[str, object]) -> dict[str, Any]:
    """Take away what stands before every name, as long as no name is one of the model's."""
    while own.keys().isdisjoint(state):
        prefix = next((word for word in PREFIXES if all(k.startswith(word) for k in state)), None)
        if prefix is None or not state:
            break
        state = {name.removeprefix(prefix): value for name, value in state.items()}
    return state


def _check(
    state: Mapping[str, Any], own: Mapping[str, torch.Tensor], path: str | PathLike[str]
) -> None:
    missing = [k for k in own if k not in state and not k.endswith("num_batches_tracked")]
    unexpected = [name for name in state if name not in own]
    other = [
        f"{name} ({_format_shape(state[name])}, in the model {_format_shape(value)})"
        for name, value in own.items()
        if name in state and _differs(state[name], value)
    ]
    wrong = (
        ("missing", missing),
        ("not in the model", unexpected),
        ("of another shape or type", other),
    )
    lines = [
        f"\n  {len(names)} {what}: {list_names(names, SHOWN)}" for what, names in wrong if names
    ]
    if lines:
        raise ValueError(f"{path} does not fit the model, which stays as it was:{''.join(lines)}")


def _differs(given: Any, wanted: Any) -> bool:
    """Tell whether a weight cannot be that of the model: integers would be taken unscaled."""
    if _format_shape(given) != _format_shape(wanted):
        return True
    both = torch.is_tensor(given) and torch.is_tensor(wanted)
    return bool(both and wanted.is_floating_point() and not given.is_floating_point())


def _format_shape(value: object) -> str:
    """Return what must agree, as text; a module's extra state is no tensor, and may be anything."""
    return " × ".join(map(str, value.shape)) or "one number" if torch.is_tensor(value) else "any"


def read_weights(path: str | PathLike[str]) -> dict[str, Any]:
    """Return the weights of a file under the names that they have there; raises as above."""
    return _read(Path(path))
