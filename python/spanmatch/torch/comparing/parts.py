"""A part of the layers to compare, for which one pass over the data is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Part: TypeAlias = "Mapping[str, tuple[str, ...]]"
"""The layers of A, each with the layers of B that it is compared with."""

Order: TypeAlias = "tuple[tuple[str, ...], tuple[str, ...]]"
"""The order of layers in a result: those of A, and those of B if its keys name them."""


def list_both(part: Part) -> tuple[list[str], list[str]]:
    """Return the layers of A, and those of B.

    >>> list_both({"a": ("x", "y"), "b": ("y",)})
    (['a', 'b'], ['x', 'y'])
    """
    return list(part), list(dict.fromkeys(b for each in part.values() for b in each))


def keep_pairs(part: Part, is_kept: Callable[[str, str], bool]) -> Part:
    """Return the pairs for which the condition holds.

    >>> keep_pairs({"a": ("x", "y"), "b": ("y",)}, lambda a, b: b == "x")
    {'a': ('x',)}
    """
    kept = {a: tuple(b for b in each if is_kept(a, b)) for a, each in part.items()}
    return {a: each for a, each in kept.items() if each}
