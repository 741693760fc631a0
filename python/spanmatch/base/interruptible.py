"""Calls of libraries that ignore Ctrl-C, run in a thread that can be abandoned."""

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

GLANCE = 0.1  # Seconds between checks, for systems on which signals do not interrupt a wait.
INTERRUPTED = 130

_left: list[threading.Event] = []
"""An event for each abandoned thread, set when it ends."""


def run_interruptibly(
    work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Return the result of `work`, or abandon it at once on Ctrl-C.

    An abandoned thread keeps its data in memory until it ends. The process waits for it at exit,
    unless it gets another Ctrl-C. Only the main thread receives signals, so in other threads the
    work runs directly.

    >>> run_interruptibly(sum, [1, 2], start=3)
    6
    """
    if threading.current_thread() is not threading.main_thread():
        return work(*args, **kwargs)
    results: list[Result] = []
    errors: list[BaseException] = []
    # An event tells the end of the thread, since Python takes it for ended after an interrupted
    # `join`.
    ended = threading.Event()
    # numpy keeps its handling of overflow for each thread, or from version 2 on for each context.
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
        # No thread can be started, so the work runs here and cannot be interrupted.
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
    # Unloading a library while a thread runs in it would crash the process.
    try:
        for ended in _left:
            while not ended.wait(GLANCE):
                pass
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)


if hasattr(os, "register_at_fork"):
    # A forked child has none of these threads.
    os.register_at_fork(after_in_child=_left.clear)
