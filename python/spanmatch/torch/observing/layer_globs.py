"""Globs over the dotted names of layers, some of which take layers away."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

AWAY = "!"
"""A pattern that begins with this takes away the layers that it matches."""
DEEP = "**"
"""If a choice contains this anywhere, a single star does not match dots."""


class LayerGlobs:
    """The patterns of one choice of layers.

    Examples
    --------
    >>> names = ["conv", "block", "block.conv", "block.0.conv"]
    >>> LayerGlobs(["*conv"]).match("*conv", names)
    ['conv', 'block.conv', 'block.0.conv']
    >>> globs = LayerGlobs(["*.conv", "**.0.*"])
    >>> globs.match("*.conv", names), globs.match("**.conv", names)
    (['block.conv'], ['conv', 'block.conv', 'block.0.conv'])
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = tuple(patterns)
        self._deep = any(DEEP in pattern for pattern in patterns)

    @property
    def only_take_away(self) -> bool:
        """Whether no pattern adds a layer, so that all take away from the default ones."""
        return all(map(takes_away, self.patterns))

    def match(self, pattern: str, names: Iterable[str]) -> list[str]:
        """Return the names that a pattern matches, whether it adds them or takes them away.

        A star means the parts of a model, and not the whole, whose name is empty.
        """
        glob = pattern.removeprefix(AWAY)
        if not self._deep:
            return [name for name in names if name == glob or (name and fnmatchcase(name, glob))]
        found = re.compile(_translate_deep(glob), re.DOTALL)
        return [name for name in names if name == glob or (name and found.fullmatch(name))]


def takes_away(pattern: str) -> bool:
    """Tell whether a pattern takes away what it matches."""
    return pattern.startswith(AWAY)


# The special parts of a glob. Brackets that are not closed are not special.
TOKENS = re.compile(r"(\*\*+\.|\*+|\?|\[!?\]?[^\]]*\])")


def _translate_deep(glob: str) -> str:
    return "".join(map(_translate_token, TOKENS.split(glob)))


def _translate_token(token: str) -> str:
    if token.startswith(DEEP):
        # As in a shell, of whole parts there may be none.
        return r"(?:.*\.)?" if token.endswith(".") else ".*"
    if token == "*":
        return r"[^.]*"
    if token == "?":
        return "."
    if token.startswith("[") and token.endswith("]") and len(token) > 2:
        inside = token[1:-1].replace("\\", r"\\").replace("[", r"\[")
        if inside.startswith("!"):
            return f"[^{_escape_first(inside[1:])}]"
        return f"[{_escape_first(inside)}]"
    return re.escape(token)


def _escape_first(inside: str) -> str:
    return f"\\{inside}" if inside.startswith(("^", "]")) else inside
