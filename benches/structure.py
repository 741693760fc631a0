"""Time the searches inside a match: `python benches/structure.py`. Best or median times, in ms.

256 + 256 neurons, half of them planted in blocks of 16 shared dimensions with noise 0.1, ε = 0.25;
one thread unless said, from a filled pair, the maximum match and all set-up included. Then much
mixed sides, at the ε where half of the neurons match: there nearly every neuron needs all others.
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import statistics
import time
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from compare_gram import pair_of
from compare_paper import minimum_match as paper_minimum_match
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


def mixed(n: int) -> tuple[Floats, Floats]:
    """Two mixes of the same n / 2 factors, of sizes that fall as 1 / sqrt(j), with noise 0.02."""
    rng = np.random.default_rng(0)
    samples = max(10_000, 5 * n)
    factors = rng.standard_normal((samples, n // 2)) / np.sqrt(np.arange(1, n // 2 + 1))

    def side() -> Floats:
        mix = rng.standard_normal((n // 2, n))
        return factors @ mix + 0.02 * rng.standard_normal((samples, n))

    return side(), side()


def report(what: str, figure: float, bound: str) -> None:
    print(f"{what:<66} {figure:9.2f}   {bound}", flush=True)


def minimum_matches(pair: sm.ActivationPair, bound: str, what: str) -> None:
    neurons = [("x", int(v)) for v in sm.maximum_match(pair, eps=EPS).x[::8]]
    times = [
        milliseconds(partial(sm.minimum_match, pair, eps=EPS, neuron=neuron))
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


def wide_searches(n: int) -> None:
    pair = pair_of(*mixed(n))

    def spectrum() -> sm.MatchSpectrum:
        return sm.spectrum(pair)

    def in_spectra(runs: Iterable[Callable[[], object]]) -> float:
        return statistics.median(milliseconds(run) / milliseconds(spectrum) for run in runs)

    found = spectrum()
    eps = float(np.sort([*found.x, *found.y])[n - 1])
    matched = sm.maximum_match(pair, eps=eps)
    neurons = [("x", int(v)) for v in matched.x[:: len(matched.x) // 5]]
    searches = [partial(sm.minimum_match, pair, eps=eps, neuron=neuron) for neuron in neurons]
    cover = partial(sm.simple_matches, pair, eps=eps)
    name = f"{n:,} + {n:,}, much mixed"
    whole = partial(sm.maximum_match, pair, eps=eps)
    report(f"{name}: the maximum match, in spectra", in_spectra([whole] * 3), "")
    report(f"{name}: one minimum match, in spectra", in_spectra(searches), "<= 4")
    report(f"{name}: a cover, in spectra", in_spectra([cover] * 3), "<= 8")


def against_the_paper() -> None:
    x, y = planted(64, 16)
    pair = pair_of(x, y)
    paper = milliseconds(lambda: paper_minimum_match(x, y, EPS, 0))
    ours = best(lambda: sm.minimum_match(pair, eps=EPS, neuron=("x", 0)))
    counted = best(lambda: sm.minimum_match(x, y, eps=EPS, neuron=("x", 0)))
    report("64 + 64: the paper's deletion", paper, "")
    report("64 + 64: times faster, our Gram counted", paper / counted, ">= 100")
    report("64 + 64: times faster, our Gram not counted", paper / ours, ">= 500")


if __name__ == "__main__":
    sm.set_num_threads(1)
    searches()
    wide_searches(1_024)
    wide_searches(2_048)
    against_the_paper()
