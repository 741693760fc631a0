"""What a forked child finds of pairs that its parent was using, and of the parent's threads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from spanmatch.pair.fork_aware_lock import PATIENCE, ForkAwareLock

PREPARE = """
import os, pickle, signal, threading, time
import numpy as np
import spanmatch as sm
from spanmatch import _core

rng = np.random.default_rng(0)
x, y = rng.standard_normal((2, 200, 40))
pair = sm.ActivationPair()
pair.update(x, y)
answer = sm.spectrum(pair)

def fork(work):
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        code = 1
        try:
            work()
            code = 0
        except RuntimeError as error:
            code = 3 if "forked" in str(error) else 4
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) or os.WEXITSTATUS(status)

def during(work, ready, then):
    thread = threading.Thread(target=work)
    thread.start()
    while not ready():
        time.sleep(0.001)
    found = then()
    thread.join()
    return found
"""

# Rows that lie in memory once, and take seconds.
LONG = """
large = [np.broadcast_to(z[:1], (1_500_000, 40)) for z in (x, y)]
"""


def run(script: str) -> list[str]:
    """Return what a script prints."""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PREPARE + script],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return found.stdout.splitlines()


needs_fork = pytest.mark.skipif(sys.platform != "linux", reason="forks, and threads that go on")


@needs_fork
def test_a_child_solves_and_updates_what_the_parent_used() -> None:
    script = """
def work():
    assert sm.spectrum(pair) == answer
    pair.update(x, y)
    assert pair.n_samples == 400
    sm.set_num_threads(1)
    assert sm.spectrum(x, y) == answer
print([fork(work) for _ in range(3)], pair.n_samples)
"""
    assert run(script) == ["[0, 0, 0] 200"]


@needs_fork
@pytest.mark.parametrize(
    "use", ["pair.n_samples", "pair.update(x, y)", "sm.spectrum(pair)", "pickle.dumps(pair)"]
)
def test_a_pair_that_another_thread_updates_is_refused_in_the_child(use: str) -> None:
    script = (
        LONG
        + f"""
busy = threading.Event()
found = during(
    lambda: (busy.set(), pair.update(*large)),
    busy.is_set,
    lambda: (time.sleep(0.1), fork(lambda: {use}), fork(lambda: sm.spectrum(x, y)))[1:],
)
print(found, pair.n_samples)
"""
    )
    assert run(script) == ["(3, 0) 1500200"]


@needs_fork
def test_sums_that_another_thread_reads_are_refused_in_the_child() -> None:
    script = """
both = rng.standard_normal((3000, 1500))
more = both + 1e-4 * rng.standard_normal(both.shape)
gram = _core.Gram()
gram.update([np.hstack([both, more]), np.hstack([more, both])])
done = []
def solve():
    try:
        _core.spectrum(gram, False, None, True)
    finally:
        done.append(True)
found = during(
    solve,
    lambda: True,
    lambda: (time.sleep(0.1), fork(lambda: gram.n_samples), fork(lambda: gram.update([x, y])))[1:],
)
print(found)
"""
    assert run(script) == ["(3, 3)"]


def test_a_thread_of_the_child_waits_for_another_that_has_taken_the_lock_over() -> None:
    lock = ForkAwareLock()
    lock._process = -1
    entered = []

    def enter() -> None:
        with lock:
            entered.append(True)

    lock._lock.acquire()  # as a thread that takes over, and then goes on with its own work
    waiting = threading.Thread(target=enter)
    waiting.start()
    time.sleep(PATIENCE / 2)
    lock._process = os.getpid()
    time.sleep(2 * PATIENCE)
    lock._lock.release()
    waiting.join()
    assert entered
