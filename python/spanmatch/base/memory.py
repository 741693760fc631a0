"""Free memory, errors that mean out of memory, and sizes in words."""

from __future__ import annotations

import re
from functools import wraps
from operator import index as integer
from typing import TYPE_CHECKING, ParamSpec, SupportsIndex, TypeVar

import numpy as np

import spanmatch._core as core

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

# The messages of torch on the host and on a device, of the system, also when it loads a module,
# and of threads.
OUT_OF_MEMORY = re.compile(
    "can(no|')t allocate memory|out of memory|failed to map segment|can't start new thread",
    re.IGNORECASE,
)
MOST = 2**63 - 1  # No machine has more bytes.
UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def find_available() -> int | None:
    """Return the bytes that this process may still take in its container; None if not known."""
    return core.available_memory()


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error, or one of its causes, means that memory was short.

    >>> is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    True
    """
    each: BaseException | None = error
    while each is not None:
        said = isinstance(each, ImportError | OSError | RuntimeError)
        if isinstance(each, MemoryError) or (said and OUT_OF_MEMORY.search(str(each))):
            return True
        each = each.__cause__
    return False


def raises_memory_errors(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Let a function raise MemoryError for every kind of error that means out of memory."""

    # This is not a context manager of contextlib, whose frame would come between this function and
    # its caller, which warnings name.
    @wraps(function)
    def call(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if isinstance(error, MemoryError) or not is_out_of_memory(error):
                raise
            raise MemoryError(str(error).partition("\n")[0]) from error

    return call


def format_bytes(count: int) -> str:
    """Return a size with up to three digits.

    >>> format_bytes(80_123_456_789)
    '80.1 GB'
    """
    size, unit = float(count), 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {UNITS[unit]}"


def as_bytes(size: int | str | None, name: str) -> int | None:
    """Return a size in bytes, from a whole number or a text such as "4 GB" or "512MiB".

    >>> [as_bytes(size, "size") for size in ("1.5 GB", "2 KiB", 3)]
    [1500000000, 2048, 3]

    Raises
    ------
    TypeError, ValueError
        `size` is not a size, or less than one byte.
    """
    if size is None:
        return None
    if isinstance(size, str):
        match = re.fullmatch(r"([0-9]+\.?[0-9]*)\s*(?:([kmgtpe]?)(i?)b)?", size.strip().lower())
        if match is None:
            raise ValueError(f"`{name}` is {size!r}: say it in bytes, or as 4 GB or 512 MiB")
        power = " kmgtpe".index(match[2] or " ")
        count = float(match[1]) * (1024 if match[3] else 1000) ** power
        size = int(min(count, MOST))
    if isinstance(size, bool | np.bool_) or not isinstance(size, SupportsIndex):
        raise _describe_type(size, name)
    try:
        number = integer(size)
    except (TypeError, np.ma.MaskError):  # An array of several values, or of a masked one.
        raise _describe_type(size, name) from None
    if number < 1:
        raise ValueError(f"`{name}` must be at least 1 byte, got {number}")
    return min(number, MOST)


def _describe_type(size: object, name: str) -> TypeError:
    return TypeError(
        f"`{name}` must be bytes as an int, or a text such as '4 GB', got {type(size).__name__}"
    )
