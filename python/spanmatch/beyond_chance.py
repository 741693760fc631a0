"""Which layers match more than chance, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.layer_keys import Key, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanmatch.comparison import Comparison

NAMED = 5  # layers that are named


def in_words(comparison: Comparison) -> list[str]:
    """Return a sentence on the layers that have nulls, or none where none has."""
    if not comparison.nulls:
        return []
    p = {key: nulls.p_value(comparison[key]) for key, nulls in comparison.nulls.items()}
    more = [key for key in p if comparison.solved(key).beyond_chance]
    rest = [key for key in p if key not in more]
    least = f"p = {max(p[key] for key in more):.2g}, the least there is" if more else ""
    found = f"{_named(more)} ({least})" if more else "no layer"
    others = f"; not {_named(rest)} (p from {min(p[key] for key in rest):.2g})" if rest else ""
    return [f"more than chance, a larger area than every null: {found}{others}"]


def _named(keys: Sequence[Key]) -> str:
    more = len(keys) - NAMED
    return ", ".join(map(label, keys[:NAMED])) + (f" and {more} more" if more > 0 else "")
