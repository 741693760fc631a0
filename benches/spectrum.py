"""Time the joint Gram and the spectrum against numpy's own product: `python benches/spectrum.py`.

Ratios of best times, interleaved in one run; one thread each unless said. Takes three minutes.
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import subprocess
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
from compare_gram import pair_of
from numpy.typing import NDArray

import spanmatch as sm

SAMPLES = 10_000
REPEATS = 7


def best(**work: Callable[[], object]) -> dict[str, float]:
    """Run the pieces in turn, again and again; return the best time of each."""
    times = dict.fromkeys(work, float("inf"))
    for _ in range(REPEATS):
        for name, run in work.items():
            start = time.perf_counter()
            run()
            times[name] = min(times[name], time.perf_counter() - start)
    return times


def sides(n: int, kind: str = "plain") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two unrelated sides; a quarter of the columns of each depends on the others, by `kind`."""
    rng = np.random.default_rng(0)
    few = n // 4

    def side() -> NDArray[np.float64]:
        own = rng.standard_normal((SAMPLES, n - few))
        some = own[:, rng.permutation(n - few)[:few]]
        rest = {
            "plain": lambda: rng.standard_normal((SAMPLES, few)),
            "duplicates": lambda: some,
            "sums of two": lambda: some + own[:, rng.permutation(n - few)[:few]],
            "random mixes of all": lambda: own @ rng.standard_normal((n - few, few)),
            "near-duplicates (1e-4)": lambda: some + 1e-4 * rng.standard_normal(some.shape),
        }[kind]()
        return np.ascontiguousarray(np.hstack([own, rest])[:, rng.permutation(n)])

    return side(), side()


def report(what: str, ratio: float, bound: str) -> None:
    print(f"{what:<66} {ratio:6.2f}   {bound}", flush=True)


def against_numpy(n: int) -> None:
    x, y = sides(n)
    joint = np.hstack([x, y])
    pair = pair_of(x, y)
    narrow_x, narrow_y = x.astype(np.float32), y.astype(np.float32)
    turned_x, turned_y = np.asfortranarray(x), np.asfortranarray(y)
    times = best(
        numpy=lambda: joint.T @ joint,
        arrays=lambda: sm.spectrum(x, y),
        narrow=lambda: sm.spectrum(narrow_x, narrow_y),
        turned=lambda: sm.spectrum(turned_x, turned_y),
        pair=lambda: sm.spectrum(pair),
    )
    size = f"{n:,} + {n:,} neurons"
    print(f"{size}: numpy's dsyrk of {SAMPLES:,} samples takes {times['numpy']:.3f} s")
    report(
        f"{size}: spectrum(x, y) / dsyrk",
        times["arrays"] / times["numpy"],
        "<= 1.7" if n == 1024 else "",
    )
    report(
        f"{size}: spectrum(pair) / dsyrk",
        times["pair"] / times["numpy"],
        "<= 0.65" if n == 1024 else "<= 1.2",
    )
    report(f"{size}: Fortran order / C order", times["turned"] / times["arrays"], "")
    report(f"{size}: float32 / float64", times["narrow"] / times["arrays"], "<= 1.0")


def threads() -> None:
    x, y = sides(1024)
    pair = pair_of(x, y)

    def with_threads(count: int, run: Callable[[], object]) -> Callable[[], object]:
        def work() -> None:
            sm.set_num_threads(count)
            run()

        return work

    times = best(
        update1=with_threads(1, lambda: pair_of(x, y)),
        update2=with_threads(2, lambda: pair_of(x, y)),
        spectrum1=with_threads(1, lambda: sm.spectrum(pair)),
        spectrum2=with_threads(2, lambda: sm.spectrum(pair)),
    )
    sm.set_num_threads(1)
    report("update: one thread / two threads", times["update1"] / times["update2"], ">= 1.6")
    report("spectrum: one thread / two threads", times["spectrum1"] / times["spectrum2"], ">= 1.6")


def dependent_columns() -> None:
    kinds = {
        "plain": "",
        "duplicates": "<= 1.3",
        "sums of two": "<= 1.5",
        "random mixes of all": "<= 3",
        "near-duplicates (1e-4)": "<= 5",
    }
    pairs = {kind: pair_of(*sides(1024, kind)) for kind in kinds}
    times = best(**{kind: lambda pair=pair: sm.spectrum(pair) for kind, pair in pairs.items()})
    for kind, bound in kinds.items():
        refreshes = sm.spectrum(pairs[kind]).refreshes
        report(
            f"a quarter {kind} ({refreshes} refreshes) / plain", times[kind] / times["plain"], bound
        )


def peak_memory() -> None:
    """In a process of its own, as the peak is that of a whole process; Linux only."""
    code = f"""
import numpy as np, spanmatch as sm
rng = np.random.default_rng(0)
x, y = rng.standard_normal(({SAMPLES}, 1024)), rng.standard_normal(({SAMPLES}, 1024))
sm.spectrum(x[:100, :8], y[:100, :8])
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
before = peak()
sm.spectrum(x, y)
print((peak() - before) * 1024 / (2048 ** 2 * 8))
"""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    report("peak memory beyond the inputs / (n_x + n_y)² float64", float(result.stdout), "<= 4")


if __name__ == "__main__":
    warnings.simplefilter("ignore", sm.UndersampledWarning)
    sm.set_num_threads(1)
    against_numpy(1024)
    against_numpy(2048)
    threads()
    dependent_columns()
    peak_memory()
