"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


UNFINISHED = r"\..+\.[0-9a-f]{16}"


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield an empty file beside `path` to write to, which takes the name at the end.

    A link is followed: what it points to is replaced.
    """
    path = check_writable(path)
    # Two may write under one name at once: the last one to end is kept.
    unfinished = path.with_name(f".{path.name[:100]}.{os.urandom(8).hex()}")
    try:
        unfinished.touch()
        yield unfinished
        with unfinished.open("r+b") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def remove_unfinished(folder: Path) -> None:
    """Take away what `replacing` has left in a folder, where a process was killed as it wrote."""
    for path in folder.glob(".*"):
        if re.fullmatch(UNFINISHED, path.name):
            path.unlink(missing_ok=True)


def check_writable(path: str | os.PathLike[str]) -> Path:
    """Return the file that `path` names, links followed, or raise OSError if it cannot be one."""
    path = Path(path)
    if path.is_symlink():
        place = os.path.realpath(path)
        # What is still a link leads round in a circle.
        if Path(place).is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        path = Path(place)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "there is no such folder to write to", str(path.parent)
        )
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path.parent))
    return path
