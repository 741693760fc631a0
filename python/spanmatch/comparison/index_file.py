"""The index of a folder: a JSON file with the kind and the format of the folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanmatch._core import __version__
from spanmatch.base.errors import FileError, describe_damage
from spanmatch.base.plain_json import read_json
from spanmatch.base.words import shorten

if TYPE_CHECKING:
    from pathlib import Path


def read_index(path: Path, kind: str, newest: int, owner: str) -> dict[str, Any]:
    """Read an index, and check its kind and format.

    Parameters
    ----------
    path
        The file.
    kind
        The kind that the file must name.
    newest
        The largest format that can be read.
    owner
        The kind of result that has such a file, in words for an error.

    Raises
    ------
    FileError
        The file is missing, damaged, of another kind, or of a newer format.
    """
    try:
        index = read_json(path)
    except FileNotFoundError as error:
        why = f"{owner} has one once it is saved whole"
        raise FileError(f"{path} is missing: {why}") from error
    if index.get("spanmatch") != kind:
        raise FileError(f"{path} is not one that spanmatch has written")
    if type(index.get("format")) is not int or index["format"] < 1:
        raise describe_damage(path, "it does not say which format it has")
    if index["format"] > newest:
        raise FileError(
            f"{path} has format {shorten(str(index['format']))}, of spanmatch "
            f"{shorten(str(index.get('version', '?')))}; this is spanmatch {__version__}, which "
            f"reads formats up to {newest}: upgrade"
        )
    return index
