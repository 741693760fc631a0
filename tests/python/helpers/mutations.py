"""Saved files with something in them changed, as damage or malice would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from spanmatch.base.safetensors_header import WIDTHS

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

NUMBERS = (
    *(0, -1, 1, 2, 7, 10**12, 2**53, 2**53 + 1, 2**63, 2**64, 10**400, -(10**30)),
    *(0.5, -5.0, 1.0000001, 1e300, 1e-300, float("nan"), float("inf"), float("-inf")),
)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    "",
    "../../passwd",
    "/dev/zero",
    "nan",
    [],
    {},
    [[]],
    {"": 1},
    [1, 2],
)
DOUBLES = (
    b"\0" * 8,
    b"\xff" * 8,
    b"\0\0\0\0\0\0\xf8\x7f",
    b"\0\0\0\0\0\0\xf0\x7f",
    b"\0" * 7 + b"\x80",
)


def flip_bit(whole: bytes, random: Random) -> bytes:
    at = random.randrange(len(whole))
    return whole[:at] + bytes([whole[at] ^ 1 << random.randrange(8)]) + whole[at + 1 :]


def flip_bit_of_header(whole: bytes, random: Random) -> bytes:
    length = 8 + int.from_bytes(whole[:8], "little")
    return flip_bit(whole[:length], random) + whole[length:]


def cut(whole: bytes, random: Random) -> bytes:
    return whole[: random.randrange(len(whole))]


def extend(whole: bytes, random: Random) -> bytes:
    return whole + random.randbytes(random.choice([1, 8, 1000]))


def replace_bytes(whole: bytes, random: Random) -> bytes:
    """Put an extreme number of eight bytes where one of a tensor is."""
    begin = 8 + int.from_bytes(whole[:8], "little")
    if begin + 8 > len(whole):
        return flip_bit(whole, random)
    at = begin + 8 * random.randrange((len(whole) - begin) // 8)
    number = random.choice(
        [*DOUBLES, (10**12).to_bytes(8, "little"), (2**53).to_bytes(8, "little")]
    )
    return whole[:at] + number + whole[at + 8 :]


def claim_header(whole: bytes, random: Random) -> bytes:
    length = random.choice([0, 1, 2**31, 2**63, 2**64 - 1, len(whole), len(whole) - 8])
    return length.to_bytes(8, "little") + whole[8:]


def change_header(whole: bytes, random: Random) -> bytes:
    """Change one value of the header, or what holds it, or leave it out."""
    return _with_header(whole, lambda header: change_value(header, random))


def change_metadata(whole: bytes, random: Random) -> bytes:
    """Change a value that the metadata hold as JSON."""

    def change(header: dict[str, Any]) -> None:
        metadata = header["__metadata__"]
        name = random.choice(list(metadata))
        metadata[name] = random.choice(
            [*map(json.dumps, (*NUMBERS, *OTHERS)), "[" * 9999, '{"a":1,"a":2}', "1e999"]
        )

    return _with_header(whole, change)


def swap_fields(whole: bytes, random: Random) -> bytes:
    """Give two tensors, or two values, each other's contents."""

    def swap(header: dict[str, Any]) -> None:
        holder = random.choice([header, header["__metadata__"]])
        names = [name for name in holder if name != "__metadata__"]
        if len(names) > 1:
            a, b = random.sample(names, 2)
            holder[a], holder[b] = holder[b], holder[a]

    return _with_header(whole, swap)


def retype(whole: bytes, random: Random) -> bytes:
    """Call a tensor by another type of as many bytes, or by one that nobody knows."""

    def change(header: dict[str, Any]) -> None:
        names = [name for name in header if name != "__metadata__"]
        if names:
            entry = header[random.choice(names)]
            alike = [name for name in WIDTHS if WIDTHS[name] == WIDTHS[entry["dtype"]]]
            entry["dtype"] = random.choice([*alike, "F8_E4M3", "C64", "F4"])

    return _with_header(whole, change)


def repeat_name(whole: bytes, random: Random) -> bytes:
    """Name something twice in the header."""
    header, data = _split(whole)
    name = random.choice(list(header))
    text = json.dumps(header)[:-1] + f", {json.dumps(name)}: {json.dumps(header[name])}}}"
    return _join(text, data)


def change_value(plain: Any, random: Random) -> None:
    """Change one value of plain data, at any depth: in place."""
    while True:
        places = list(plain) if isinstance(plain, dict) else range(len(plain))
        if not places:
            return
        place = random.choice(list(places))
        below = plain[place]
        if not (isinstance(below, dict | list) and below and random.random() < 0.8):
            break
        plain = below
    if random.random() < 0.2:
        del plain[place]
    else:
        plain[place] = random.choice([*NUMBERS, *OTHERS])


def change_json(whole: bytes, random: Random) -> bytes:
    plain = json.loads(whole)
    change_value(plain, random)
    return json.dumps(plain).encode()


def repeat_json_name(whole: bytes, random: Random) -> bytes:
    plain = json.loads(whole)
    name = random.choice(list(plain))
    return (json.dumps(plain)[:-1] + f", {json.dumps(name)}: 3}}").encode()


def nest_json(whole: bytes, random: Random) -> bytes:
    return random.choice([b"[" * 100_000, b'{"a":' * 100_000, b"[]", b"3", b"", b"\xff\xfe"])


OF_TENSORS: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(flip_bit, flip_bit_of_header, cut, extend, replace_bytes, claim_header),
    *(change_header, change_metadata, swap_fields, retype, repeat_name),
)
OF_JSON: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(flip_bit, cut, extend, change_json, repeat_json_name, nest_json),
)


def _with_header(whole: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    header, data = _split(whole)
    change(header)
    return _join(json.dumps(header), data)


def _split(whole: bytes) -> tuple[dict[str, Any], bytes]:
    length = 8 + int.from_bytes(whole[:8], "little")
    return json.loads(whole[8:length]), whole[length:]


def _join(header: str, data: bytes) -> bytes:
    text = header.encode()
    return len(text).to_bytes(8, "little") + text + data
