"""Which layers match more than chance, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.comparison.keys import Key, label
from spanmatch.results.layer_answer import P

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanmatch.comparison.comparison import Comparison

NAMED = 5  # layers that are named
ENOUGH = round(1 / P) - 1  # nulls


def in_words(comparison: Comparison) -> list[str]:
    """Return a sentence on the layers that have nulls, or none where none has."""
    told = {key: comparison.solved(key).beyond_chance for key in comparison.nulls}
    p = {key: nulls.p_value(comparison[key]) for key, nulls in comparison.nulls.items()}
    more, not_more, unsure = (
        [key for key in told if told[key] is wanted] for wanted in (True, False, None)
    )
    parts = [f"more than chance, p at most {P:g}: {_named(more)}"] if more else []
    if not_more:
        parts.append(
            f"not clearly more than chance: {_named(not_more)} (p from "
            f"{min(p[key] for key in not_more):.2g})"
        )
    if unsure:
        above = [key for key in unsure if p[key] == comparison.nulls[key].least_p]
        parts.append(
            f"above every null: {_named(above)}; to tell more than chance, p at most {P:g}, takes "
            f"{ENOUGH} distinct nulls"
        )
    return ["; ".join(parts)] if parts else []


def _named(keys: Sequence[Key]) -> str:
    if not keys:
        return "none"
    more = len(keys) - NAMED
    return ", ".join(map(label, keys[:NAMED])) + (f" and {more} more" if more > 0 else "")
