"""Loading the weights of a file into a model that has exactly these weights."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from spanmatch.base.words import list_names
from spanmatch.torch.loading.weight_files import read_weights

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

PREFIXES = ("module.", "_orig_mod.", "model.", "network.")
"""Prefixes that DistributedDataParallel, torch.compile and wrapping modules put before names."""

SHOWN = 5
EXTRA = "_extra_state"  # The name in torch for the state of a module that is not tensors.


def load_checkpoint(model: torch.nn.Module, path: str | PathLike[str]) -> None:
    """Load the weights of a file into a model.

    The file must have exactly the weights of the model. If an error is raised, the model stays as
    it was.

    A file whose name ends in .safetensors is read as safetensors. One that ends in .index.json,
    such as model.safetensors.index.json, names the files beside it that hold the weights. Any other
    file is read as one of `torch.save` with `weights_only=True`, so no code in it is run. The
    weights may be stored under "state_dict", "model_state_dict", "model" or "network", and all
    names may begin with "module.", "_orig_mod.", "model." or "network.". Tied weights may be stored
    once. Values are cast to the model's types.

    Parameters
    ----------
    model
        The model, which is changed in place.
    path
        The file.

    Raises
    ------
    OSError
        The file cannot be read.
    spanmatch.FileError
        The file is damaged, holds no weights or weights that are not plain tensors, or cannot be
        read without running code.
    ValueError
        Weights are missing, not in the model, or of another shape; the message lists the first few
        of each. Or the model refuses the weights, or is on the meta device.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import torch
    >>> trained, model = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "trained.pt")
    ...     torch.save(trained.state_dict(), path)
    ...     load_checkpoint(model, path)
    >>> torch.equal(model.weight, trained.weight)
    True
    """
    own = model.state_dict(keep_vars=True)
    _check_in_memory(own)
    state = _drop_prefixes(read_weights(Path(path)), own)
    # safetensors stores tied weights once, under any of their names.
    present = {id(own[name]): value for name, value in state.items() if name in own}
    for name, value in own.items():
        if name not in state and id(value) in present:
            state[name] = present[id(value)]
    _check(state, own, path)
    before = _copy_state(own)
    try:
        # Not strict, since the batch counts of batch normalisation may be missing.
        model.load_state_dict(state, strict=False)
    except BaseException as error:
        _restore(model, own, before)
        if not isinstance(error, Exception):
            raise
        # A model may load weights by code of its own, which may raise any error.
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"the model, which stays as it was, refuses the weights of {path}: "
            f"{type(error).__name__}: {reason}"
        ) from error


def _check_in_memory(own: Mapping[str, Any]) -> None:
    meta = [name for name, value in own.items() if torch.is_tensor(value) and value.is_meta]
    if meta:
        raise ValueError(
            f"the model has no memory for its weights ({list_names(meta, SHOWN)}), which are on "
            "the meta device: make it on the CPU, or call its to_empty(device='cpu') first"
        )


def _copy_state(own: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.detach().to("cpu", copy=True)
        if torch.is_tensor(value)
        else copy.deepcopy(value)
        for name, value in own.items()
    }


def _restore(model: torch.nn.Module, own: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    with torch.no_grad():
        for name, value in own.items():
            if torch.is_tensor(value) and not name.endswith(EXTRA):
                value.copy_(before[name])
    for place, module in model.named_modules():
        name = f"{place}.{EXTRA}" if place else EXTRA
        if name in before:
            module.set_extra_state(before[name])


def _drop_prefixes(state: dict[str, Any], own: Mapping[str, object]) -> dict[str, Any]:
    """Remove prefixes that all names share, as long as no name is one of the model's."""
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
    """Tell whether a weight does not fit the model's weight of the same name.

    torch would load integers and floats of one byte without their scale, and only the real part of
    complex numbers.
    """
    if _format_shape(given) != _format_shape(wanted):
        return True
    if not (torch.is_tensor(given) and torch.is_tensor(wanted)):
        return False
    if given.is_complex() and not wanted.is_complex():
        return True
    if not wanted.is_floating_point() or given.dtype == wanted.dtype:
        return False
    return not given.is_floating_point() or given.element_size() < 2


def _format_shape(value: object) -> str:
    """Return the shape as text; the extra state of a module is not a tensor and has any shape."""
    return " × ".join(map(str, value.shape)) or "one number" if torch.is_tensor(value) else "any"
