"""Time wide sides, and read how much memory each step takes: `python benches/wide.py 4096 8192`.

Neurons of the first side and of the second each; 8,192 take some ten minutes, 16,384 an hour and
18 GB. Two sides share factors, as in `compare.py --growth`, and batches are made as they are
summed. Memory is the peak of the process during a step, in (n_x + n_y)² float64, the sums counted
and what Python and its packages take as well; only Linux tells it by the step. What a step takes
is compared with numpy's own product of as many samples, of which few are measured.
"""

from __future__ import annotations

import argparse
import gc
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import spanmatch as sm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BATCH = 1_000
EPS = 0.5
PROCESS = Path("/proc/self")


def batches(neurons: int, samples: int) -> Iterator[tuple[Any, Any]]:
    """Yield sides that match little by little as ε grows, float32."""
    rng = np.random.default_rng(0)
    factors = neurons // 2
    sizes = np.float32(1) / np.sqrt(np.arange(1, factors + 1, dtype=np.float32))
    mixes = [rng.standard_normal((factors, neurons), dtype=np.float32) for _ in "xy"]
    mixes = [mix * sizes[:, None] for mix in mixes]
    noises = [
        np.linalg.norm(mix, axis=0) * rng.uniform(0.05, 1, neurons).astype(np.float32)
        for mix in mixes
    ]
    for _ in range(0, samples, BATCH):
        common = rng.standard_normal((BATCH, factors), dtype=np.float32)
        sides = [
            common @ mix + rng.standard_normal((BATCH, neurons), dtype=np.float32) * noise
            for mix, noise in zip(mixes, noises, strict=True)
        ]
        yield sides[0], sides[1]


def product_time(neurons: int, samples: int) -> float:
    """Return what numpy's product of all columns takes for so many samples, from 2,000 of them."""
    rows = np.random.default_rng(0).standard_normal((2_000, 2 * neurons))
    start = time.perf_counter()
    rows.T @ rows
    return (time.perf_counter() - start) * samples / len(rows)


def measure(name: str, neurons: int, work: Callable[[], object]) -> float:
    """Do some work, print its time and its peak of memory, and return its time."""
    gc.collect()
    reset_peak()
    start = time.perf_counter()
    work()
    took = time.perf_counter() - start
    peak = read_peak() / (8 * (2 * neurons) ** 2)
    print(f"{neurons:6,} + {neurons:6,}  {name:34} {took:8.2f} s  peak {peak:.2f} n²", flush=True)
    return took


def reset_peak() -> None:
    if (PROCESS / "clear_refs").exists():
        (PROCESS / "clear_refs").write_text("5")


def read_peak() -> float:
    if not (PROCESS / "status").exists():
        return float("nan")
    lines = (PROCESS / "status").read_text().splitlines()
    return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def run(neurons: int, samples: int, steps: list[str]) -> None:
    pair = sm.ActivationPair()
    updates = 0.0

    def update() -> None:
        nonlocal updates
        for x, y in batches(neurons, samples):
            start = time.perf_counter()
            pair.update(x, y)
            updates += time.perf_counter() - start

    measure(f"data and update, {samples:,} samples", neurons, update)
    print(f"{'':17}  {'of that the update':34} {updates:8.2f} s", flush=True)
    ways: dict[str, Callable[[], object]] = {
        "one_to_one": lambda: sm.one_to_one(pair),
        "maximum_match": lambda: sm.maximum_match(pair, eps=EPS),
        "spectrum": lambda: sm.spectrum(pair),
        "cover": lambda: sm.simple_matches(pair, eps=EPS),
        "support": lambda: sm.support(pair, eps=EPS),
    }
    for step in steps:
        measure(step, neurons, ways[step])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("neurons", type=int, nargs="+", help="neurons of a side")
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument(
        "--steps",
        nargs="+",
        default=["one_to_one", "maximum_match", "spectrum", "cover", "support"],
        help="what to ask of each pair",
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore", sm.UndersampledWarning)
    for neurons in options.neurons:
        run(neurons, options.samples, options.steps)
        took = product_time(neurons, 10_000)
        print(f"{'':17}  {'numpy, dsyrk of 10,000 samples':34} {took:8.2f} s", flush=True)


if __name__ == "__main__":
    main()
