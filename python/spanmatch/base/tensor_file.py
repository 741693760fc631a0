"""The files of spanmatch: safetensors, whose metadata say what they hold.

`spanmatch` names the kind, `format` the version of the layout, `version` that of the library; every
other entry is a value of its own, as JSON.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch._core import __version__
from spanmatch.base.atomic import replacing
from spanmatch.base.errors import FileError, describe_damage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from numpy.typing import NDArray

FORMAT = 2
FIRST_FORMAT = 1  # of all that older versions read
KIND_ENTRY, OWN = "spanmatch", ("spanmatch", "format", "version")


def write(
    path: str | PathLike[str],
    kind: str,
    tensors: Mapping[str, NDArray[Any]],
    values: Mapping[str, object],
    layout: int = FIRST_FORMAT,
) -> None:
    """Write tensors and plain values under a kind, in the layout of a format."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    metadata = {KIND_ENTRY: kind, "format": str(layout), "version": __version__}
    metadata |= {name: json.dumps(value) for name, value in values.items()}
    with replacing(path) as unfinished:
        # The library puts a file of its own in place, which nobody else may read.
        mode = unfinished.stat().st_mode
        try:
            # It writes memory as it lies.
            arrays = {name: np.asarray(array, order="C") for name, array in tensors.items()}
            save_file(arrays, unfinished, metadata)
            _sort_header(unfinished)
        except SafetensorError as error:
            raise OSError(f"{path} cannot be written: {error}") from error
        unfinished.chmod(mode)


def read(path: str | PathLike[str]) -> tuple[str, dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the kind, tensors and values that `write` was given.

    Raises
    ------
    OSError
        The file cannot be read.
    FileError
        It is cut short, not of spanmatch, or of a newer format.
    """
    metadata, tensors = _read_contents(path, with_tensors=True)
    if KIND_ENTRY not in metadata:
        raise FileError(f"{path} is a safetensors file, but not one that spanmatch has written")
    version = metadata.get("format", "")
    if not version.isdecimal() or len(version) > 9:
        raise describe_damage(path, "it does not say which format it has")
    if int(version) > FORMAT:
        raise FileError(
            f"{path} has format {version}, of spanmatch {metadata.get('version', '?')}; this is "
            f"spanmatch {__version__}, which reads formats up to {FORMAT}: upgrade"
        )
    try:
        values = {name: json.loads(text) for name, text in metadata.items() if name not in OWN}
    except (RecursionError, ValueError) as error:
        raise FileError(f"{path} has damaged metadata: {error}") from error
    return metadata[KIND_ENTRY], tensors, values


def read_as(path: str | PathLike[str], kind: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """As `read`, of a file that must be of this kind."""
    found, tensors, values = read(path)
    if found != kind:
        raise FileError(f"{path} holds {found}, not {kind}: spanmatch.load reads any kind")
    return tensors, values


def read_kind(path: str | PathLike[str]) -> str | None:
    """Return what kind of thing a safetensors file holds; None if spanmatch has not written it."""
    return _read_contents(path, with_tensors=False)[0].get(KIND_ENTRY)


def _sort_header(path: Path) -> None:
    """Put the metadata, which the library writes in any order, in the order of their names.

    Same tensors and values, same bytes.
    """
    with path.open("r+b") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        file.seek(8)
        file.write(text.ljust(size))


def _read_contents(
    path: str | PathLike[str], *, with_tensors: bool
) -> tuple[dict[str, str], dict[str, NDArray[Any]]]:
    from safetensors import SafetensorError, safe_open

    # What the library says of a missing file or a folder does not name it.
    with Path(path).open("rb"):
        pass
    try:
        with safe_open(path, framework="numpy") as file:
            names = file.keys() if with_tensors else []
            return file.metadata() or {}, {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise FileError(f"{path} is cut short, or no safetensors file: {error}") from error
