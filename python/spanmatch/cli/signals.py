"""SIGINT and SIGTERM: a command ends at once, and leaves no unfinished file.

The first signal is raised as an exception, so that the command can clean up. Two seconds later the
process ends, even if work such as a product of large matrices has not ended. A second signal ends
the process at once.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spanmatch.base.atomic import remove_own_unfinished
from spanmatch.base.folder_lock import give_back_all

if TYPE_CHECKING:
    from collections.abc import Iterator

GRACE = 2.0  # seconds
SAID = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
SHOW_CURSOR = "\x1b[?25h"  # Progress bars hide the cursor.


class _Seen:
    """The first signal that was received."""

    number: signal.Signals | None = None


@contextmanager
def ending_by_signals() -> Iterator[None]:
    """Run a command; after a signal, exit with 128 plus the number of the signal."""
    # A shell starts background jobs with SIGINT ignored, so that they go on: leave it ignored.
    caught = [each for each in SAID if signal.getsignal(each) != signal.SIG_IGN]
    seen = _Seen()
    try:
        try:
            _watch(caught, seen)
            yield
        finally:
            # The command has ended, and there is nothing left to interrupt.
            for each in caught:
                signal.signal(each, signal.SIG_IGN)
    except (KeyboardInterrupt, SystemExit) as error:
        if seen.number is None and isinstance(error, SystemExit):
            raise
        # Without a number, Python itself raised KeyboardInterrupt before `_watch` was ready.
        seen.number = seen.number or signal.SIGINT
        # A command that has begun reports SIGINT itself, and then raises SystemExit.
        if isinstance(error, KeyboardInterrupt) or seen.number is signal.SIGTERM:
            sys.stderr.write(f"{SAID[seen.number]}\n")
    if seen.number is not None:
        sys.exit(128 + seen.number)


def _watch(caught: list[signal.Signals], seen: _Seen) -> None:
    """Raise the first signal in the main thread; another thread ends the process if need be."""

    def handle(number: int, _: object) -> None:
        if seen.number is not None:
            return
        seen.number = signal.Signals(number)
        if seen.number is signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    def wait() -> None:
        first = inbox.recv(1)[0]
        while first not in caught:
            first = inbox.recv(1)[0]
        inbox.settimeout(GRACE)
        try:
            while inbox.recv(1)[0] not in caught:
                pass
        except TimeoutError:
            pass
        _end_now(signal.Signals(first))

    def reset() -> None:
        # A child shares the socket of its parent: a signal to the child would end the parent.
        signal.set_wakeup_fd(-1)
        outbox.close()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def end_where_lost(raised: sys.UnraisableHookArgs) -> None:
        # An exception in a callback of the garbage collector or of an import cannot be caught.
        if seen.number is not None and issubclass(raised.exc_type, KeyboardInterrupt | SystemExit):
            _end_now(seen.number)
        sys.__unraisablehook__(raised)

    sys.unraisablehook = end_where_lost
    inbox, outbox = socket.socketpair()
    outbox.setblocking(False)
    signal.set_wakeup_fd(outbox.fileno(), warn_on_full_buffer=False)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=reset)
    threading.Thread(target=wait, daemon=True).start()
    for each in caught:
        signal.signal(each, handle)


def _end_now(number: signal.Signals) -> None:
    """End the process at once, from any thread, without waiting for its work."""
    remove_own_unfinished()
    give_back_all()
    shown = SHOW_CURSOR if os.isatty(2) else ""
    os.write(2, f"{shown}{SAID[number]}\n".encode())
    os._exit(128 + number)
