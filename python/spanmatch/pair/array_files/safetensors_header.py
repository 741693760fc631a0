"""The header of a safetensors file: which tensors it holds, of which types, and where they lie."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import IO, Any

from spanmatch.pair.array_files.shapes import check_shape

MAX_HEADER = 100_000_000  # bytes, that of the format
LENGTH = 8  # bytes before the header, which say how long it is
SIZES = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 8),
    **dict.fromkeys(("F32", "I32", "U32"), 4),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 2),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "I8", "U8", "BOOL"), 1),
}
"""How many bytes a value takes, of the types that are."""


@dataclass(frozen=True)
class TensorEntry:
    """What a header says of a tensor."""

    kind: str
    """Its type, as the format calls it."""
    shape: tuple[int, ...]
    first: int
    """Its first byte in the file."""
    end: int
    """The byte after its last."""


def read_safetensors_header(file: IO[bytes]) -> dict[str, TensorEntry]:
    """Return the tensors of a file by their names.

    Raises
    ------
    ValueError
        It is cut short, or no such file; a name or a field is there twice; tensors overlap, leave
        bytes between them, or do not end where the file does.
    """
    size = file.seek(0, 2)
    file.seek(0)
    length = int.from_bytes(file.read(LENGTH), "little")
    if size < LENGTH or length > min(size - LENGTH, MAX_HEADER):
        raise ValueError("it is cut short, or of another format")
    try:
        header = json.loads(file.read(length), object_pairs_hook=refuse_repeats)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise ValueError("its header is not a JSON object")
    header.pop("__metadata__", None)
    start = LENGTH + length
    entries = {name: _parse_entry(name, entry, start, size) for name, entry in header.items()}
    _check_tiling(entries, start, size)
    return entries


def refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields of an object of JSON, or raise ValueError where one is there twice."""
    held = dict(pairs)
    if len(held) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in held if names.count(name) > 1)
        raise ValueError(f"{twice!r} is there twice")
    return held


def _parse_entry(name: str, entry: object, start: int, size: int) -> TensorEntry:
    match entry:
        case {"dtype": str(kind), "shape": [*shape], "data_offsets": [int(first), int(last)]}:
            check_shape(shape, repr(name))
        case _:
            raise ValueError(f"its header does not say where {name!r} lies")
    if not 0 <= first <= last <= size - start:
        end = start + last
        raise ValueError(f"{name!r} should end at byte {end}, but the file has {size}")
    takes = math.prod(shape) * SIZES.get(kind, 0)
    if kind in SIZES and last - first != takes:
        raise ValueError(
            f"{name!r}, {kind} of shape {shape}, takes {takes} bytes, but has {last - first}"
        )
    return TensorEntry(kind, tuple(shape), start + first, start + last)


def _check_tiling(entries: dict[str, TensorEntry], start: int, size: int) -> None:
    """See that every byte is that of one tensor."""
    at = start
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].first, item[1].end)):
        if entry.first != at:
            raise ValueError(f"{name!r} begins at byte {entry.first}, and not at {at}")
        at = entry.end
    if at != size:
        raise ValueError(f"its tensors end at byte {at}, but the file has {size}")
