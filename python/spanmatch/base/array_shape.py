"""The check of an array's shape in a file's header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.arguments import MAX_INDEX

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_AXES = 64  # As in numpy.
SHOWN = 80


def check_array_shape(shape: Sequence[object], what: str) -> None:
    """Raise ValueError if a header gives an array an impossible shape.

    >>> check_array_shape((3, 4), "the array")
    >>> check_array_shape((3, -4), "the array")
    Traceback (most recent call last):
        ...
    ValueError: its header gives the array the shape (3, -4)
    """
    # `type` instead of `isinstance`, since True is an integer in Python.
    if len(shape) > MAX_AXES or not all(
        type(length) is int and 0 <= length <= MAX_INDEX for length in shape
    ):
        raise ValueError(f"its header gives {what} the shape {str(shape)[:SHOWN]}")
