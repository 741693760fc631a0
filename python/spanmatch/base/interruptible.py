"""Work of libraries that do not look for Ctrl-C, in a thread that can be left."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    Arguments = ParamSpec("Arguments")
    Result = TypeVar("Result")

GLANCE = 0.1  # seconds, after which a system whose waits hear no signal looks for one


def run_interruptibly(
    work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Return what `work` does; on Ctrl-C leave it at once, and let it end unheard.

    What it reads stays in memory until then. Signals come to the main thread alone, so any other
    does the work itself.

    >>> run_interruptibly(sum, [1, 2], start=3)
    6
    """
    if threading.current_thread() is not threading.main_thread():
        return work(*args, **kwargs)
    results: list[Result] = []
    errors: list[BaseException] = []

    def attempt() -> None:
        try:
            results.append(work(*args, **kwargs))
        except BaseException as error:
            errors.append(error)

    # In the same context: what numpy does with an overflow is part of it. A process that ends does
    # not wait for a daemon.
    thread = threading.Thread(target=contextvars.copy_context().run, args=(attempt,), daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(GLANCE)
    for error in errors:
        raise error
    return results[0]
