"""Ctrl-C ends a long call within a second's work and leaves the pair as it was."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

import pytest

from cpu_time import cpu_seconds, wait_for_work

PREPARE = """
import sys
import numpy as np
import spanmatch as sm

def say(word):
    print(word, flush=True)

def state():
    r = sm.residuals(pair, x_index=[0, 3], y_index=[1, 2])
    return pair.n_samples, r.x.tobytes(), r.y.tobytes()

sm.set_num_threads(1)
rng = np.random.default_rng(0)
pair = sm.ActivationPair()
"""

CALL = """
before = state()
say("ready")
try:
    {call}
except KeyboardInterrupt:
    say("interrupted")
else:
    say("finished")
say("same" if state() == before else "changed")
"""

# Each takes far longer than a second: more near-duplicates than can be peeled without refreshes;
# more pairs than can be sorted at once; a hundred million rows, which lie in memory once.
SPECTRUM = """
z = rng.standard_normal((4600, 1100), dtype=np.float32)
more = z + np.float32(1e-4) * rng.standard_normal(z.shape, dtype=np.float32)
both = np.hstack([z, more])
pair.update(both, both[:, ::-1] + rng.standard_normal(both.shape, dtype=np.float32))
"""
PAIRS = """
pair.update(*rng.standard_normal((2, 64, 6000), dtype=np.float32))
"""
UPDATE = """
x, y = rng.standard_normal((2, 500, 300), dtype=np.float32)
pair.update(x, y)
x, y = (np.broadcast_to(z[0], (100_000_000, 300)) for z in (x, y))
"""
ARRAYS = UPDATE
# A decomposition by another library takes many seconds.
WIDE = """
pair.update(*rng.standard_normal((2, 1000, 2500), dtype=np.float32))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how long it works")
@pytest.mark.parametrize(
    ("prepare", "call"),
    [
        (SPECTRUM, "sm.spectrum(pair)"),
        (PAIRS, "sm.one_to_one(pair)"),
        (UPDATE, "pair.update(x, y)"),
        (ARRAYS, "sm.spectrum(x, y, progress=True)"),
        (WIDE, "sm.measures(pair)"),
    ],
    ids=[
        "spectrum of a pair",
        "pairs",
        "update",
        "spectrum of arrays",
        "measures",
    ],
)
def test_ctrl_c_ends_a_long_call(prepare: str, call: str) -> None:
    script = PREPARE + prepare + textwrap.dedent(CALL).format(call=call)
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            # By then the last of them is within its first decomposition.
            wait_for_work(child, 2.0)
            start = cpu_seconds(child.pid)
            child.send_signal(signal.SIGINT)
            assert child.stdout.readline() == "interrupted\n"
            # A second alone on a core; the other half of one that is shared makes work take longer.
            assert cpu_seconds(child.pid) - start < 2.0
            assert child.stdout.readline() == "same\n"
            assert child.wait(timeout=120) == 0
        finally:
            child.kill()
