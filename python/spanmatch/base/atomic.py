"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


UNFINISHED = r"\.(?P<name>.+)\.[0-9a-f]{16}"

_own: set[Path] = set()
"""The files that are being written."""


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield an empty file beside `path` to write to, which takes the name at the end.

    A link is followed: what it points to is replaced.
    """
    path = check_writable(path)
    # Two may write under one name at once: the last one to end is kept.
    unfinished = path.with_name(f".{path.name[:100]}.{os.urandom(8).hex()}")
    _own.add(unfinished)
    try:
        unfinished.touch()
        yield unfinished
        with unfinished.open("r+b") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
        _own.discard(unfinished)


def remove_own_unfinished() -> None:
    """Take away what this process is writing, which ends."""
    for path in list(_own):
        path.unlink(missing_ok=True)


def remove_unfinished(folder: Path, name: str | None = None) -> None:
    """Take away what `replacing` has left in a folder, where a process was killed as it wrote.

    `name`: only of the file of this name.
    """
    for path in folder.glob(".*"):
        unfinished = re.fullmatch(UNFINISHED, path.name)
        if unfinished and name in (None, unfinished["name"]):
            path.unlink(missing_ok=True)


def remove_all_unfinished(folder: Path, within: Iterable[str]) -> None:
    """Do so in a folder, and in those of these names within it, however deep."""
    tops = [folder / name for name in within]
    for each in (folder, *(part for top in tops for part in (top, *top.rglob("*/")))):
        if each.is_dir():
            remove_unfinished(each)


def check_writable(path: str | os.PathLike[str]) -> Path:
    """Return the file that `path` names, links followed, or raise OSError if it cannot be one."""
    path = Path(path)
    if path.is_symlink():
        path = path.resolve()
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "there is no such folder to write to", str(path.parent)
        )
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path.parent))
    return path
