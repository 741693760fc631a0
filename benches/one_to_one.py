"""Time pairs and the ridge against the plain spectrum: `python benches/one_to_one.py`.

Ratios of best times, interleaved in one run, one thread. Takes two minutes; 5 GB for the widest.
"""

import os
import subprocess
import sys
import warnings

import numpy as np
from compare_gram import pair_of
from spectrum import best, report, sides

import spanmatch as sm

SAMPLES = 10_000
WIDE = 4096


def against_the_spectrum(pair: sm.ActivationPair, n: int) -> None:
    times = best(
        plain=lambda: sm.spectrum(pair),
        ridge=lambda: sm.spectrum(pair, ridge=0.3),
        pairs=lambda: sm.one_to_one(pair),
    )
    size = f"{n:,} + {n:,} neurons"
    report(f"{size}: one_to_one / spectrum", times["pairs"] / times["plain"], "<= 0.5")
    report(f"{size}: spectrum(ridge=0.3) / spectrum", times["ridge"] / times["plain"], "<= 1.05")


def chosen(n: int) -> None:
    pair = sm.ActivationPair(folds=16)
    pair.update(*sides(n))
    times = best(
        plain=lambda: sm.spectrum(pair),
        auto=lambda: sm.spectrum(pair, ridge="auto"),
    )
    size = f"{n:,} + {n:,} neurons, 16 folds"
    report(f'{size}: spectrum(ridge="auto") / spectrum', times["auto"] / times["plain"], "<= 20")


def wide_pair() -> sm.ActivationPair:
    rng = np.random.default_rng(0)
    return pair_of(*rng.standard_normal((2, SAMPLES, WIDE), dtype=np.float32))


def peak_memory(n: int) -> None:
    """In a process of its own, as the peak is that of a whole process; Linux only."""
    code = f"""
import numpy as np, spanmatch as sm
rng = np.random.default_rng(0)
def find(what):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) * 1024
pair = sm.ActivationPair()
for _ in range(8):
    pair.update(*rng.standard_normal((2, 512, {n}), dtype=np.float32))
open("/proc/self/clear_refs", "w").write("5")  # the peak is counted from here
before = find("VmRSS")
sm.one_to_one(pair)
print((find("VmHWM") - before) / {n}**2)
"""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        # What is freed goes back to the machine at once.
        env=os.environ | {"MIMALLOC_PURGE_DELAY": "0"},
    )
    report(
        f"{n:,} + {n:,} neurons: bytes of one_to_one beyond the Gram / (n_x n_y)",
        float(result.stdout),
        "<= 12",
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore", (sm.UndersampledWarning))
    warnings.simplefilter("ignore", (sm.RidgeWarning))
    sm.set_num_threads(1)
    against_the_spectrum(pair_of(*sides(1024)), 1024)
    chosen(1024)
    peak_memory(2048)
    against_the_spectrum(wide_pair(), WIDE)
