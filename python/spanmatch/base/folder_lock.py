"""A lock on a folder of results, which the system releases when the process ends.

A process that writes to a folder holds its `.lock`. The file names the process and its command,
and is deleted at the end. A file that a killed process left behind does not lock the folder: the
next process takes it over.
"""

from __future__ import annotations

import errno
import json
import os
import shlex
import socket
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spanmatch.base.errors import FileError, FolderInUseError, warn_user
from spanmatch.base.regular_file import follow_links

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = ".lock"
LETTERS = 200  # The longest command in an error.
TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
BYTE = 2**30  # The byte that Windows locks. Others cannot read a byte that it locks.

_held: dict[Path, tuple[int, int]] = {}
"""The thread that holds each locked folder, and the descriptor of the lock."""


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder against all other processes and threads, and make it if it does not exist.

    The thread that holds a folder may lock it again, and folders inside it. On a file system
    without locks this warns and continues.

    Raises
    ------
    FolderInUseError
        Another process or thread is writing to the folder. This is a ValueError.
    OSError
        The folder cannot be made or written to.
    FileError
        The folder has a `.lock` that is not a file.
    """
    place = follow_links(folder)
    if _is_held(place):
        yield
        return
    try:
        place.mkdir(parents=True, exist_ok=True)
        descriptor = _take(place / LOCK, folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error
    _held[place] = threading.get_ident(), descriptor
    try:
        yield
    finally:
        del _held[place]
        _give_back(place / LOCK, descriptor)


def give_back_all() -> None:
    """Delete all lock files of this process, which is about to end."""
    for place in list(_held):
        (place / LOCK).unlink(missing_ok=True)


def _is_held(place: Path) -> bool:
    """Tell whether this thread holds the folder, or one that contains it."""
    mine = [each for each, (thread, _) in _held.items() if thread == threading.get_ident()]
    return any(place.is_relative_to(each) for each in mine)


def _take(path: Path, folder: Path) -> int:
    """Take a lock, and return its descriptor."""
    while True:
        # The file is written to, so it must not be a link to another file.
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise FileError(f"{path} is not a lock file of spanmatch: move it away")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | NO_LINKS, 0o666)
        try:
            locked = _try_to_lock(descriptor)
        except OSError as error:
            os.close(descriptor)
            if error.errno not in TAKEN:
                raise
            raise FolderInUseError(
                f"{folder} is in use{_tell_holder(path)}: wait until that has ended, or choose "
                "another folder"
            ) from None
        if not locked:
            warn_user(
                f"{folder} is on a file system without locks: see that no other process writes "
                "there meanwhile"
            )
        # The previous holder may have deleted the file between these two steps.
        if _is_still_at(descriptor, path):
            break
        os.close(descriptor)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, json.dumps(_describe_self()).encode())
    return descriptor


def _give_back(path: Path, descriptor: int) -> None:
    """Delete the file, and release the lock."""
    if os.name == "nt":
        # Windows cannot delete an open file, so a file that can be deleted is not in use.
        os.close(descriptor)
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            return
    else:
        # Delete the file while the lock is held, so that a waiting process sees that it is gone.
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _is_still_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _describe_self() -> dict[str, object]:
    command = shlex.join(sys.orig_argv)
    return {"process": os.getpid(), "host": socket.gethostname(), "command": command}


def _tell_holder(path: Path) -> str:
    """Return a text that names the holder of the lock, if its file can be read."""
    try:
        holder = json.loads(path.read_bytes())
        process, host, command = int(holder["process"]), str(holder["host"]), str(holder["command"])
    except (KeyError, OSError, TypeError, ValueError):
        return " by another process"
    if process == os.getpid() and host == socket.gethostname():
        return " by another thread of this process"
    where = "" if host == socket.gethostname() else f" on {host}"
    shown = command if len(command) <= LETTERS else command[: LETTERS - 1] + "…"
    return f" by process {process}{where} ({shown})"


if sys.platform == "win32":
    import msvcrt

    def _try_to_lock(descriptor: int) -> bool:
        """Lock; raise OSError of `TAKEN` if another process has the lock."""
        os.lseek(descriptor, BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_to_lock(descriptor: int) -> bool:
        """Lock, or return False without locks; raise OSError of `TAKEN` if another has the lock."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in TAKEN:
                raise
            return False
        return True


def _let_go_in_child() -> None:
    # A worker of a DataLoader may outlive its parent, and must not hold the lock.
    for _, descriptor in _held.values():
        os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)
