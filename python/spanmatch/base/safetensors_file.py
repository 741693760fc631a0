"""Tensors in safetensors files, read and written as bytes without the library of the format.

The library maps files into memory, so a file that shrinks while it is read would crash the process.
It also writes to its own temporary file, which would be left behind if a process is killed.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from spanmatch.base.errors import FileError
from spanmatch.base.memory import format_bytes
from spanmatch.base.regular_file import check_regular, fill
from spanmatch.base.safetensors_header import METADATA, WIDTHS, read_safetensors_header

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike

    from numpy.typing import NDArray

MOST_HEADER = 32 << 20  # The longest header to read, since it may be that of any file.
ALIGNMENT = 8


class Tensor(NamedTuple):
    """A tensor as the bytes of its numbers, in C order."""

    dtype: str
    """The name of the type in the format."""
    shape: tuple[int, ...]
    data: NDArray[np.uint8]


class TensorReader:
    """An open file: its metadata, and its tensors, each of which is read when it is asked for."""

    def __init__(self, path: str | PathLike[str], file: BinaryIO) -> None:
        self._path, self._file = path, file
        try:
            self.metadata, self.entries = read_safetensors_header(file, MOST_HEADER)
        except ValueError as error:
            raise _describe_format(path, error) from error

    def read(self, name: str) -> Tensor:
        """Return a tensor.

        Raises
        ------
        FileError
            The file was cut short after it was opened, or the type of the tensor is not known.
        """
        dtype, shape, begin, end = self.entries[name]
        if dtype not in WIDTHS:
            raise FileError(
                f"{self._path} holds {name!r} as {dtype!r}, a type that spanmatch does not write"
            )
        data = np.empty(end - begin, np.uint8)
        self._file.seek(begin)
        try:
            fill(self._file, data.data)
        except EOFError as error:
            why = "it has become shorter while it was read"
            raise _describe_format(self._path, why) from error
        return Tensor(dtype, shape, data)


@contextmanager
def open_tensors(path: str | PathLike[str]) -> Iterator[TensorReader]:
    """Open a file, and read its header.

    Raises
    ------
    OSError
        The file cannot be read.
    FileError
        The file is cut short, or is no safetensors file.
    """
    check_regular(path)
    with Path(path).open("rb", buffering=0) as file:
        yield TensorReader(path, file)


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write a file; equal tensors and metadata give equal bytes.

    Raises
    ------
    OSError
        The file cannot be written.
    ValueError
        The metadata are longer than `open_tensors` reads.
    """
    # Like the library, write the widest types first, so that each tensor is aligned to its width.
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


def _describe_format(path: str | PathLike[str], why: object) -> FileError:
    return FileError(f"{os.fspath(path)} is cut short, or no safetensors file: {why}")
