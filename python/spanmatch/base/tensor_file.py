"""The files of spanmatch: safetensors whose metadata name the kind of their content.

The entry `spanmatch` is the kind, `format` the version of the layout, and `version` the version of
the package. `of` is the layer or network of the file, in a folder that has a file for each. Every
other entry is a value as JSON.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch._core import __version__
from spanmatch.base.atomic import replacing
from spanmatch.base.errors import FileError, describe_damage
from spanmatch.base.plain_json import parse_json
from spanmatch.base.safetensors_file import Tensor, open_tensors, write_tensors
from spanmatch.base.words import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from numpy.typing import NDArray

FORMAT = 2
FIRST_FORMAT = 1  # The format of everything that older versions can read.
KIND_ENTRY, OF = "spanmatch", "of"
OWN = (KIND_ENTRY, "format", "version", OF)
DTYPES = {
    "<f8": "F64",
    "<f4": "F32",
    "<f2": "F16",
    "<i8": "I64",
    "<i4": "I32",
    "<i2": "I16",
    "|i1": "I8",
    "<u8": "U64",
    "<u4": "U32",
    "<u2": "U16",
    "|u1": "U8",
    "|b1": "BOOL",
}
"""The names in the format of the numpy types that are written."""
READ = {name: np.dtype(code) for code, name in DTYPES.items()}


def write(
    path: str | PathLike[str],
    kind: str,
    tensors: Mapping[str, NDArray[Any]],
    values: Mapping[str, object],
    *,
    layout: int = FIRST_FORMAT,
    of: object = None,
) -> None:
    """Write tensors and plain values of a kind, in the layout of a format.

    `of` names the layer or network, in a folder with a file for each.
    """
    metadata = {KIND_ENTRY: kind, "format": str(layout), "version": __version__}
    if of is not None:
        metadata[OF] = json.dumps(of)
    metadata |= {name: json.dumps(value) for name, value in values.items()}
    with replacing(path) as unfinished:
        write_tensors(unfinished, {n: _as_tensor(each) for n, each in tensors.items()}, metadata)


def read(path: str | PathLike[str]) -> tuple[str, dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the kind, tensors and values that `write` was given.

    Raises
    ------
    OSError
        The file cannot be read.
    FileError
        The file is cut short, was not written by spanmatch, or has a newer format.
    """
    with open_tensors(path) as reader:
        metadata = reader.metadata
        if KIND_ENTRY not in metadata:
            raise FileError(f"{path} is a safetensors file, but not one that spanmatch has written")
        version = metadata.get("format", "")
        if not (version.isascii() and version.isdecimal()) or len(version) > 9:
            raise describe_damage(path, "it does not say which format it has")
        if int(version) > FORMAT:
            newer = shorten(metadata.get("version", "?"))
            raise FileError(
                f"{path} has format {version}, of spanmatch {newer}; this "
                f"is spanmatch {__version__}, which reads formats up to {FORMAT}: upgrade"
            )
        try:
            values = {name: parse_json(text) for name, text in metadata.items() if name not in OWN}
        except ValueError as error:
            raise FileError(f"{path} has damaged metadata: {error}") from error
        if both := values.keys() & reader.entries.keys():
            raise describe_damage(path, f"it has {min(both)} twice")
        tensors = {name: _as_array(path, name, reader.read(name)) for name in reader.entries}
    return metadata[KIND_ENTRY], tensors, values


def read_as(path: str | PathLike[str], kind: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the tensors and values of a file, which must be of this kind."""
    found, tensors, values = read(path)
    if found != kind:
        raise FileError(f"{path} holds {shorten(found)}, not {kind}: spanmatch.load reads any kind")
    return tensors, values


def read_kind(path: str | PathLike[str]) -> str | None:
    """Return the kind that a safetensors file names; None if spanmatch has not written it."""
    with open_tensors(path) as reader:
        return reader.metadata.get(KIND_ENTRY)


def check_of(path: str | PathLike[str], wanted: object) -> None:
    """Raise FileError if a file names another layer. Older files name none."""
    with open_tensors(path) as reader:
        told = reader.metadata.get(OF)
    if told is not None and told != json.dumps(wanted):
        raise FileError(
            f"{os.fspath(path)} belongs to {shorten(told)}, and was renamed: give the files their "
            "names back, or delete this one, and give the command again"
        )


def _as_tensor(array: NDArray[Any]) -> Tensor:
    # `ascontiguousarray` would give an axis to an array without any.
    laid = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
    return Tensor(DTYPES[laid.dtype.str], laid.shape, laid.reshape(-1).view(np.uint8))


def _as_array(path: str | PathLike[str], name: str, tensor: Tensor) -> NDArray[Any]:
    if tensor.dtype not in READ:
        raise describe_damage(path, f"its {name} is of type {tensor.dtype}")
    if tensor.dtype == "BOOL" and tensor.data.max(initial=0) > 1:
        raise describe_damage(path, f"its {name} holds what is neither true nor false")
    try:
        return tensor.data.view(READ[tensor.dtype]).reshape(tensor.shape)
    except ValueError as error:
        # numpy checks the other axes of an empty array too.
        raise describe_damage(path, f"its {name} has no shape that fits: {error}") from error
