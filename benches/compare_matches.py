"""Maximum and minimum matches against the paper's algorithms."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import compare_paper as paper
import numpy as np
from compare_data import shared_factors
from compare_race import Contender, DifferentAnswerError, Task

import spanmatch as sm

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from compare_data import Floats
    from compare_paper import Sets

EPS = 0.5
MANY_EPS = tuple(np.linspace(0.05, 0.95, 20).tolist())
REDUCED = "the same on one QR of the samples"


def maximum_tasks(options: argparse.Namespace) -> list[Task]:
    n = options.maximum_neurons
    x, y = shared_factors(n, options.samples, options.seed)
    data = f"{options.samples:,} × ({n:,} + {n:,})"
    return [
        Task(
            f"maximum match at one ε, {data}",
            lambda: sets_of(sm.maximum_match(x, y, eps=EPS)),
            [
                Contender(
                    "paper, algorithm 1", partial(paper.maximum_match, x, y, EPS), check_sets
                ),
                Contender(
                    REDUCED,
                    lambda: paper.maximum_match(*paper.fewer_rows(x, y), EPS),
                    check_sets,
                ),
            ],
            [
                "Matches: from two arrays, our Gram counted. The paper's algorithms are written "
                "from the paper, with `numpy.linalg.lstsq` in each pass; a pass solves for a whole "
                "side. *On one QR of the samples* is an improvement of ours, not the paper's: the "
                "least squares then have as many rows as there are neurons.",
                f"ε = {EPS:g} for one, {MANY_EPS[0]:g} to {MANY_EPS[-1]:g} for 20.",
            ],
        ),
        Task(
            f"maximum match at 20 values of ε, {data}",
            lambda: ours_at_many(x, y),
            [
                Contender("paper, algorithm 1", lambda: paper_at_many(x, y), check_all_sets),
                Contender(
                    f"{REDUCED}, each ε from the last",
                    lambda: falling_at_many(*paper.fewer_rows(x, y)),
                    check_all_sets,
                ),
            ],
        ),
    ]


def minimum_tasks(options: argparse.Namespace) -> list[Task]:
    n = options.minimum_neurons
    x, y = shared_factors(n, options.samples, options.seed)
    matching = paper.maximum_match(x, y, EPS)[0]
    if not len(matching):
        raise SystemExit(f"nothing matches at ε = {EPS:g}: give more --minimum-neurons")
    v = int(matching[0])
    check = partial(check_minimum, x, y, v)
    return [
        Task(
            f"a v-minimum match, {options.samples:,} × ({n:,} + {n:,})",
            lambda: sets_of(sm.minimum_match(x, y, eps=EPS, neuron=("x", v))),
            [
                Contender("paper, algorithm 2", partial(paper.minimum_match, x, y, EPS, v), check),
                Contender(
                    REDUCED,
                    lambda: paper.minimum_match(*paper.fewer_rows(x, y), EPS, v),
                    check,
                ),
            ],
            [
                "A v-minimum match: there can be many. Where the sets differ, each must be one "
                "by the other's test: ours by the paper's algorithm 2, which may delete nothing "
                "from it, the paper's by `minimum_for`.",
            ],
        )
    ]


def sets_of(match: sm.Match | None) -> Sets:
    if match is None:
        raise DifferentAnswerError("ours is none")
    return match.x, match.y


def ours_at_many(x: Floats, y: Floats) -> list[Sets]:
    spectrum = sm.spectrum(x, y)
    return [sets_of(spectrum.match(eps)) for eps in MANY_EPS]


def paper_at_many(x: Floats, y: Floats) -> list[Sets]:
    return [paper.maximum_match(x, y, eps) for eps in MANY_EPS]


def falling_at_many(x: Floats, y: Floats) -> list[Sets]:
    """Matches are nested: each ε starts from the match of the next larger one."""
    found: list[Sets] = []
    for eps in reversed(MANY_EPS):
        found.append(paper.maximum_match(x, y, eps, found[-1] if found else None))
    return found[::-1]


def same(a: Sets, b: Sets) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(a, b, strict=True))


def check_sets(ours: Sets, other: Sets) -> str:
    if not same(ours, other):
        raise DifferentAnswerError(f"its match is {other}, ours {ours}")
    return f"same {len(ours[0])} + {len(ours[1])} neurons"


def check_all_sets(ours: Sequence[Sets], other: Sequence[Sets]) -> str:
    sizes = [check_sets(a, b) for a, b in zip(ours, other, strict=True)]
    return f"same {len(sizes)} sets, of {len({len(x) + len(y) for x, y in ours})} sizes"


def check_minimum(x: Floats, y: Floats, v: int, ours: Sets, other: Sets) -> str:
    if same(ours, other):
        return check_sets(ours, other)
    x_index, y_index = other
    if ("x", v) not in sm.minimum_for(x, y, eps=EPS, x_index=x_index, y_index=y_index):
        raise DifferentAnswerError(f"its {other} is no minimum match of x {v}")
    inside = (x[:, ours[0]], y[:, ours[1]])
    kept = paper.minimum_match(*inside, EPS, int(np.searchsorted(ours[0], v)))
    if any(len(side) != len(all_of) for side, all_of in zip(kept, ours, strict=True)):
        raise DifferentAnswerError(f"the paper makes our {ours} smaller")
    sizes = [f"{len(a)} + {len(b)}" for a, b in (ours, other)]
    return f"both minimal: ours {sizes[0]}, its {sizes[1]}"
