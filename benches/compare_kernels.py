"""Debiased CKA by torch_cka and thingsvision, and what each should give.

All take the unbiased estimate of HSIC by Song et al. (2012). Ours is of all samples, however they
come in batches. torch_cka, as Nguyen et al. (2021) do, averages it over batches, in float32, so
that its value changes with them. Each figure is worked out here from kernels, in float64.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from compare_race import Contender, close

import spanmatch as sm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import torch
    from compare_data import Floats

BATCH, SMALL_BATCH = 250, 25
# Errors of float32; the estimates themselves are further apart.
SINGLE = 3e-4
NOTE = (
    "Debiased CKA: ours is of all samples, and the same to 1e-10 in batches of any size. torch_cka "
    "averages HSIC over batches, in float32: checked against its definition in float64, to "
    f"{SINGLE:g}. Batches see less of the data, no product of two samples of different batches, "
    "and so its value changes with their size."
)


def debiased_contenders(x: Floats, y: Floats) -> list[Contender]:
    """Debiased CKA of all samples, and in batches: by ours, by thingsvision and by torch_cka."""
    wanted = cka(kernel(x), kernel(y), hsic_unbiased)

    def alike(tolerance: float) -> Callable[[float, float], str]:
        return lambda ours, other: f"{close(ours, wanted, 1e-10)}, {close(ours, other, tolerance)}"

    def in_batches() -> float:
        pair = sm.ActivationPair()
        for start in range(0, len(x), BATCH):
            pair.update(x[start : start + BATCH], y[start : start + BATCH])
        return sm.debiased_linear_cka(pair)

    found = [Contender(f"spanmatch, batches of {BATCH}", in_batches, alike(1e-10))]
    if find_spec("thingsvision"):
        found.append(Contender("thingsvision", lambda: by_thingsvision(x, y), alike(1e-6)))
    if find_spec("torch_cka"):
        found += torch_cka_contenders(x, y)
    return found


def torch_cka_contenders(x: Floats, y: Floats) -> list[Contender]:
    """torch_cka on all samples at once, and in batches, as it is mostly used."""
    import torch

    sides = [torch.from_numpy(side).float() for side in (x, y)]

    def contender(name: str, batch: int) -> Contender:
        batches = [list(side.split(batch)) for side in sides]
        parts = [
            (kernel(x[start : start + batch]), kernel(y[start : start + batch]))
            for start in range(0, len(x), batch)
        ]
        wanted = cka_of_batches(parts)

        def check(ours: float, other: float) -> str:
            close(wanted, other, SINGLE)
            return f"{other:.4f}, of all samples {ours:.4f}"

        return Contender(name, lambda: by_torch_cka(*batches), check)

    return [
        contender("torch_cka, one batch", len(x)),
        contender(f"torch_cka, batches of {BATCH}", BATCH),
        contender(f"torch_cka, batches of {SMALL_BATCH}", SMALL_BATCH),
    ]


def by_thingsvision(x: Floats, y: Floats) -> float:
    from thingsvision.core.cka import CKANumPy

    return float(CKANumPy(len(x), "linear", unbiased=True).compare(x, y))


class Batches:
    """As much of a DataLoader as torch_cka uses: it costs nothing."""

    def __init__(self, batches: Sequence[torch.Tensor]) -> None:
        self.dataset = "factors"
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[tuple[torch.Tensor]]:
        return ((batch,) for batch in self.batches)


def by_torch_cka(x: Sequence[torch.Tensor], y: Sequence[torch.Tensor]) -> float:
    import torch
    import torch_cka

    # It compares models: these two give out what they are given.
    models = torch.nn.Identity(), torch.nn.Identity()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        comparison = torch_cka.CKA(*models, model1_name="x", model2_name="y")
        with torch.no_grad():
            comparison.compare(Batches(x), Batches(y))
        return float(comparison.export()["CKA"].item())


def kernel(z: Floats) -> Floats:
    products: Floats = z @ z.T
    return products


def hsic_unbiased(k: Floats, m: Floats) -> float:
    n = len(k)
    k, m = (z - np.diag(np.diag(z)) for z in (k, m))
    means = k.sum() * m.sum() / ((n - 1) * (n - 2))
    return float(
        ((k * m).sum() + means - 2 / (n - 2) * k.sum(axis=0) @ m.sum(axis=0)) / n / (n - 3)
    )


def cka(k: Floats, m: Floats, hsic: Callable[[Floats, Floats], float]) -> float:
    return hsic(k, m) / float(np.sqrt(hsic(k, k) * hsic(m, m)))


def cka_of_batches(parts: Sequence[tuple[Floats, Floats]]) -> float:
    terms = [(hsic_unbiased(k, m), hsic_unbiased(k, k), hsic_unbiased(m, m)) for k, m in parts]
    cross, of_x, of_y = np.sum(terms, axis=0)
    return float(cross / np.sqrt(of_x * of_y))
