"""How what a folder was made by differs from what is asked for now, as lines of an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN = 12  # hexadecimal digits of a hash


def differences(there: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return a line, indented, for each value that differs; nothing where none does.

    >>> print(differences({"seed": 0, "data": "digits"}, {"seed": 1, "data": "digits"}))
    <BLANKLINE>
      seed: 0 there, 1 now
    """
    names = [*now, *(name for name in there if name not in now)]
    return "".join(
        f"\n  {name}: {_shown(name, there)} there, {_shown(name, now)} now"
        for name in names
        if there.get(name) != now.get(name)
    )


def _shown(name: str, values: Mapping[str, Any]) -> str:
    value = values.get(name)
    return value[:SHOWN] if name.endswith("_sha256") and value else json.dumps(value)
