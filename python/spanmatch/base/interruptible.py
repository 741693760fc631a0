"""Work of libraries that do not look for Ctrl-C, in a thread that can be left."""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    Arguments = ParamSpec("Arguments")
    Result = TypeVar("Result")

GLANCE = 0.1  # seconds, after which a system whose waits hear no signal looks for one
INTERRUPTED = 130

_left: list[threading.Event] = []
"""The end of each work that has been left."""


def run_interruptibly(
    work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Return what `work` does; on Ctrl-C leave it at once, and let it end unheard.

    What it reads stays in memory until then, and the process does not end before it, but for
    another Ctrl-C. Signals come to the main thread alone, so any other does the work itself.

    >>> run_interruptibly(sum, [1, 2], start=3)
    6
    """
    if threading.current_thread() is not threading.main_thread():
        return work(*args, **kwargs)
    results: list[Result] = []
    errors: list[BaseException] = []
    # A thread whose `join` is interrupted is taken for one that has ended.
    ended = threading.Event()

    # numpy keeps what it does with an overflow by context, and before version 2 by thread.
    reactions = np.geterr()

    def attempt() -> None:
        try:
            with np.errstate(**reactions):
                results.append(work(*args, **kwargs))
        except BaseException as error:
            errors.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=attempt, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        # There is no room for another: rather an answer than none to interrupt.
        return work(*args, **kwargs)
    try:
        while not ended.wait(GLANCE):
            pass
    except BaseException:
        _left[:] = [each for each in (*_left, ended) if not each.is_set()]
        raise
    for error in errors:
        raise error
    return results[0]


@atexit.register
def _wait_for_left() -> None:
    # A library that is unloaded under a thread that is in it takes the process down.
    try:
        for ended in _left:
            while not ended.wait(GLANCE):
                pass
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)


if hasattr(os, "register_at_fork"):
    # A fork takes no thread along that could end.
    os.register_at_fork(after_in_child=_left.clear)
