"""The cost of the products of a comparison, and the speed of this machine, in operations."""

from __future__ import annotations

from math import prod
from time import perf_counter
from typing import TYPE_CHECKING

import torch

from spanmatch.pair.pair import ActivationPair
from spanmatch.torch.comparing.layer_sums import LayerSums
from spanmatch.torch.comparing.parts import list_both

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanmatch.torch.comparing.lockstep import Sizes
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.comparing.parts import Part
    from spanmatch.torch.observing.layer_size import LayerSize

WIDTH, ROWS = 512, 1024
"""The numbers of neurons of a side, and of samples, of the products that are timed."""
SECONDS = 0.2
"""The time for which they are repeated."""


def count_rows(size: LayerSize) -> int:
    """Return the number of samples that a call of a layer gives for a batch, at most."""
    return max(prod(shape) for shape, _ in size.row_shapes)


def count_pass_operations(sizes: Sizes, part: Part, options: CompareOptions) -> int:
    """Return the multiplications and additions of the products of a batch in a pass.

    Layers compared one by one need one symmetric product of both sides. With all pairs, each layer
    has a product with itself, and each pair of layers one more. Each null adds a product between
    two layers.
    """
    of_a, of_b = sizes
    nulls = options.resampling.nulls
    if not options.all_pairs:
        pairs = [(of_a[a], of_b[b].n_neurons) for a, (b,) in part.items()]
        return sum(
            a.n_calls * count_rows(a) * ((a.n_neurons + n_b) ** 2 + 2 * nulls * a.n_neurons * n_b)
            for a, n_b in pairs
        )
    own = [sizes[at][name] for at, names in enumerate(list_both(part)) for name in names]
    total = sum(2 * each.n_calls * count_rows(each) * each.n_neurons**2 for each in own)
    for a, b in ((of_a[a], of_b[b]) for a, each in part.items() for b in each):
        products = 2 * a.n_calls * b.n_calls * a.n_neurons * b.n_neurons * (1 + nulls)
        total += products * (count_rows(a) if a.row_shapes == b.row_shapes else _count_inputs(a))
    return total


def count_match_operations(sizes: Sizes, a: str, b: str, options: CompareOptions) -> int:
    """Estimate the operations that matching two layers takes, with their nulls.

    By measurement (`benches/README.md`), these are as many as for the sums of twice as many samples
    as neurons.
    """
    of_a, of_b = sizes[0][a], sizes[1][b]
    calls = of_a.n_calls * (of_b.n_calls if options.all_pairs else 1)
    return calls * 2 * (of_a.n_neurons + of_b.n_neurons) ** 3 * (1 + options.resampling.nulls)


def measure_rate(options: CompareOptions) -> float:
    """Measure the operations per second of products here, by the code that sums them."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(ROWS, 2 * WIDTH, generator=generator).to(options.device or "cpu")
    if options.all_pairs:
        sums = LayerSums(rows)
        return 2 * ROWS * (2 * WIDTH) ** 2 / _time(lambda: _finish(sums.add(rows)))
    pair, (x, y) = ActivationPair(), rows.split(WIDTH, 1)
    return ROWS * (2 * WIDTH) ** 2 / _time(lambda: pair.update(x, y))


def _count_inputs(size: LayerSize) -> int:
    return max(shape[0] for shape, _ in size.row_shapes)


def _finish(result: torch.Tensor) -> None:
    """Wait until a device has done its work."""
    result[-1, -1].item()


def _time(work: Callable[[], object]) -> float:
    """Return the shortest time of several calls, without the first."""
    work()
    best, end = float("inf"), perf_counter() + SECONDS
    while perf_counter() < end or best == float("inf"):
        before = perf_counter()
        work()
        best = min(best, perf_counter() - before)
    return best
