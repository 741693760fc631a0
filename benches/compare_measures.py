"""The classic measures against rsatoolbox, repsim, thingsvision and torch_cka."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from compare_data import shared_factors
from compare_kernels import NOTE, debiased_contenders
from compare_race import Contender, Task, close

import spanmatch as sm

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from compare_data import Floats

TOLERANCE = 1e-6
# rsatoolbox takes roots of eigenvalues that are zero but for rounding, one for each sample.
ROOTS = 1e-5
# Activations have means; measures subtract them, and a check on data without any would not see it.
MEAN = 1.0
# Few factors that rule all would bring every CKA near 1, where estimates of it hardly differ.
DECAY = 0.5


def tasks(options: argparse.Namespace) -> list[Task]:
    n, samples = options.measure_neurons, options.measure_samples
    x, y = (side + MEAN for side in shared_factors(n, samples, options.seed, DECAY))
    data = f"{samples:,} × ({n:,} + {n:,})"
    cka, others, notes = [], [], []
    if find_spec("rsatoolbox"):
        cka.append(Contender("rsatoolbox, `cosine_cov`", by_rsatoolbox(x, y, "cosine_cov"), alike))
        procrustes = by_rsatoolbox(x, y, "bures")
        others.append(
            Contender("rsatoolbox, `bures`", procrustes, field("procrustes_similarity", ROOTS))
        )
    if find_spec("repsim"):
        import repsim

        centred = [side - side.mean(axis=0) for side in (x, y)]
        cka.append(Contender("repsim, `cka` (gretton)", by_repsim(x, y), alike))
        others += [
            Contender(
                "repsim, `cca` (pillai)",
                lambda: float(repsim.cca(centred, summary_type="pillai")[0, 1]),
                field("mean_cca"),
            ),
            Contender(
                "repsim, `pwcca`", lambda: float(repsim.pwcca([x, y])[0, 1]), both_ways(x, y)
            ),
        ]
        notes += [
            "repsim has one thread, and fills a 2 × 2 matrix of measures, diagonal included. Its "
            "`pillai` is the mean of the canonical correlations. It takes a basis before it "
            "centres, so it is given centred sides. Its `svcca` cuts directions of a basis, which "
            "all have the same length, and not of the data: another quantity, left out. "
            "Its `pwcca` is the mean of both directions: ours is taken both ways for the check.",
        ]
    notes.append(NOTE)
    peers = ("rsatoolbox", "repsim", "thingsvision", "torch_cka")
    missing = [name for name in peers if not find_spec(name)]
    notes += [f"{name} is not installed: its measures are left out." for name in missing]
    first = (
        "Measures: the others hold samples × samples matrices, or SVDs of the samples, hence the "
        "fewer samples. rsatoolbox calls linear CKA `cosine_cov` (of squared Euclidean RDMs, made "
        "in the run), and Procrustes similarity `bures`. `sm.measures` gives all eight at once."
    )
    return [
        Task(f"linear CKA, {data}", lambda: sm.linear_cka(x, y), cka, [first, *notes]),
        Task(
            f"debiased linear CKA, {data}",
            lambda: sm.debiased_linear_cka(x, y),
            debiased_contenders(x, y),
        ),
        Task(f"all eight measures, {data}", lambda: sm.measures(x, y), others),
    ]


def by_rsatoolbox(x: Floats, y: Floats, method: str) -> Callable[[], float]:
    from rsatoolbox.data.dataset import Dataset
    from rsatoolbox.rdm.calc import calc_rdm
    from rsatoolbox.rdm.compare import compare

    def run() -> float:
        rdms: list[Any] = [calc_rdm(Dataset(side), method="euclidean") for side in (x, y)]
        return float(np.asarray(compare(rdms[0], rdms[1], method=method)).item())

    return run


def by_repsim(x: Floats, y: Floats) -> Callable[[], float]:
    import repsim

    return lambda: float(repsim.cka([x, y], kernel_type="linear", estimator="gretton")[0, 1])


def alike(ours: float, other: float) -> str:
    return close(ours, other, TOLERANCE)


def field(name: str, tolerance: float = TOLERANCE) -> Callable[[sm.Measures, float], str]:
    return lambda ours, other: f"`{name}` {close(getattr(ours, name), other, tolerance)}"


def both_ways(x: Floats, y: Floats) -> Callable[[sm.Measures, float], str]:
    """PWCCA weighs by its first side; repsim gives the mean of both choices."""
    return lambda ours, other: f"`pwcca` {alike((ours.pwcca + sm.measures(y, x).pwcca) / 2, other)}"
