"""A lock that raises an error in a forked child, which would otherwise wait forever."""

from __future__ import annotations

import os
from threading import RLock

PATIENCE = 0.1  # The seconds to wait, as another thread of the child may hold it for this check.


class ForkAwareLock:
    """A reentrant lock, for `with`.

    A forked child has only the thread that forked. A lock that another thread held stays locked in
    the child for ever, and its data may be half changed. In this case the child gets RuntimeError.
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
        if self._lock.acquire(timeout=PATIENCE):
            self._process = os.getpid()
            self._lock.release()
        elif self._process != os.getpid():  # No other thread of the child has taken it over.
            raise RuntimeError(
                "another thread was using this pair when the process was forked, and its sums may "
                "be half changed here: copy the pair, or save it, before the fork"
            )
