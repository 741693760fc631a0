"""Work that is done in a thread of its own: what it returns, raises and sees."""

from __future__ import annotations

import signal
import sys
import threading
import time

import numpy as np
import pytest

from spanmatch.base.interruptible import run_interruptibly


def test_results_and_errors_come_out_as_they_are() -> None:
    assert run_interruptibly(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError, match="by zero"):
        run_interruptibly(divmod, 7, 0)


def test_what_numpy_does_with_an_overflow_is_the_same_there() -> None:
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        run_interruptibly(np.multiply, np.float64(1e308), np.float64(10.0))


def test_a_thread_that_hears_no_signal_does_the_work_itself() -> None:
    found: list[threading.Thread] = []
    caller = threading.Thread(
        target=lambda: found.append(run_interruptibly(threading.current_thread))
    )
    caller.start()
    caller.join()
    assert found == [caller]


def test_without_room_for_a_thread_the_caller_does_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert run_interruptibly(threading.current_thread) is threading.main_thread()


@pytest.mark.skipif(sys.platform == "win32", reason="sends itself a signal")
def test_ctrl_c_leaves_the_work_at_once() -> None:
    ended = threading.Event()

    def work() -> None:
        time.sleep(2.0)
        ended.set()

    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_interruptibly(work)
    assert time.monotonic() - start < 1.9
    assert ended.wait(30)
