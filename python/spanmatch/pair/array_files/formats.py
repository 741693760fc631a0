"""Where the arrays lie in a .npy, .npz or .safetensors file."""

from __future__ import annotations

import errno
import math
import struct
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from spanmatch.base.errors import FileError
from spanmatch.base.regular_file import check_regular
from spanmatch.base.safetensors_header import TensorEntry, read_safetensors_header
from spanmatch.pair.array_files.npy_header import read_npy_header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHOLE = ""  # The key of the only array of a .npy file.

# BF16 is kept as its bits. Types that are not floats are listed so that errors can name them.
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
DEFLATE_RATIO = 1032  # The most bytes to which a byte of deflate, which numpy writes, unpacks.
ARCHIVE = (b"PK\x03\x04", b"PK\x05\x06")  # The first bytes of an archive, and of an empty one.
LOCAL_HEADER = 30  # The bytes before the name of a member of a zip file.
ENCRYPTED = 1  # The flag of an encrypted member.
# The errors that zipfile raises for damaged files.
DAMAGED_ARCHIVE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Member:
    """The place of an array in an archive."""

    name: str
    packed: bool
    size: int
    """The number of bytes that it takes in the archive."""


@dataclass(frozen=True)
class StoredArray:
    """One array of a file: its shape and type, and where its values are."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    """Its first byte in the file, or in the unpacked member if it is compressed."""
    end: int
    """The end of the bytes that belong to it, from the same start as `offset`."""
    fortran: bool = False
    bfloat16: bool = False
    member: Member | None = None

    @property
    def n_bytes(self) -> int:
        """The number of bytes that the values take."""
        return math.prod(self.shape) * self.dtype.itemsize

    def __str__(self) -> str:
        return f"{self.shape} {'bfloat16' if self.bfloat16 else self.dtype}"


def find_arrays(path: Path) -> dict[str, StoredArray]:
    """Return the arrays of a file by their keys.

    Raises
    ------
    OSError
        The file cannot be read.
    FileError
        The file has another suffix, is of another format, or is damaged.
    """
    find = FORMATS.get(path.suffix.lower())
    if find is None:
        raise FileError(f"{path}: arrays are read from files that end in {', '.join(FORMATS)}")
    check_regular(path)
    with explain_damage(f"{path} is no readable {path.suffix} file"), path.open("rb") as file:
        return find(file)


@contextmanager
def explain_damage(what: str) -> Iterator[None]:
    """Turn the errors that readers of a format raise into FileErrors that begin with `what`."""
    try:
        yield
    except OSError as error:
        # A damaged header may make zipfile seek to a position before the first byte.
        if error.errno != errno.EINVAL:
            raise
        raise FileError(f"{what}: it names places outside of itself") from error
    except DAMAGED_ARCHIVE as error:
        # zipfile raises an error without a message for a member that ends early.
        raise FileError(f"{what}: {str(error) or 'it is cut short'}") from error


def _find_in_npy(file: IO[bytes]) -> dict[str, StoredArray]:
    shape, fortran, dtype = read_npy_header(file)
    return {WHOLE: StoredArray(shape, dtype, file.tell(), _measure_size(file), fortran)}


def _find_in_npz(file: IO[bytes]) -> dict[str, StoredArray]:
    # zipfile would accept bytes before the archive, as of a self-extracting program.
    if file.read(len(ARCHIVE[0])) not in ARCHIVE:
        raise ValueError("it does not begin as an archive does")
    with zipfile.ZipFile(file) as archive:
        found: dict[str, StoredArray] = {}
        for member in archive.infolist():
            if not member.filename.endswith(".npy"):
                continue
            key = member.filename.removesuffix(".npy")
            if key in found:
                raise ValueError(f"it holds {member.filename} twice")
            found[key] = _find_in_member(file, archive, member)
        return found


def _find_in_member(
    file: IO[bytes], archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> StoredArray:
    packed = member.compress_type != zipfile.ZIP_STORED
    if member.flag_bits & ENCRYPTED or (packed and member.compress_type != zipfile.ZIP_DEFLATED):
        raise ValueError(f"{member.filename} is encrypted, or packed in a way numpy does not write")
    if member.file_size > DEFLATE_RATIO * member.compress_size + DEFLATE_RATIO:
        raise ValueError(
            f"{member.filename} gives itself {member.file_size} bytes, more than its "
            f"{member.compress_size} packed ones can hold"
        )
    try:
        with archive.open(member) as unpacked:
            shape, fortran, dtype = read_npy_header(unpacked)
            offset = unpacked.tell()
    except DAMAGED_ARCHIVE as error:
        raise ValueError(f"{member.filename}: {error}") from error
    # The data follow the member's own header, which repeats the name and may have an extra field.
    file.seek(member.header_offset)
    header = file.read(LOCAL_HEADER)
    start = (
        member.header_offset
        + LOCAL_HEADER
        + int.from_bytes(header[26:28], "little")
        + int.from_bytes(header[28:30], "little")
    )
    begin = 0 if packed else start
    place = Member(member.filename, packed, member.compress_size)
    return StoredArray(
        shape, dtype, begin + offset, begin + member.file_size, fortran, member=place
    )


def _find_in_safetensors(file: IO[bytes]) -> dict[str, StoredArray]:
    _, entries = read_safetensors_header(file)
    return {name: _as_array(entry) for name, entry in entries.items()}


def _as_array(entry: TensorEntry) -> StoredArray:
    known = SAFETENSORS_TYPES.get(entry.dtype)
    # An unknown type becomes a dtype with its name, so that the error can show the name.
    dtype = np.dtype(known) if known else np.dtype([(entry.dtype[:40] or "?", "V1")])
    bfloat16 = entry.dtype == "BF16"
    return StoredArray(entry.shape, dtype, entry.begin, entry.end, bfloat16=bfloat16)


def _measure_size(file: IO[bytes]) -> int:
    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    return size


FORMATS = {".npy": _find_in_npy, ".npz": _find_in_npz, ".safetensors": _find_in_safetensors}
