"""The fields of a result in a file: arrays as tensors, everything else as plain values.

The parts of a field have its name, a dot and their own name: `chance.x` and `chance.y` are the
arrays of both sides, `nulls.area` is a field of the result `nulls`, and `also.gulp_distance` is one
of the numbers in `also`. A tuple of texts is stored as a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import numpy as np

from spanmatch.base import tensor_file
from spanmatch.base.errors import describe_damage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike

# The names of the two parts of a field with an array for each side.
SIDES = ("x", "y")
WORDS = {
    int: "an integer",
    float: "a number",
    str: "text",
    list: "a list",
    np.ndarray: "an array",
}


def write(
    path: str | PathLike[str], kind: str, named: Iterable[tuple[str, Any]], of: object = None
) -> None:
    """Write the fields by name; `of` is the layer to which they belong, if any."""
    entries = dict(_list_entries(named))
    tensors = {name: value for name, value in entries.items() if isinstance(value, np.ndarray)}
    values = {name: value for name, value in entries.items() if name not in tensors}
    tensor_file.write(path, kind, tensors, values, of=of)


def read(path: str | PathLike[str], cls: type[Any]) -> Any:
    """Read a result of this class from a file."""
    tensors, values = tensor_file.read_as(path, cls.__name__)
    try:
        return _make(cls, values | tensors, "")
    except KeyError as error:
        raise describe_damage(path, f"it lacks {error}") from error
    except (TypeError, ValueError) as error:
        raise describe_damage(path, error) from error


def _list_entries(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a file: names with dots, and arrays or plain values."""
    for name, value in named:
        if isinstance(value, tuple) and not all(isinstance(part, str) for part in value):
            yield from _prefix(name, zip(SIDES, value, strict=True))
        elif isinstance(value, MappingProxyType):
            yield from _prefix(name, value.items())
        elif is_dataclass(value):
            parts = ((field.name, getattr(value, field.name)) for field in fields(value))
            yield from _prefix(name, _list_entries(parts))
        elif value is not None:
            yield name, value


def _prefix(name: str, parts: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    return ((f"{name}.{part}", value) for part, value in parts)


def _make(cls: type[Any], entries: Mapping[str, Any], prefix: str) -> Any:
    """Make a result from the entries with this prefix."""
    types, values = get_type_hints(cls), []
    for field in fields(cls):
        name = prefix + field.name
        known = name in entries or any(each.startswith(f"{name}.") for each in entries)
        if not known and field.default is not MISSING:
            # The field was added to the class after the file was written.
            values.append(field.default)
        elif not known and field.default_factory is not MISSING:
            values.append(field.default_factory())
        else:
            values.append(_read_value(types[field.name], entries, name))
    return cls(*values)


def _read_value(wanted: Any, entries: Mapping[str, Any], name: str) -> Any:
    """Return the value of a field of type `wanted`."""
    if NoneType in get_args(wanted):
        wanted = next(each for each in get_args(wanted) if each is not NoneType)
    if is_dataclass(wanted):
        return _make(wanted, entries, f"{name}.")  # type: ignore[arg-type]
    kind = get_origin(wanted) or wanted
    # From numpy 2.5 on, NDArray is an alias that stands for an ndarray.
    kind = get_origin(getattr(kind, "__value__", kind)) or kind
    if get_args(wanted) == (str, ...):
        return tuple(
            _check_value(each, str, name) for each in _check_value(entries[name], list, name)
        )
    if kind is Mapping:
        found = {
            each.removeprefix(f"{name}."): each for each in entries if each.startswith(f"{name}.")
        }
        return {each: _check_value(entries[full], float, full) for each, full in found.items()}
    if kind is tuple:
        return tuple(_check_value(entries[f"{name}.{side}"], np.ndarray, name) for side in SIDES)
    return _check_value(entries[name], kind, name)


def _check_value(value: Any, kind: type, name: str) -> Any:
    is_kind = isinstance(value, (int, float) if kind is float else kind)
    if not is_kind or isinstance(value, bool):
        raise ValueError(f"its {name} is not {WORDS[kind]}")
    try:
        return float(value) if kind is float else value
    except OverflowError as error:
        raise ValueError(f"its {name} is larger than any number of float64") from error
