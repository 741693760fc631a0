"""Files that appear under their name only once they are complete."""

from __future__ import annotations

import errno
import os
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


UNFINISHED = r"\..+\.[0-9a-f]{16}"
NAME = 60  # The bytes of a name that the unfinished file repeats, since names have at most 255.

_own: set[Path] = set()
"""The files that are being written."""


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield an empty file beside `path` to write to, which is renamed to `path` at the end.

    If `path` is a link, its target is replaced. An error of the system names `path`.
    """
    path = check_writable(path)
    # Two processes may write the same file at once. The last one to finish is kept.
    unfinished = path.with_name(f".{_shorten(path.name)}.{os.urandom(8).hex()}")
    _own.add(unfinished)
    try:
        unfinished.touch()
        yield unfinished
        with unfinished.open("r+b") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException as error:
        # If it cannot be deleted either, the error of writing is the one to report.
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None and _is_of(error, unfinished):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        _own.discard(unfinished)


def remove_own_unfinished() -> None:
    """Delete the unfinished files of this process, which is about to end."""
    for path in list(_own):
        path.unlink(missing_ok=True)


def remove_unfinished(folder: Path, within: Iterable[str] = (), name: str | None = None) -> None:
    """Delete the files that `replacing` left in a folder when a process was killed.

    Folders inside it are searched only if `within` names them, and then with all that is in them.
    No link is followed. With `name`, only unfinished files of this name are deleted.
    """
    prefix = "." if name is None else f".{_shorten(name)}."
    found = list(folder.glob(".*"))
    for part in (folder / name for name in within):
        if not part.is_symlink():
            found += [Path(top, name) for top, _, names in os.walk(part) for name in names]
    for path in found:
        is_unfinished = path.name.startswith(prefix) and re.fullmatch(UNFINISHED, path.name)
        if is_unfinished and not path.is_dir():
            path.unlink(missing_ok=True)


def check_writable(path: str | os.PathLike[str]) -> Path:
    """Return the file that `path` leads to, or raise OSError if it cannot be written."""
    path = Path(path)
    if path.is_symlink():
        place = os.path.realpath(path)
        # A path that is still a link is part of a loop.
        if Path(place).is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        path = Path(place)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        raise FileExistsError(errno.EEXIST, "it is not a file, and is not replaced", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "there is no such folder to write to", str(path.parent)
        )
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path.parent))
    return path


def _shorten(name: str) -> str:
    return os.fsencode(name)[:NAME].decode(errors="replace")


def _is_of(error: OSError, unfinished: Path) -> bool:
    """Tell whether an error names the unfinished file, which the user does not know, or none."""
    return error.filename is None or os.fspath(error.filename) == os.fspath(unfinished)
