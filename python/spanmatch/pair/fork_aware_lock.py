"""A lock that raises an error in a forked child, which would otherwise wait forever."""

from __future__ import annotations

import os
from threading import RLock

PATIENCE = 0.1  # seconds between checks, in which another thread may detect the fork too


class ForkAwareLock:
    """A reentrant lock, for `with`.

    A fork takes along the thread that forks and no other. What another thread holds then stays
    locked in the child for ever, and what it guards may be half changed there: RuntimeError.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._process = os.getpid()

    def __enter__(self) -> None:
        if self._process != os.getpid():
            self._take_over()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _take_over(self) -> None:
        if not self._lock.acquire(timeout=PATIENCE):
            raise RuntimeError(
                "another thread was using this pair when the process was forked, and its sums may "
                "be half changed here: copy the pair, or save it, before the fork"
            )
        self._process = os.getpid()
        self._lock.release()
