"""The index of a checkpoint in several files, which names the file of each weight."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from spanmatch.base.errors import FileError
from spanmatch.base.plain_json import parse_json
from spanmatch.base.regular_file import check_regular

if TYPE_CHECKING:
    from pathlib import Path

ENDING = ".index.json"
MAX_INDEX = 100_000_000  # bytes, as of the headers of safetensors


def is_index(path: Path) -> bool:
    """Tell whether a file is an index, by its name.

    >>> from pathlib import Path
    >>> is_index(Path("model.safetensors.index.json")), is_index(Path("config.json"))
    (True, False)
    """
    return path.name.endswith(ENDING)


def read_index(path: Path) -> dict[Path, list[str]]:
    """Return the files that an index names, in their order, each with the weights it should hold.

    Raises
    ------
    OSError
        The index cannot be read.
    spanmatch.FileError
        The file is not an index, or names files that are not beside it.
    """
    check_regular(path)
    with path.open("rb") as file:
        text = file.read(MAX_INDEX + 1)
    if len(text) > MAX_INDEX:
        raise FileError(f"{path} is no index of a checkpoint: none has more than {MAX_INDEX} bytes")
    try:
        content = parse_json(text)
    except ValueError as error:
        raise FileError(f"{path} is damaged, or no JSON: {error}") from error
    places = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(places, dict) or not places:
        raise FileError(f"{path} is no index of a checkpoint: it has no weight_map")
    files: dict[Path, list[str]] = {}
    for weight, name in places.items():
        if not isinstance(name, str) or not _is_beside(name):
            raise FileError(
                f"{path} says that {weight!r} lies in {name!r}: name a file in the same folder"
            )
        files.setdefault(path.parent / name, []).append(weight)
    return dict(sorted(files.items()))


def _is_beside(name: str) -> bool:
    """Tell whether a text is a file's name and not a path, here or on another system."""
    return (
        name not in ("", ".", "..")
        and "\0" not in name
        and not name.endswith(ENDING)
        and all(kind(name).name == name for kind in (PurePosixPath, PureWindowsPath))
    )
