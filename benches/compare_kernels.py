"""torch_cka, whose CKA is another estimate than ours, and what it should be.

Ours is Kornblith's: of centred kernels, diagonal included. torch_cka takes the unbiased estimate of
HSIC by Song et al. (2012), as Nguyen et al. (2021) do, in float32, and averages it over batches.
Both are worked out here from the same kernels, in float64.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from compare_race import Contender, close

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import torch
    from compare_data import Floats

BATCH = 250
# Errors of float32; the estimates themselves are further apart.
SINGLE = 3e-4
NOTE = (
    "torch_cka gives another estimate: of HSIC without bias (Song et al.), in float32, averaged "
    "over batches. Checked: from kernels in float64, its definition gives its figure to "
    f"{SINGLE:g} and ours gives ours to 1e-6. Batches of {BATCH} see less of the data: no product "
    "of two samples of different batches."
)


def torch_cka_contenders(x: Floats, y: Floats) -> list[Contender]:
    """torch_cka on all samples at once, as the others, and in batches, as it is mostly used."""
    import torch

    sides = [torch.from_numpy(side).float() for side in (x, y)]
    wholes = kernel(x), kernel(y)
    biased, unbiased = cka(*wholes, hsic_biased), cka(*wholes, hsic_unbiased)
    parts = [
        (kernel(x[start : start + BATCH]), kernel(y[start : start + BATCH]))
        for start in range(0, len(x), BATCH)
    ]

    def contender(name: str, batch: int, wanted: float) -> Contender:
        batches = [list(side.split(batch)) for side in sides]

        def check(ours: float, other: float) -> str:
            close(ours, biased, 1e-6)
            close(wanted, other, SINGLE)
            return f"another estimate: {other:.4f}, ours {ours:.4f}"

        return Contender(name, lambda: by_torch_cka(*batches), check)

    return [
        contender("torch_cka, one batch", len(x), unbiased),
        contender(f"torch_cka, batches of {BATCH}", BATCH, cka_of_batches(parts)),
    ]


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


def hsic_biased(k: Floats, m: Floats) -> float:
    # Centring one of the two is enough.
    centred = k - k.mean(axis=0) - k.mean(axis=1)[:, None] + k.mean()
    return float((centred * m).sum())


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
