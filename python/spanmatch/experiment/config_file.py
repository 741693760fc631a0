"""The config of an experiment as TOML: the user's, and the one beside the results."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from spanmatch.base.atomic import replacing
from spanmatch.base.errors import FileError, describe_damage
from spanmatch.base.regular_file import read_whole
from spanmatch.base.words import suggest
from spanmatch.experiment.config import get_value_types

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MADE_WITH = "made_with"
"""The table of versions and of hashes of files, on which the results also depend."""
ABSENT: dict[str, Any] = {"nulls": 0, "folds": 0, "keep": "pairs"}
"""The values for recorded configs that were written before these options existed."""
MOST_BYTES = 1 << 20  # The largest config to read: each checkpoint takes a line.
HEAD = "# Asked for by: spanmatch experiment --config THIS_FILE --out FOLDER\n"


def read_values(path: Path) -> dict[str, Any]:
    """Return the values that a config file holds, by the names of `ExperimentConfig`.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        The file is not TOML, or holds a name that is not known.
    """
    values = _read(path)
    values.pop(MADE_WITH, None)
    known = get_value_types()
    for name in values:
        if name not in known:
            hint = suggest(name, known, len(known))
            raise ValueError(f"{path}: an experiment has no {name!r}; {hint}")
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }


def read_recorded(path: Path) -> dict[str, Any]:
    """Return all that `write_recorded` was given."""
    values = _read(path)
    made_with = values.pop(MADE_WITH, {})
    if not isinstance(made_with, dict):
        raise describe_damage(path, f"its {MADE_WITH} is no table")
    return values | made_with


def is_recorded(path: Path) -> bool:
    """Tell whether an experiment has written this file."""
    return MADE_WITH in _read(path)


def write_recorded(path: Path, config: Mapping[str, Any], made_with: Mapping[str, str]) -> None:
    """Write a config, and the versions and hashes on which the results also depend."""
    import tomli_w

    text = tomli_w.dumps({**config, MADE_WITH: dict(made_with)})
    with replacing(path) as unfinished:
        unfinished.write_text(HEAD + text, encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = tomllib.loads(read_whole(path, MOST_BYTES).decode())
    except FileError:
        raise
    except (RecursionError, ValueError) as error:
        raise FileError(f"{path} is no TOML: {error}") from error
    return values
