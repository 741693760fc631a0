"""The sizes of tuples in a pickle, without making them."""

from __future__ import annotations

import pickletools
import warnings
from typing import IO, Any, cast

MOST = 1_000_000  # The most parts of a tuple, with parts of parts.
CHUNK = 2**20
PICKLES = 5  # The pickles at the start of a file of torch.save before 1.6, before values.
BUILT_OF_PARTS = {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "REDUCE", "NEWOBJ", "BUILD", "BINPERSID"}
MARK: Any = pickletools.markobject
SLICE: Any = pickletools.stackslice


def check_tuples(file: IO[bytes], pickles: int = 1) -> None:
    """Raise ValueError if tuples are nested so that hashing them would take forever.

    In a pickle of 300 bytes, 40 tuples that each hold the one before twice have a trillion parts.
    If such a tuple is a key, reading does not end, and cannot be interrupted.

    Raises
    ------
    ValueError
        There is such a tuple, or the file is not a pickle.
    """
    try:
        for _ in range(pickles):
            if not file.peek(1):  # type: ignore[attr-defined]
                return
            # pickletools warns of escapes in strings, which torch refuses later.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _check_pickle(ShortReads(file))
    except (IndexError, KeyError, OverflowError) as error:
        raise ValueError(f"it is no pickle: {error}") from error


class ShortReads:
    """A file whose reads take no more memory than its length, whatever a pickle asks for."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.readline = file.readline

    def read(self, count: int) -> bytes:
        """Read this number of bytes, or those that are left."""
        parts = []
        while count > 0 and (part := self._file.read(min(count, CHUNK))):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def _check_pickle(file: ShortReads) -> None:
    stack: list[int | None] = []  # The parts of each object; None for a mark.
    memo: dict[Any, int | None] = {}
    for opcode, argument, _ in pickletools.genops(cast("IO[bytes]", file)):
        name = opcode.name
        if name in ("PUT", "BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
            continue
        if name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
            continue
        if name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
            continue
        if name == "DUP":
            stack.append(stack[-1])
            continue
        parts = _take(stack, opcode.stack_before)
        size = 1 + (parts if name in BUILT_OF_PARTS else 0)
        if size > MOST:
            raise ValueError(f"it holds tuples in tuples of more than {MOST} parts")
        stack += [None if kind is MARK else size for kind in opcode.stack_after]


def _take(stack: list[int | None], kinds: list[Any]) -> int:
    """Remove the operands of an opcode from the stack, and return the number of their parts."""
    parts = 0
    for kind in reversed(kinds):
        if kind is SLICE:
            while stack[-1] is not None:
                parts += stack.pop() or 0
        else:
            parts += stack.pop() or 0
    return parts
