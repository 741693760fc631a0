"""Files that are damaged at random, the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

NUMBERS = [0, 1, 2, 0x7F, 0xFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]
TOKENS = [
    b"[",
    b"\x93NUMPY", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"{", b"}", b"(",
    b"'descr'", b"'|O'", b"'shape': (", b"-1", b"1e999", b"NaN", b"null", b'"', b"'", b"\x00", b",",
    b'"data_offsets"', b'"__metadata__"', b'"F8_E4M3"', b"\x80\x02", b"c__builtin__\neval\n", b"R",
    b"t", b"q\x00", b"h\x00", b"\x86", b"}", b"s", b"0", b"9" * 30, b"99999", "\u0663".encode(),
]  # fmt: skip


def mutate(data: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """Return the bytes of a file with one to four kinds of damage."""
    held = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        _damage(held, random, others)
    return bytes(held)


def _damage(held: bytearray, random: Random, others: Sequence[bytes]) -> None:
    # Half of it where headers are: at the beginning, or where the directory of an archive is.
    size = len(held)
    span = random.choice((size, min(size, 200), 40))
    at = random.randrange(span + 1) if random.random() < 0.7 else size - random.randrange(span + 1)
    at = min(max(at, 0), size)
    length = random.choice((1, 2, 4, 8, 60, size // 2))
    kind = random.randrange(9)
    if kind == 0 and at < size:
        held[at] ^= 1 << random.randrange(8)
    elif kind == 1:
        del held[at:]
    elif kind == 2:
        del held[at : at + length]
    elif kind == 3:
        held[at:at] = held[at : at + length]
    elif kind == 4:
        width = random.choice((1, 2, 4, 8))
        number = random.choice(NUMBERS) % 256**width
        held[at : at + width] = number.to_bytes(width, random.choice(("little", "big")))
    elif kind == 5:
        held[at:at] = random.choice(TOKENS)
    elif kind == 6:
        token = random.choice(TOKENS)
        held[at : at + len(token)] = token
    elif kind == 7:
        held[at : at + length] = bytes(len(held[at : at + length]))
    elif others:
        other = random.choice(others)
        cut = random.randrange(len(other) + 1)
        held[at : at + length] = other[cut : cut + length]
