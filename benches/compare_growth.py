"""How times grow: with neurons, with samples, and with samples for those that hold their square."""

from __future__ import annotations

import sys
from collections import defaultdict
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import compare_paper as paper
import numpy as np
from compare_data import shared_factors
from compare_gram import check_gram, pair_of
from compare_kernels import by_torch_cka
from compare_machine import memory_available
from compare_matches import EPS, check_sets, sets_of
from compare_measures import DECAY, MEAN, alike, by_repsim, by_rsatoolbox
from compare_race import interleave
from compare_table import markdown, seconds

import spanmatch as sm

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    from compare_data import Floats

Runs = dict[str, "Callable[[], Any]"]
Best = dict[str, float]
Times = defaultdict[str, dict[int, float]]  # best times, by what was run and at which size

# Of least squares on all samples, which would take hours at the sizes of the others.
PAPER_MOST_NEURONS = 512
PAPER_MOST_SAMPLES = 100_000
SAMPLES_OF_NEURONS = 10_000
NEURONS_OF_SAMPLES = 128
NEURONS_OF_KERNELS = 64
# What is left to the rest of the machine.
SHARE_OF_MEMORY = 0.8

UPDATE, DSYRK, PAPER = "Gram (update)", "numpy, dsyrk", "paper, algorithm 1"
SPECTRUM, MAXIMUM = "spectrum, of a pair", "maximum match, of a pair"
MINIMUM, COVER = "a v-minimum match, of a pair", "a cover by simple matches, of a pair"
CKA = "linear CKA"


def run(options: argparse.Namespace) -> None:
    of_neurons = f"neurons a side ({SAMPLES_OF_NEURONS:,} samples)"
    sizes = [(n, n, SAMPLES_OF_NEURONS) for n in options.growth_neurons]
    core_growth(of_neurons, sizes, options)

    of_samples = f"samples ({NEURONS_OF_SAMPLES} + {NEURONS_OF_SAMPLES} neurons)"
    sizes = [(n, NEURONS_OF_SAMPLES, n) for n in options.growth_samples]
    core_growth(of_samples, sizes, options)

    of_kernels = f"samples ({NEURONS_OF_KERNELS} + {NEURONS_OF_KERNELS} neurons), linear CKA"
    times: Times = defaultdict(dict)
    for n in options.kernel_samples:
        print(f"{n:,} {of_kernels} …", file=sys.stderr, flush=True)
        add(times, n, kernel_times(n, options))
    print(report(of_kernels, times))


def core_growth(
    against: str, sizes: Sequence[tuple[int, int, int]], options: argparse.Namespace
) -> None:
    """Print the times of our stages at each size, with the neurons and samples that it means."""
    times: Times = defaultdict(dict)
    for size, neurons, samples in sizes:
        if fits(f"{size:,} {against}", neurons, samples):
            add(times, size, core_times(neurons, samples, options))
    print(report(against, times), end="\n\n", flush=True)


def fits(what: str, neurons: int, samples: int) -> bool:
    """Whether there is memory for the sides, twice, and a few matrices of neurons × neurons."""
    width = 2 * neurons
    needed, free = 8 * (2 * samples * width + 8 * width**2), memory_available()
    enough = needed <= SHARE_OF_MEMORY * free
    state = "…" if enough else f"left out: {needed / 2**30:.1f} GiB of {free / 2**30:.1f} free"
    print(f"{what} {state}", file=sys.stderr, flush=True)
    return enough


def core_times(neurons: int, samples: int, options: argparse.Namespace) -> Best:
    """Best times of every stage, on the same data."""
    x, y = shared_factors(neurons, samples, options.seed)
    joint = np.hstack([x, y])
    pair = pair_of(x, y)
    v = ("x", int(sm.spectrum(pair).x.argmin()))
    runs: Runs = {
        UPDATE: lambda: pair_of(x, y),
        DSYRK: lambda: joint.T @ joint,
        SPECTRUM: lambda: sm.spectrum(pair),
        MAXIMUM: lambda: sets_of(sm.maximum_match(pair, eps=EPS)),
        MINIMUM: lambda: sm.minimum_match(pair, eps=EPS, neuron=v),
        COVER: lambda: sm.simple_matches(pair, eps=EPS),
    }
    with_paper = neurons <= PAPER_MOST_NEURONS and samples <= PAPER_MOST_SAMPLES
    if with_paper:
        runs[PAPER] = lambda: paper.maximum_match(x, y, EPS)

    def check(answers: Mapping[str, Any]) -> None:
        check_gram(joint)(answers[UPDATE], answers[DSYRK])
        if with_paper:
            check_sets(answers[MAXIMUM], answers[PAPER])

    return interleave(runs, options.repeats, options.budget / 4, check)[0]


def kernel_times(samples: int, options: argparse.Namespace) -> Best:
    """Linear CKA of others, who hold samples × samples matrices: 10⁵ samples would need 80 GB."""
    sides = shared_factors(NEURONS_OF_KERNELS, samples, options.seed, DECAY)
    runs = cka_runs(*(side + MEAN for side in sides))
    return interleave(runs, options.repeats, options.budget / 4, same_cka)[0]


def add(times: Times, size: int, best: Best) -> None:
    for name, value in best.items():
        times[name][size] = value


def cka_runs(x: Floats, y: Floats) -> Runs:
    runs: Runs = {CKA: lambda: sm.linear_cka(x, y)}
    if find_spec("rsatoolbox"):
        runs["rsatoolbox, `cosine_cov`"] = by_rsatoolbox(x, y, "cosine_cov")
    if find_spec("repsim"):
        runs["repsim, `cka` (gretton)"] = by_repsim(x, y)
    if find_spec("torch_cka"):
        import torch

        sides = [[torch.from_numpy(side).float()] for side in (x, y)]
        runs["torch_cka, one batch"] = lambda: by_torch_cka(*sides)
    return runs


def same_cka(answers: Mapping[str, float]) -> None:
    for name, answer in answers.items():
        if not name.startswith("torch_cka"):  # another estimate: see compare_kernels
            alike(answers[CKA], answer)


def report(against: str, times: Times) -> str:
    """Times at every size, then the exponents of straight lines through their logarithms."""
    sizes = sorted({size for curve in times.values() for size in curve})
    head = (against, *(f"{size:,}" for size in sizes), "exponent", "of the last three")
    rows = []
    for name, curve in times.items():
        cells = (seconds(curve[size]) if size in curve else "" for size in sizes)
        rows.append((name, *cells, exponent(curve), exponent(curve, last=3)))
    return markdown(head, rows)


def exponent(times: Mapping[int, float], last: int = 0) -> str:
    """The p of time ≈ c · sizeᵖ, by least squares over logarithms: of all sizes, or the largest."""
    sizes: Sequence[int] = sorted(times)[-last:]
    if len(sizes) < max(last, 2):
        return ""
    logarithms = np.log(sizes), np.log([times[size] for size in sizes])
    # Of a curve that does not grow, no -0.00.
    return f"{round(np.polyfit(*logarithms, 1)[0], 2) + 0.0:.2f}"
