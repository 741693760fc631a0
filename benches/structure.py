"""Time the searches inside a match: `python benches/structure.py`. Best or median times, in ms.

256 + 256 neurons, half of them planted in blocks of 16 shared dimensions with noise 0.1, ε = 0.25;
one thread unless said, from a filled pair, the maximum match and all set-up included.
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

import spanmatch as sm

EPS = 0.25
REPEATS = 7
Floats = NDArray[np.float64]


def milliseconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - start)


def best(run: Callable[[], object]) -> float:
    return min(milliseconds(run) for _ in range(REPEATS))


def planted(n: int, size: int, samples: int = 10_000) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, samples, n))
    for first in range(0, n // 2, size):
        shared = rng.standard_normal((samples, size))
        for side in (x, y):
            basis = np.linalg.qr(rng.standard_normal((size, size)))[0]
            noise = 0.1 * rng.standard_normal((samples, size))
            side[:, first : first + size] = shared @ basis + noise
    return x, y


def pair_of(x: Floats, y: Floats) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    pair.update(x, y)
    return pair


def report(what: str, figure: float, bound: str) -> None:
    print(f"{what:<66} {figure:9.2f}   {bound}", flush=True)


def minimum_matches(pair: sm.ActivationPair, bound: str, what: str) -> None:
    neurons = [("x", int(v)) for v in sm.maximum_match(pair, eps=EPS).x[::8]]
    times = [
        milliseconds(lambda neuron=neuron: sm.minimum_match(pair, eps=EPS, neuron=neuron))
        for neuron in neurons * 3
    ]
    report(f"{what}: one minimum match, median", statistics.median(times), bound)


def searches() -> None:
    pair = pair_of(*planted(256, 16))
    minimum_matches(pair, "<= 4", "256 + 256")
    report("a cover", best(lambda: sm.simple_matches(pair, eps=EPS)), "<= 20")

    def each() -> object:
        return sm.simple_matches(pair, eps=EPS, method="each")

    def support() -> object:
        return sm.support(pair, eps=EPS)

    for what, run, bound in (
        ("one match for each neuron", each, "<= 300"),
        ("support", support, "<= 150"),
    ):
        sm.set_num_threads(1)
        one = best(run)
        sm.set_num_threads(2)
        two = best(run)
        report(what, one, bound)
        report(f"{what}: one thread / two threads", one / two, ">= 1.6")
    sm.set_num_threads(1)
    minimum_matches(pair_of(*planted(512, 256)), "<= 200", "512 + 512, blocks of 256")


def paper_minimum_match(x: Floats, y: Floats, v: int) -> tuple[list[int], list[int]]:
    """The paper's algorithm 2, as written there: least squares afresh at every step."""

    def maximum(keep_x: list[int], keep_y: list[int]) -> tuple[list[int], list[int]]:
        while True:
            a, b = x[:, keep_x], y[:, keep_y]
            bad_x = np.linalg.norm(a - b @ np.linalg.lstsq(b, a, rcond=None)[0], axis=0)
            bad_y = np.linalg.norm(b - a @ np.linalg.lstsq(a, b, rcond=None)[0], axis=0)
            in_x = bad_x <= EPS * np.linalg.norm(a, axis=0)
            in_y = bad_y <= EPS * np.linalg.norm(b, axis=0)
            if in_x.all() and in_y.all():
                return keep_x, keep_y
            keep_x = [i for i, good in zip(keep_x, in_x, strict=True) if good]
            keep_y = [j for j, good in zip(keep_y, in_y, strict=True) if good]

    found_x, found_y = maximum(list(range(x.shape[1])), list(range(y.shape[1])))
    for side, neuron in [("x", i) for i in found_x if i != v] + [("y", j) for j in found_y]:
        if neuron not in (found_x if side == "x" else found_y):
            continue
        left_x, left_y = maximum(
            [i for i in found_x if (side, i) != ("x", neuron)],
            [j for j in found_y if (side, j) != ("y", neuron)],
        )
        if v in left_x:
            found_x, found_y = left_x, left_y
    return found_x, found_y


def against_the_paper() -> None:
    x, y = planted(64, 16)
    pair = pair_of(x, y)
    paper = milliseconds(lambda: paper_minimum_match(x, y, 0))
    ours = best(lambda: sm.minimum_match(pair, eps=EPS, neuron=("x", 0)))
    counted = best(lambda: sm.minimum_match(x, y, eps=EPS, neuron=("x", 0)))
    report("64 + 64: the paper's deletion", paper, "")
    report("64 + 64: times faster, our Gram counted", paper / counted, ">= 100")
    report("64 + 64: times faster, our Gram not counted", paper / ours, ">= 500")


if __name__ == "__main__":
    sm.set_num_threads(1)
    searches()
    against_the_paper()
