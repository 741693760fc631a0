"""Regular files of limited size: pipes, devices and sockets are refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO, TYPE_CHECKING

from spanmatch.base.errors import FileError
from spanmatch.base.memory import format_bytes

if TYPE_CHECKING:
    from os import PathLike

KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def check_regular(path: str | PathLike[str]) -> None:
    """Raise FileError for a pipe, a socket or a device, since opening one may hang.

    A folder passes, since opening one fails at once.

    Raises
    ------
    OSError
        There is no such file, or its folder cannot be read.
    FileError
        The path is a pipe, a socket or a device.
    """
    mode = os.stat(path).st_mode  # noqa: PTH116 - a path may be a text
    for is_kind, kind in KINDS:
        if is_kind(mode):
            raise FileError(
                f"{os.fspath(path)} is {kind}, not a file: save what it holds to a file, and name "
                "that one"
            )


def follow_links(path: str | PathLike[str]) -> Path:
    """Return a path with all links followed, which may not exist.

    `Path.resolve` of Python 3.12 and older would raise RuntimeError for a loop of links.
    """
    return Path(os.path.realpath(path))


def read_whole(path: str | PathLike[str], most: int) -> bytes:
    """Return the content of a small file.

    Raises
    ------
    OSError
        The file cannot be read.
    FileError
        The path is not a file, or the file has more than `most` bytes.
    """
    check_regular(path)
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise FileError(
                f"{os.fspath(path)} has {format_bytes(size)}, and what spanmatch writes there has "
                f"{format_bytes(most)} at most: it is another file, or damaged"
            )
        return file.read(most)


def fill(file: IO[bytes], room: memoryview) -> None:
    """Read bytes until `room` is full; raise EOFError if the file ends before."""
    while len(room) > 0:
        count: int = file.readinto(room)  # type: ignore[attr-defined]
        if not count:
            raise EOFError(f"it was cut short while it was read: {len(room)} bytes are not there")
        room = room[count:]
