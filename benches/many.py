"""Time many networks in one pass: `python benches/many.py`. Takes five minutes.

A set of six sides against numpy's own product of all columns, and six networks in one pass against
fifteen comparisons of two, in turns; one thread each for the product, all for the passes.
"""

from __future__ import annotations

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import subprocess
import sys
import time
import warnings
from itertools import combinations

import numpy as np
import torch
import torchvision
from spectrum import best, report

import spanmatch as sm
from spanmatch.torch import compare, compare_many

SIDES, WIDTH, SAMPLES, BATCH = 6, 256, 10_000, 2_000


def update() -> None:
    """Time a set's update, in batches, against dsyrk of all columns side by side."""
    sm.set_num_threads(1)
    joint = np.random.default_rng(0).standard_normal((SAMPLES, SIDES * WIDTH))
    names = [f"side {number}" for number in range(SIDES)]
    batches = [
        {
            name: np.ascontiguousarray(joint[first : first + BATCH, at * WIDTH : (at + 1) * WIDTH])
            for at, name in enumerate(names)
        }
        for first in range(0, SAMPLES, BATCH)
    ]

    def fill() -> None:
        acts = sm.ActivationSet(names)
        for batch in batches:
            acts.update(batch)

    times = best(numpy=lambda: joint.T @ joint, spanmatch=fill)
    report(
        f"{SIDES} sides of {WIDTH}: update / dsyrk", times["spanmatch"] / times["numpy"], "<= 1.1"
    )


def networks(count: int = 6, repeats: int = 2) -> None:
    """Time `compare_many` against `compare` of every two networks."""
    # Of samples that are too few: it is the time that counts here.
    warnings.simplefilter("ignore", sm.UndersampledWarning)
    torch.set_num_threads(os.cpu_count() or 1)
    sm.set_num_threads(os.cpu_count() or 1)
    models = {}
    for seed in range(count):
        torch.manual_seed(seed)
        models[f"seed {seed}"] = torchvision.models.resnet18().eval()
    convolutions = [
        name
        for name, layer in next(iter(models.values())).named_modules()
        if isinstance(layer, torch.nn.Conv2d)
    ]
    data = torch.randn(160, 3, 64, 64).split(16)
    times = {"many": float("inf"), "each": float("inf")}
    for _ in range(repeats):
        start = time.perf_counter()
        compare_many(models, data, layers=convolutions, progress=False)
        times["many"] = min(times["many"], time.perf_counter() - start)
        start = time.perf_counter()
        for a, b in combinations(models.values(), 2):
            compare(a, b, data, layers=convolutions, progress=False)
        times["each"] = min(times["each"], time.perf_counter() - start)
    print(f"{count} networks: {times['many']:.0f} s in one pass, {times['each']:.0f} s two by two")
    report("one pass / every two by themselves", times["many"] / times["each"], "<= 0.45")


if __name__ == "__main__":
    if sys.argv[1:] == ["networks"]:
        networks()
    else:
        update()
        # With other threads, which a process chooses once.
        many = {key: value for key, value in os.environ.items() if "NUM_THREADS" not in key}
        subprocess.run([sys.executable, __file__, "networks"], check=True, env=many)
