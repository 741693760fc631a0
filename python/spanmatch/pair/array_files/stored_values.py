"""The values of an array in a file, read in blocks of rows or at once, without mapping the file.

If another program cut a mapped file short, the process would crash.
"""

from __future__ import annotations

import zipfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

from spanmatch.base.errors import FileError
from spanmatch.base.regular_file import fill
from spanmatch.pair.array_files.npy_header import read_npy_header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from spanmatch.pair.array_files.formats import StoredArray

WINDOW = 16 * 2**20  # The bytes of columns that are read at once.
CHUNK = 2**20


def check_length(stored: StoredArray, what: str) -> None:
    """Raise FileError if the file has more or fewer bytes than the values take."""
    over = stored.offset + stored.n_bytes - stored.end
    if over > 0:
        raise FileError(f"{what} is cut short: {over} bytes of {stored} are not there")
    if over < 0:
        raise FileError(
            f"{what} is damaged: {-over} bytes follow the {stored.n_bytes} of {stored}; save one "
            "array, and nothing after it"
        )


def read_row_blocks(path: Path, stored: StoredArray, rows: int) -> Iterator[NDArray[Any]]:
    """Yield blocks of rows of a matrix; the next block may overwrite one."""
    if stored.fortran:
        yield from _read_column_windows(path, stored, rows)
        return
    n_samples, n_neurons = stored.shape
    buffer: NDArray[Any] = np.empty((min(rows, n_samples), n_neurons), stored.dtype)
    with _open_values(path, stored) as file:
        for first in range(0, n_samples, rows):
            block = buffer[: n_samples - first]
            _fill(file, block)
            yield block


def read_values(path: Path, stored: StoredArray) -> NDArray[Any]:
    """Read all values of an array, of any shape."""
    array: NDArray[Any] = np.empty(stored.shape, stored.dtype, "F" if stored.fortran else "C")
    with _open_values(path, stored) as file:
        _fill(file, array.T if stored.fortran else array)
    return array


def _read_column_windows(path: Path, stored: StoredArray, rows: int) -> Iterator[NDArray[Any]]:
    """Read parts of columns that are many rows long, since each part takes a separate read."""
    if stored.member is not None:
        _check_sum(path, stored)
    n_samples, n_neurons = stored.shape
    size = stored.dtype.itemsize
    height = rows * max(1, WINDOW // max(1, rows * n_neurons * size))
    buffer: NDArray[Any] = np.empty((n_neurons, min(height, n_samples)), stored.dtype)
    with path.open("rb", buffering=0) as file:
        for first in range(0, n_samples, height):
            columns = buffer[:, : n_samples - first]
            for at, column in enumerate(columns):
                file.seek(stored.offset + (at * n_samples + first) * size)
                _fill(cast("IO[bytes]", file), column)
            for begin in range(0, columns.shape[1], rows):
                yield columns[:, begin : begin + rows].T


def _check_sum(path: Path, stored: StoredArray) -> None:
    """Read a member of an archive to its end, where zipfile checks its checksum."""
    with _open_values(path, stored) as file:
        while file.read(CHUNK):
            pass


@contextmanager
def _open_values(path: Path, stored: StoredArray) -> Iterator[IO[bytes]]:
    """Open a file, or a member of an archive, at the first value."""
    if stored.member is None:
        with path.open("rb", buffering=0) as file:
            file.seek(stored.offset)
            yield cast("IO[bytes]", file)
        return
    with zipfile.ZipFile(path) as archive, archive.open(stored.member.name) as member:
        read_npy_header(member)
        yield member


def _fill(file: IO[bytes], array: NDArray[Any]) -> None:
    """Read into an array whose values are contiguous."""
    fill(file, array.reshape(-1).view(np.uint8).data)
