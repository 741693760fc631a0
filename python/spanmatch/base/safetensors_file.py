"""Tensors in files of the format safetensors, each read and written as the bytes that it is.

Not by its library: that maps files into memory, so that one which shrinks while it is read ends the
process, and it writes to a name of its own first, which stays where a process is killed.
"""

from __future__ import annotations

import json
import math
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from spanmatch.base.arguments import MAX_INDEX
from spanmatch.base.errors import FileError
from spanmatch.base.memory import format_bytes
from spanmatch.base.plain_json import parse_json
from spanmatch.base.regular_file import check_regular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike

    from numpy.typing import NDArray

METADATA = "__metadata__"
WIDTHS = {"U64": 8, "I64": 8, "F64": 8, "F32": 4, "U32": 4, "I32": 4}
WIDTHS |= {"BF16": 2, "F16": 2, "U16": 2, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
"""How many bytes a number has, of the types that spanmatch writes, in the order of its files."""
MOST_HEADER = 32 << 20  # bytes: what is read before anything is known of the file
MOST_AXES = 32
ALIGNMENT = 8


class Tensor(NamedTuple):
    """A tensor as the bytes of its numbers, the last axis quickest."""

    dtype: str
    """As the format calls it."""
    shape: tuple[int, ...]
    data: NDArray[np.uint8]


class Place(NamedTuple):
    """Where a tensor is in a file, behind the header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


class TensorReader:
    """An open file: its metadata, and its tensors, each read when it is asked for."""

    def __init__(self, path: str | PathLike[str], file: BinaryIO) -> None:
        self._path, self._file = path, file
        try:
            header, self._begin = _read_header(file)
            self.metadata = _take_metadata(header)
            size = os.fstat(file.fileno()).st_size - self._begin
            self.places = {name: _as_place(name, entry) for name, entry in header.items()}
            _check_places(self.places.values(), size)
        except ValueError as error:
            raise _describe_format(path, error) from error

    def read(self, name: str) -> Tensor:
        """Return a tensor.

        Raises
        ------
        FileError
            The file has been cut short meanwhile, or the tensor is of a type that is not known.
        """
        dtype, shape, begin, end = self.places[name]
        if dtype not in WIDTHS:
            raise FileError(
                f"{self._path} holds {name!r} as {dtype!r}, a type that spanmatch does not write"
            )
        data = np.empty(end - begin, np.uint8)
        self._file.seek(self._begin + begin)
        rest = data.data
        while len(rest) > 0:
            count = self._file.readinto(rest)  # type: ignore[attr-defined]
            if not count:
                raise _describe_format(self._path, "it has become shorter while it was read")
            rest = rest[count:]
        return Tensor(dtype, shape, data)


@contextmanager
def open_tensors(path: str | PathLike[str]) -> Iterator[TensorReader]:
    """Open a file, and read its header.

    Raises
    ------
    OSError
        The file cannot be read.
    FileError
        It is cut short, or no safetensors file.
    """
    check_regular(path)
    with Path(path).open("rb", buffering=0) as file:
        yield TensorReader(path, file)


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write a file anew. Same tensors and metadata, same bytes.

    Raises
    ------
    OSError
        The file cannot be written.
    ValueError
        The metadata are more than are read again.
    """
    # The widest first, so that each lies at a multiple of its width.
    order = list(WIDTHS)
    names = sorted(tensors, key=lambda name: (order.index(tensors[name].dtype), name))
    header: dict[str, Any] = {METADATA: dict(sorted((metadata or {}).items()))}
    at = 0
    for name in names:
        dtype, shape, data = tensors[name]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": (at, at + data.nbytes)}
        at += data.nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text = text.ljust(-(-len(text) // ALIGNMENT) * ALIGNMENT)
    if len(text) > MOST_HEADER:
        raise ValueError(
            f"names and the like take {format_bytes(len(text))}, and a file holds "
            f"{format_bytes(MOST_HEADER)} of them at most: shorten them, or leave them out"
        )
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for name in names:
            file.write(tensors[name].data.data)


def _read_header(file: BinaryIO) -> tuple[dict[str, Any], int]:
    """Return the header, and where the tensors begin."""
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(_read_exactly(file, 8), "little")
    if length > size - 8:
        raise ValueError(f"its header would take {length} bytes, and the file has {size}")
    if length > MOST_HEADER:
        raise ValueError(
            f"its header would take {format_bytes(length)}, and no file of spanmatch has more "
            f"than {format_bytes(MOST_HEADER)}"
        )
    header = parse_json(_read_exactly(file, length).decode())
    if not isinstance(header, dict):
        raise ValueError("its header is no object")
    return header, 8 + length


def _read_exactly(file: BinaryIO, count: int) -> bytes:
    content = file.read(count)
    if len(content) < count:
        raise ValueError(f"it ends after {len(content)} of {count} bytes of its header")
    return content


def _take_metadata(header: dict[str, Any]) -> dict[str, str]:
    metadata = header.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError("its metadata are no texts by name")
    return metadata


def _as_place(name: str, entry: object) -> Place:
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"what it says of {name!r} is not dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    counts = [shape, offsets]
    if not isinstance(dtype, str) or not all(
        isinstance(each, list) and all(type(n) is int and 0 <= n <= MAX_INDEX for n in each)
        for each in counts
    ):
        raise ValueError(f"what it says of {name!r} is no type, shape and place")
    if len(shape) > MOST_AXES or len(offsets) != 2:
        raise ValueError(f"what it says of {name!r} is no type, shape and place")
    begin, end = offsets
    if dtype in WIDTHS and math.prod(shape) * WIDTHS[dtype] != end - begin:
        raise ValueError(f"the shape of {name!r} is not that of its bytes")
    return Place(dtype, tuple(shape), begin, end)


def _check_places(places: Any, size: int) -> None:
    """Raise ValueError where tensors overlap, leave gaps, or reach over the end of the file."""
    at = 0
    for place in sorted(places, key=lambda place: (place.begin, place.end)):
        if place.begin != at or place.end < at:
            raise ValueError("its tensors overlap, or leave gaps")
        at = place.end
    if at != size:
        raise ValueError(f"its tensors take {at} bytes, and it has {size} for them")


def _describe_format(path: str | PathLike[str], why: object) -> FileError:
    return FileError(f"{os.fspath(path)} is cut short, or no safetensors file: {why}")
