"""Where the arrays of a file lie: .npy, .npz and .safetensors, told apart by their suffix."""

from __future__ import annotations

import json
import math
import tokenize
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy

from spanmatch.base.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = ""  # the key of the one array of a .npy file

# BF16 is kept as its bits. Others are known only to be refused by name.
SAFETENSORS_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
}
MAX_SAFETENSORS_HEADER = 100_000_000  # that of the format
LOCAL_HEADER = 30  # bytes before the name of a member of a zip file
ENCRYPTED = 1  # the flag of such a member
DAMAGED_MEMBER = (zipfile.BadZipFile, zlib.error, EOFError, ValueError)


@dataclass(frozen=True)
class StoredArray:
    """One array of a file: its form, and where its values are."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    """Its first byte in the file; that of its member where it is compressed."""
    end: int
    """Where the bytes that it may take end."""
    fortran: bool = False
    bfloat16: bool = False
    compressed_member: str | None = None

    @property
    def n_bytes(self) -> int:
        """How many bytes the values take."""
        return math.prod(self.shape) * self.dtype.itemsize

    def __str__(self) -> str:
        return f"{self.shape} {'bfloat16' if self.bfloat16 else self.dtype}"


def find_arrays(path: Path) -> dict[str, StoredArray]:
    """Return the arrays of a file by their keys, or say what is wrong with it."""
    find = FORMATS.get(path.suffix.lower())
    if find is None:
        raise FileError(f"{path}: arrays are read from files that end in {', '.join(FORMATS)}")
    if path.exists() and not path.is_file():
        raise FileError(f"{path} is no file with a beginning and an end: give one that is")
    with path.open("rb") as file:
        try:
            return find(file)
        except (ValueError, zipfile.BadZipFile) as error:
            raise FileError(f"{path} is no readable {path.suffix} file: {error}") from error


def read_npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the start of a .npy file, up to its first value: shape, Fortran order, type."""
    version = npy.read_magic(file)
    if version not in [(1, 0), (2, 0), (3, 0)]:
        raise ValueError(f"its format has version {version}, newer than 3.0")
    # Version 3 differs from 2 in the names of structured types alone, which are refused anyway.
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    try:
        shape, fortran, dtype = read(file)
    except (SyntaxError, tokenize.TokenError, TypeError) as error:
        raise ValueError(f"its header does not parse: {error}") from error
    if any(length < 0 for length in shape):
        raise ValueError(f"its header gives the shape {shape}")
    return shape, fortran, dtype


def _find_in_npy(file: IO[bytes]) -> dict[str, StoredArray]:
    shape, fortran, dtype = read_npy_header(file)
    return {WHOLE: StoredArray(shape, dtype, file.tell(), _measure_size(file), fortran)}


def _find_in_npz(file: IO[bytes]) -> dict[str, StoredArray]:
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
        return {
            member.filename.removesuffix(".npy"): _find_in_member(file, archive, member)
            for member in members
        }


def _find_in_member(
    file: IO[bytes], archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> StoredArray:
    packed = member.compress_type != zipfile.ZIP_STORED
    if member.flag_bits & ENCRYPTED or (packed and member.compress_type != zipfile.ZIP_DEFLATED):
        raise ValueError(f"{member.filename} is encrypted, or packed in a way numpy does not write")
    try:
        with archive.open(member) as unpacked:
            shape, fortran, dtype = read_npy_header(unpacked)
            offset = unpacked.tell()
    except DAMAGED_MEMBER as error:
        raise ValueError(f"{member.filename}: {error}") from error
    if packed:
        return StoredArray(shape, dtype, offset, member.file_size, fortran, False, member.filename)
    # Stored as it is: after the member's own header, which repeats the name and may have an extra.
    file.seek(member.header_offset)
    header = file.read(LOCAL_HEADER)
    start = (
        member.header_offset
        + LOCAL_HEADER
        + _parse_integer(header[26:28])
        + _parse_integer(header[28:30])
    )
    return StoredArray(shape, dtype, start + offset, start + member.file_size, fortran)


def _find_in_safetensors(file: IO[bytes]) -> dict[str, StoredArray]:
    size = _measure_size(file)
    length = _parse_integer(file.read(8))
    if size < 8 or length > min(size - 8, MAX_SAFETENSORS_HEADER):
        raise ValueError("it is cut short, or of another format")
    try:
        header = json.loads(file.read(length))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise ValueError("its header is not a JSON object")
    header.pop("__metadata__", None)
    return {key: _parse_tensor(key, entry, 8 + length, size) for key, entry in header.items()}


def _parse_tensor(key: str, entry: object, start: int, size: int) -> StoredArray:
    match entry:
        case {"dtype": str(kind), "shape": [*shape], "data_offsets": [int(first), int(last)]}:
            if not all(isinstance(length, int) and length >= 0 for length in shape):
                raise ValueError(f"its header gives {key!r} the shape {shape}")
        case _:
            raise ValueError(f"its header does not say where {key!r} lies")
    known = SAFETENSORS_TYPES.get(kind)
    # A type without a name here is refused by the name it has there.
    dtype = np.dtype(known) if known else np.dtype([(kind, "V1")])
    stored = StoredArray(tuple(shape), dtype, start + first, start + last, False, kind == "BF16")
    if not 0 <= first <= last <= size - start:
        raise ValueError(f"{key!r} should end at byte {start + last}, but the file has {size}")
    if known and last - first != stored.n_bytes:
        raise ValueError(f"{key!r}, {stored}, takes {stored.n_bytes} bytes, but has {last - first}")
    return stored


def _measure_size(file: IO[bytes]) -> int:
    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    return size


def _parse_integer(data: bytes) -> int:
    return int.from_bytes(data, "little")


FORMATS = {".npy": _find_in_npy, ".npz": _find_in_npz, ".safetensors": _find_in_safetensors}
