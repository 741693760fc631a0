"""The header of a safetensors file: its metadata, its tensors, and where they lie.

The whole header is checked before it is used. The library of the format accepts some headers that
are refused here.
"""

from __future__ import annotations

import math
from typing import IO, Any, NamedTuple

from spanmatch.base.array_shape import check_array_shape
from spanmatch.base.memory import format_bytes
from spanmatch.base.plain_json import parse_json

METADATA = "__metadata__"
MAX_HEADER = 100_000_000  # The most bytes that the format allows.
LENGTH = 8  # The bytes before the header, which hold its length.
WIDTHS = {
    **dict.fromkeys(("U64", "I64", "F64"), 8),
    **dict.fromkeys(("F32", "U32", "I32"), 4),
    **dict.fromkeys(("BF16", "F16", "U16", "I16"), 2),
    **dict.fromkeys(("I8", "U8", "BOOL"), 1),
}
"""The bytes of a number of each type."""
OTHER_WIDTHS = {"C64": 8, "F8_E4M3": 1, "F8_E5M2": 1}


class TensorEntry(NamedTuple):
    """The entry of a tensor in a header."""

    dtype: str
    """The name of the type in the format."""
    shape: tuple[int, ...]
    begin: int
    """Its first byte in the file."""
    end: int
    """The byte after its last."""


def read_safetensors_header(
    file: IO[bytes], most: int = MAX_HEADER
) -> tuple[dict[str, str], dict[str, TensorEntry]]:
    """Return the metadata, and the tensors by name, from a header of at most `most` bytes.

    Raises
    ------
    ValueError
        The file is cut short, or of another format; a name or a field is there twice; tensors
        overlap, leave bytes between them, or do not end where the file does.
    """
    size = file.seek(0, 2)
    file.seek(0)
    length = int.from_bytes(file.read(LENGTH), "little")
    if size < LENGTH or length > size - LENGTH:
        raise ValueError(
            f"it is cut short: its header would take {length} bytes, and the file has {size}"
        )
    if length > most:
        raise ValueError(
            f"its header would take {format_bytes(length)}, and none has more than "
            f"{format_bytes(most)}"
        )
    header = _parse(file.read(length))
    metadata = header.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError("its metadata are no texts by name")
    start = LENGTH + length
    entries = {name: _parse_entry(name, entry, start, size) for name, entry in header.items()}
    _check_tiling(entries, start, size)
    return metadata, entries


def _parse(text: bytes) -> dict[str, Any]:
    try:
        header = parse_json(text)
    except ValueError as error:
        raise ValueError(f"its header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise ValueError("its header is not a JSON object")
    return header


def _parse_entry(name: str, entry: object, start: int, size: int) -> TensorEntry:
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"its header does not say where {name!r} lies, and of what it is")
    match entry:
        case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [int(begin), int(end)]}:
            check_array_shape(shape, repr(name))
        case _:
            raise ValueError(f"its header does not say where {name!r} lies, and of what it is")
    if not 0 <= begin <= end <= size - start:
        raise ValueError(f"{name!r} should end at byte {start + end}, but the file has {size}")
    width = WIDTHS.get(dtype) or OTHER_WIDTHS.get(dtype)
    takes = math.prod(shape) * (width or 0)
    if width and end - begin != takes:
        raise ValueError(
            f"{name!r}, {dtype} of shape {shape}, takes {takes} bytes, but has {end - begin}"
        )
    return TensorEntry(dtype, tuple(shape), start + begin, start + end)


def _check_tiling(entries: dict[str, TensorEntry], start: int, size: int) -> None:
    """Check that every byte belongs to exactly one tensor."""
    at = start
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin != at:
            raise ValueError(f"{name!r} begins at byte {entry.begin}, and not at {at}")
        at = entry.end
    if at != size:
        raise ValueError(f"its tensors end at byte {at}, but the file has {size}")
