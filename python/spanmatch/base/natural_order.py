"""Natural order of names: step2 before step10."""

from __future__ import annotations

import re

# [0-9] and not \d, which also matches digits of other scripts.
NUMBER = re.compile("([0-9]+)")


def order_naturally(name: str) -> tuple[tuple[str | int, ...], str]:
    """Return a sort key of a name, in which digits count as numbers.

    Names that differ only in leading zeros are sorted as plain text.

    >>> sorted(["step10.pt", "step2.pt", "last.pt", "step1.pt"], key=order_naturally)
    ['last.pt', 'step1.pt', 'step2.pt', 'step10.pt']
    """
    parts = NUMBER.split(name)
    # Text is at even places and numbers at odd ones, so that only like types are compared.
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts)), name
