"""One process at a time at a folder of results: a lock that the system releases with the process.

Whoever works in a folder holds its `.lock`, which names the process and its command, and is taken
away at the end. One that a killed process has left is no lock any more: the next takes it over.
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
LETTERS = 200  # of a command in an error
TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
BYTE = 2**30  # what Windows locks: what it locks nobody can read

_held: dict[Path, tuple[int, int]] = {}
"""The thread that holds each folder, and the descriptor of the lock."""


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made if it is not there, against all other processes and threads.

    The thread that holds it may take it again, and what is within it. Where the file system has no
    locks, it warns, and goes on.

    Raises
    ------
    FolderInUseError
        Another process or thread is at work there. A ValueError.
    OSError
        The folder cannot be made, or not be written to.
    FileError
        What is called `.lock` there is no file.
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
    """Take away the locks of this process, which ends."""
    for place in list(_held):
        (place / LOCK).unlink(missing_ok=True)


def _is_held(place: Path) -> bool:
    """Tell whether this thread holds a folder, or one that it is in."""
    mine = [each for each, (thread, _) in _held.items() if thread == threading.get_ident()]
    return any(place.is_relative_to(each) for each in mine)


def _take(path: Path, folder: Path) -> int:
    """Return the descriptor of a lock that is held."""
    while True:
        # It is written to: no link may lead to something else.
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
        # Whoever held it may have taken the file away between the two steps.
        if _is_still_at(descriptor, path):
            break
        os.close(descriptor)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, json.dumps(_describe_self()).encode())
    return descriptor


def _give_back(path: Path, descriptor: int) -> None:
    """Take the file away, and end the lock."""
    if os.name == "nt":
        # No file that is open can be taken away there, so that here nobody else has it.
        os.close(descriptor)
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            return
    else:
        # While it is held: whoever waits for this file finds that it is no longer there.
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
    """Return who holds the lock, as far as that can be read."""
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
        """Lock; OSError of `TAKEN` where another has; False where there are no locks."""
        os.lseek(descriptor, BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_to_lock(descriptor: int) -> bool:
        """Lock; OSError of `TAKEN` where another has; False where there are no locks."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in TAKEN:
                raise
            return False
        return True


def _let_go_in_child() -> None:
    # A worker of a DataLoader, which may outlive its parent, holds nothing.
    for _, descriptor in _held.values():
        os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)
