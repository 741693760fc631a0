"""Values of a JSON file, taken by name and checked for their type and range.

Every function raises a ValueError that names the value that is missing or wrong.
"""

from __future__ import annotations

import math
import sys
from reprlib import Repr
from typing import Any, NoReturn

from spanmatch.base.arguments import MAX_INDEX

SHORT = Repr()
SHORT.maxstring = SHORT.maxother = SHORT.maxlong = 60
LARGEST = sys.float_info.max


def take(holder: object, name: str) -> Any:
    """Return a value of a dict; raise ValueError if it is missing.

    >>> take({"n_x": 3}, "n_y")
    Traceback (most recent call last):
    ValueError: it lacks 'n_y'
    """
    if not isinstance(holder, dict):
        raise ValueError(f"{SHORT.repr(holder)} stands where {name!r} should be told")
    if name not in holder:
        raise ValueError(f"it lacks {name!r}")
    return holder[name]


def take_text(holder: object, name: str) -> str:
    """Return a text."""
    value = take(holder, name)
    if not isinstance(value, str):
        _refuse(name, value, "a text")
    return value


def take_flag(holder: object, name: str) -> bool:
    """Return true or false."""
    value = take(holder, name)
    if not isinstance(value, bool):
        _refuse(name, value, "true or false")
    return value


def take_count(holder: object, name: str, least: int = 0) -> int:
    """Return a whole number of at least `least`."""
    value = take(holder, name)
    if type(value) is not int or not least <= value <= MAX_INDEX:
        _refuse(name, value, f"a whole number from {least} on")
    return value


def take_number(
    holder: object, name: str, least: float = -math.inf, most: float = math.inf
) -> float:
    """Return a finite number from `least` to `most`."""
    value = take(holder, name)
    if type(value) not in (int, float) or not (abs(value) <= LARGEST and least <= value <= most):
        between = f" from {least:g} to {most:g}" if most < math.inf else ""
        _refuse(name, value, f"a number{between}")
    return float(value)


def take_list(holder: object, name: str) -> list[Any]:
    """Return a list."""
    value = take(holder, name)
    if not isinstance(value, list):
        _refuse(name, value, "a list")
    return value


def take_texts(holder: object, name: str) -> list[str]:
    """Return a list of texts."""
    values = take_list(holder, name)
    if not all(isinstance(each, str) for each in values):
        _refuse(name, values, "a list of texts")
    return values


def take_counts(holder: object, name: str, least: int = 0) -> list[int]:
    """Return a list of whole numbers of at least `least`."""
    values = take_list(holder, name)
    if not all(type(each) is int and least <= each <= MAX_INDEX for each in values):
        _refuse(name, values, f"a list of whole numbers from {least} on")
    return values


def take_named_texts(holder: object, name: str) -> dict[str, str]:
    """Return texts by name."""
    values = take(holder, name)
    if not isinstance(values, dict) or not all(isinstance(each, str) for each in values.values()):
        _refuse(name, values, "texts by name")
    return values


def _refuse(name: str, value: object, wanted: str) -> NoReturn:
    raise ValueError(f"its {name} is {SHORT.repr(value)}: it must be {wanted}")
