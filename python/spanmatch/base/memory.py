"""How much memory is free, and sizes in words."""

from __future__ import annotations

import spanmatch._core as core

UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def find_available() -> int | None:
    """Return how many bytes this process may still take, within its container; None: not known."""
    return core.available_memory()


def format_bytes(count: int) -> str:
    """Return a size with two digits or three.

    >>> format_bytes(80_123_456_789)
    '80.1 GB'
    """
    size, unit = float(count), 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {UNITS[unit]}"
