"""Files that can be read to their end: no pipe, no device, no socket in their place."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from spanmatch.base.errors import FileError

if TYPE_CHECKING:
    from os import PathLike

KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def check_regular(path: str | PathLike[str]) -> None:
    """Refuse what only stands in a file's place, before it is opened: to open a pipe may hang.

    A folder passes, for to open one fails at once.

    Raises
    ------
    OSError
        There is no such file, or its folder cannot be looked into.
    FileError
        It is a pipe, a socket or a device.
    """
    mode = os.stat(path).st_mode  # noqa: PTH116 - a path may be a text
    for is_kind, kind in KINDS:
        if is_kind(mode):
            raise FileError(
                f"{os.fspath(path)} is {kind}, not a file: save what it holds to a file, and name "
                "that one"
            )
