"""The check that a folder of results was made with the same config as is asked for now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

SHOWN = 12  # The hexadecimal digits of a hash in an error.


def check_claim(
    config: Path,
    held: Sequence[str],
    read: Callable[[Path], Mapping[str, Any]],
    now: Mapping[str, Any],
    *,
    what: str,
    way_out: str,
) -> None:
    """Raise ValueError if a folder of results was made with another config.

    Parameters
    ----------
    config
        The file in the folder that holds the config of its results.
    held
        Names of the results in the folder, at least one.
    read
        The function that reads `config`.
    now
        The config that is asked for.
    what, way_out
        The kind of results in words, and what to do instead of choosing another folder.

    Raises
    ------
    ValueError
        The folder holds other results. The message shows what differs.
    """
    folder = config.parent
    if not config.is_file():
        raise ValueError(
            f"{folder} holds {', '.join(held)}, but lacks the {config.name} that they were made "
            "with: choose another folder"
        )
    if differing := find_differences(read(config), now):
        raise ValueError(
            f"{folder} holds another {what}, which stays as it is: choose another folder, or "
            f"{way_out}{differing}"
        )


def find_differences(there: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return an indented line for each value that differs, or "" if none does.

    For lists of mappings, such as networks, it shows the first two that differ.

    >>> print(find_differences({"seed": 0, "data": "digits"}, {"seed": 1, "data": "digits"}))
    <BLANKLINE>
      seed: 0 there, 1 now
    >>> there = {"networks": [{"name": "a"}]}
    >>> print(find_differences(there, {"networks": [{"name": "a"}, {"name": "b"}]}))
    <BLANKLINE>
      networks: 1 there, 2 now
    """
    names = [*now, *(name for name in there if name not in now)]
    return "".join(
        f"\n  {line}"
        for name in names
        if there.get(name) != now.get(name)
        for line in _describe_difference(name, there.get(name), now.get(name))
    )


def _describe_difference(name: str, there: Any, now: Any) -> Iterator[str]:
    if not (_lists_mappings(there) and _lists_mappings(now)):
        yield f"{name}: {_format_value(name, there)} there, {_format_value(name, now)} now"
        return
    if len(there) != len(now):
        yield f"{name}: {len(there)} there, {len(now)} now"
    for at, (old, new) in enumerate(zip(there, now, strict=False)):
        if old != new:
            for key in (key for key in new if old.get(key) != new[key]):
                yield from _describe_difference(f"{name}[{at}].{key}", old.get(key), new[key])
            return


def _lists_mappings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _format_value(name: str, value: Any) -> str:
    return value[:SHOWN] if name.endswith("_sha256") and value else json.dumps(value)
