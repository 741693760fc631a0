"""Time updates of a pair, CKA and calibration: `python benches/pair.py`. Takes two minutes.

Ratios of best times, interleaved in one run, one thread each; on a GPU too, where torch sees one.
Linear CKA is compared with repsim and ckatorch where they are installed: `make bench-tools`
brings repsim, `pip install ckatorch` the other.
"""

from __future__ import annotations

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import subprocess
import sys
import warnings
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import torch
from compare_gram import pair_of
from spectrum import SAMPLES, best, report

import spanmatch as sm

if TYPE_CHECKING:
    from collections.abc import Callable


def updates(n: int = 1024) -> None:
    rng = np.random.default_rng(0)
    joint = rng.standard_normal((SAMPLES, 2 * n))
    x, y = (np.ascontiguousarray(side) for side in np.hsplit(joint, 2))
    tensors = {
        str(dtype).removeprefix("torch."): [torch.from_numpy(side).to(dtype) for side in (x, y)]
        for dtype in (torch.float64, torch.float32, torch.bfloat16)
    }
    narrow = x.astype(np.float32), y.astype(np.float32)
    times = best(
        numpy=lambda: joint.T @ joint,
        float64=lambda: pair_of(x, y),
        float32=lambda: pair_of(*narrow),
        **{f"torch {name}": lambda sides=sides: pair_of(*sides) for name, sides in tensors.items()},
    )
    print(f"{n:,} + {n:,}: numpy's dsyrk of {SAMPLES:,} samples takes {times['numpy']:.3f} s")
    report("rate of an update, float64 / dsyrk", times["numpy"] / times["float64"], ">= 0.9")
    report("rate of float32 / float64", times["float64"] / times["float32"], ">= 0.9")
    for name in ("float64", "float32"):
        ratio = times[name] / times[f"torch {name}"]
        report(f"rate of torch {name} / numpy {name}", ratio, "1")
    report("rate of torch bfloat16 / float64", times["float64"] / times["torch bfloat16"], "")


def replicates(n: int = 512) -> None:
    """Time an update with nulls or folds against a plain one, in batches of 2,000 rows."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 2000, n), dtype=np.float32)
    pairs = {
        "plain": sm.ActivationPair(),
        "nulls": sm.ActivationPair(nulls=8),
        "folds": sm.ActivationPair(folds=16),
    }
    times = best(**{name: partial(pair.update, x, y) for name, pair in pairs.items()})
    print(f"{n} + {n}: an update of 2,000 rows takes {times['plain']:.3f} s")
    report("with nulls=8 / plain", times["nulls"] / times["plain"], "<= 5.5")
    report("with folds=16 / plain", times["folds"] / times["plain"], "")


def on_a_gpu(n: int = 1024, samples: int = 100_000) -> None:
    """Time updates where the activations lie, against one product of torch's there."""
    x, y = torch.randn(2, samples, n, dtype=torch.float64, device="cuda")
    joint = torch.cat([x, y], 1)
    pairs = {
        dtype: (sm.ActivationPair(), x.to(dtype), y.to(dtype))
        for dtype in (torch.float64, torch.float32, torch.bfloat16)
    }

    def waited(work: Callable[[], object]) -> None:
        work()
        torch.cuda.synchronize()

    times = best(
        product=partial(waited, lambda: joint.T @ joint),
        **{
            str(dtype).removeprefix("torch."): partial(waited, partial(pair.update, *sides))
            for dtype, (pair, *sides) in pairs.items()
        },
    )
    product = times.pop("product")
    rate = 2 * samples * (2 * n) ** 2 / 1e12
    print(f"{torch.cuda.get_device_name()}, {n:,} + {n:,}, {samples:,} rows: torch's float64")
    print(f"product runs at {rate / product:.1f} TFLOP/s")
    for name, time in times.items():
        report(f"rate of an update, {name}, TFLOP/s", rate / time, "")
        report("  / torch's float64 product", product / time, "")


def stream() -> None:
    """Feed 1,000,000 x (256 + 256) float32 in batches of 4,096; Linux only."""
    code = """
import time, numpy as np, spanmatch as sm
sm.set_num_threads(1)
def resident():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
rng = np.random.default_rng(0)
batch = [rng.standard_normal((4096, 256), dtype=np.float32) for _ in range(2)]
small = [side[:64] for side in batch]
sm.ActivationPair().update(*small)
before, pair, times = resident(), sm.ActivationPair(), []
for _ in range(245):
    start = time.perf_counter()
    pair.update(*batch)
    times.append(time.perf_counter() - start)
print(pair.n_samples, resident() - before, np.median(times[-25:]) / np.median(times[1:26]))
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    n_samples, memory, growth = result.stdout.split()
    print(f"{int(n_samples):,} x (256 + 256) float32 in batches of 4,096")
    report("memory beyond one batch, MB", float(memory), "<= 64")
    report("time per row, last tenth / first", float(growth), "1")


def linear_cka(n: int = 512) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, SAMPLES, n))
    work: dict[str, Callable[[], float]] = {"spanmatch": lambda: sm.linear_cka(x, y)}
    if find_spec("repsim"):
        import repsim

        def by_repsim() -> float:
            found = repsim.cka([x, y], kernel_type="linear", estimator="gretton")
            return float(found[0, 1])

        work["repsim"] = by_repsim
    if find_spec("ckatorch"):
        from ckatorch.core import cka_base

        tensors = torch.from_numpy(x), torch.from_numpy(y)
        work["ckatorch"] = lambda: float(
            cka_base(*tensors, kernel="linear", unbiased=False, method="fro_norm")
        )
    values = {name: run() for name, run in work.items()}
    times = best(**work)
    print(f"linear CKA of {SAMPLES:,} x ({n} + {n}), float64: {times['spanmatch']:.3f} s")
    for name in list(work)[1:]:
        same = abs(values[name] - values["spanmatch"]) < 1e-9
        print(f"  {name} takes {times[name]:.3f} s and {'agrees' if same else 'differs'}")
        report(f"spanmatch / {name}", times["spanmatch"] / times[name], "<= 1")


def calibrated(n: int = 512, nulls: int = 39) -> None:
    """Time every measure of the data and of all nulls against the measures of the data."""
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((6000, 200))
    x, y = (
        shared @ rng.standard_normal((200, n)) + 4 * rng.standard_normal((6000, n))
        for _ in range(2)
    )
    pair = sm.ActivationPair(nulls=nulls)
    pair.update(x, y)
    times = best(measures=lambda: sm.measures(pair), calibrate=lambda: sm.calibrate(pair))
    print(f"{n} + {n}: measures take {times['measures']:.3f} s")
    report(
        f"calibrate by {nulls} nulls / measures", times["calibrate"] / times["measures"], "<= 25"
    )


def wide(samples: int = 200, n: int = 50_176) -> None:
    """Time the measures of far more neurons than samples."""
    x, y = np.random.default_rng(0).standard_normal((2, samples, n), dtype=np.float32)
    times = best(measures=lambda: sm.measures(x, y), debiased=lambda: sm.debiased_linear_cka(x, y))
    print(f"{samples} x ({n:,} + {n:,}) float32")
    report("seconds for all measures", times["measures"], "<= 2")
    report("seconds for debiased linear CKA", times["debiased"], "<= 2")


if __name__ == "__main__":
    warnings.simplefilter("ignore", sm.UndersampledWarning)
    torch.set_num_threads(1)
    sm.set_num_threads(1)
    updates()
    replicates()
    if torch.cuda.is_available():
        on_a_gpu()
    stream()
    linear_cka()
    calibrated()
    wide()
