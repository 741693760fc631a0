"""The fields of a result in a file: arrays as tensors, all else as plain values."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.base import tensor_file
from spanmatch.base.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from numpy.typing import NDArray

# A field of an array for each side.
SIDES = ("x", "y")


def write(path: str | PathLike[str], kind: str, fields: Iterable[tuple[str, Any]]) -> None:
    """Write the fields, by name."""
    tensors: dict[str, NDArray[Any]] = {}
    values: dict[str, object] = {}
    for name, value in fields:
        if isinstance(value, tuple):
            tensors |= {f"{name}.{side}": part for side, part in zip(SIDES, value, strict=True)}
        elif isinstance(value, np.ndarray):
            tensors[name] = value
        else:
            values[name] = value
    tensor_file.write(path, kind, tensors, values)


def read(path: str | PathLike[str], cls: type[Any]) -> Any:
    """Return the result of this class."""
    tensors, values = tensor_file.read_as(path, cls.__name__)
    for name in {name.rpartition(".")[0] for name in tensors if "." in name}:
        values[name] = tuple(tensors.get(f"{name}.{side}") for side in SIDES)
    known = values | tensors
    try:
        return cls(*(_checked(known[field.name], field) for field in fields(cls)))
    except KeyError as error:
        raise FileError(f"{path} is damaged: it lacks {error}") from error
    except (TypeError, ValueError) as error:
        raise FileError(f"{path} is damaged: {error}") from error


def _checked(value: Any, field: Field[Any]) -> Any:
    kinds: dict[str, type | tuple[type, ...]] = {
        "int": int,
        "float": (int, float),
        "str": str,
        "tuple[Floats, Floats]": tuple,
    }
    whole = isinstance(value, kinds.get(str(field.type), np.ndarray))
    if not whole or (isinstance(value, tuple) and any(part is None for part in value)):
        raise ValueError(f"its {field.name} is no {field.type}")
    return value
