"""Who may write to a folder of results: whoever asks for what it was made by, and nobody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

SHOWN = 12  # hexadecimal digits of a hash


def check_claim(
    config: Path,
    held: Sequence[str],
    read: Callable[[Path], Mapping[str, Any]],
    now: Mapping[str, Any],
    *,
    what: str,
    way_out: str,
) -> None:
    """See that a folder which holds results was made by what is asked for now.

    Parameters
    ----------
    config
        The file in the folder that says what it was made by.
    held
        Names of the results that are there: one at least.
    read
        What reads `config`.
    now
        What is asked for.
    what, way_out
        What the folder holds, and what to do but for choosing another folder, in words.

    Raises
    ------
    ValueError
        The folder holds something else. The error shows what differs.
    """
    folder = config.parent
    if not config.is_file():
        raise ValueError(
            f"{folder} holds {', '.join(held)}, but no {config.name} that says of what: choose "
            "another folder"
        )
    if differing := find_differences(read(config), now):
        raise ValueError(
            f"{folder} holds another {what}, which stays as it is: choose another folder, or "
            f"{way_out}{differing}"
        )


def find_differences(there: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return a line, indented, for each value that differs; nothing where none does.

    >>> print(find_differences({"seed": 0, "data": "digits"}, {"seed": 1, "data": "digits"}))
    <BLANKLINE>
      seed: 0 there, 1 now
    """
    names = [*now, *(name for name in there if name not in now)]
    return "".join(
        f"\n  {name}: {_format_value(name, there)} there, {_format_value(name, now)} now"
        for name in names
        if there.get(name) != now.get(name)
    )


def _format_value(name: str, values: Mapping[str, Any]) -> str:
    value = values.get(name)
    return value[:SHOWN] if name.endswith("_sha256") and value else json.dumps(value)
