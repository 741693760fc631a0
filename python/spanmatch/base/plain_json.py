"""Standard JSON, as text and in files."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from spanmatch.base.atomic import replacing
from spanmatch.base.errors import FileError, describe_damage
from spanmatch.base.regular_file import read_whole

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 64 << 20  # No index or record of spanmatch has more bytes.


def format_json(value: Any, *, indent: int | None = None) -> str:
    """Return plain data as JSON, with null for inf and nan, which JSON does not have.

    Dead neurons have such values: a critical ε of inf, and a chance level of nan.
    """
    text = json.dumps(_replace_non_finite(value), allow_nan=False, indent=indent)
    # The only control character that JSON does not escape.
    return text.replace("\x7f", "\\u007f")


def parse_json(text: str | bytes) -> Any:
    """Parse a JSON text; unlike `json.loads` this refuses an object that has a name twice.

    >>> parse_json('{"n_x": 3, "n_x": 4}')
    Traceback (most recent call last):
    ValueError: it names 'n_x' twice

    Raises
    ------
    ValueError
        The text is no JSON, it is nested too deep, or an object in it has a name twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_make_object)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def write_json(path: Path, value: Any) -> None:
    """Write plain data, indented; `path` is never left half written."""
    with replacing(path) as unfinished:
        unfinished.write_text(format_json(value, indent=1) + "\n", encoding="utf-8")


def read_json(path: Path, way_out: str = "") -> dict[str, Any]:
    """Read a file of one JSON object.

    Raises
    ------
    OSError
        The file cannot be read.
    FileError
        The file holds no JSON object. The message ends with `way_out`, which says what to do.
    """
    try:
        content = parse_json(read_whole(path, MOST_BYTES))
    except FileError:
        raise
    except ValueError as error:
        raise describe_damage(path, error, way_out) from error
    if not isinstance(content, dict):
        raise describe_damage(path, "it holds no object", way_out)
    return content


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise ValueError(f"it names {twice!r} twice")
    return made


def _replace_non_finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _replace_non_finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_replace_non_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
