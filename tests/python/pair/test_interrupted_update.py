"""Ctrl-C during an update that ends before anybody looks at signals: it is heeded all the same."""

from __future__ import annotations

import signal
import sys
import time

import numpy as np
import pytest

import spanmatch as sm


@pytest.mark.skipif(sys.platform == "win32", reason="needs a timer that sends signals")
def test_a_signal_before_the_change_leaves_the_pair_as_it_was() -> None:
    x = np.random.default_rng(0).normal(size=(3000, 200))
    pair = sm.ActivationPair()
    pair.update(x, x)
    began = time.perf_counter()
    pair.update(x, x)
    takes = time.perf_counter() - began
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    changed, unchanged = 0, 0
    try:
        for _ in range(40):
            count = pair.n_samples
            try:
                signal.setitimer(signal.ITIMER_REAL, takes / 3)
                pair.update(x, x)
                time.sleep(takes)
            except KeyboardInterrupt:
                changed += pair.n_samples > count
                unchanged += pair.n_samples == count
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    # Where other programs slow the machine, the timer may come after the change or before the call.
    assert unchanged > changed, f"{changed} of {changed + unchanged} interrupted updates were kept"
