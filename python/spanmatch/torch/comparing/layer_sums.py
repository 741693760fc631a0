"""Sums over each layer, and over each layer of A with each of B, from which any pair is made.

A pair of layers depends on the products within either and between both. Those within are kept once
for each layer, and not once for each of its pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

import spanmatch._core as core
from spanmatch.comparison.keys import Key
from spanmatch.pair.device.gram import find_limit, find_middle
from spanmatch.pair.pair import ActivationPair, wrap_gram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor


class LayerSums:
    """The sums of one layer, in float64, on its device: rows less their first middle."""

    def __init__(self, rows: Tensor) -> None:
        self.shift = find_middle(rows)
        self.sums = torch.zeros_like(self.shift)
        self.spread = torch.zeros_like(self.shift)
        self.products = torch.zeros_like(torch.outer(self.shift, self.shift))
        self.n_batches = self.n_samples = 0

    def add(self, rows: Tensor) -> Tensor:
        """Add the rows of a batch, and return them less the shift.

        Raises
        ------
        ValueError
            A value is not finite, or squares may overflow.
        """
        shifted = rows.double() - self.shift
        self.n_samples += len(rows)
        self.n_batches += 1
        self.sums += shifted.sum(0)
        self.spread = torch.maximum(self.spread, shifted.abs().amax(0))
        far = ~(self.spread + self.shift.abs() <= find_limit(self.n_samples))
        if bool(far.any()):
            raise ValueError(
                f"neuron {int(far.nonzero()[0])} has a value that is not finite, or whose square "
                "overflows float64"
            )
        self.products.addmm_(shifted.T, shifted)
        return shifted


class CrossPairs(Mapping[Key, ActivationPair]):
    """The pairs of layers of A and layers of B, each put together when it is asked for."""

    def __init__(
        self,
        parts: Mapping[Key, tuple[LayerSums, LayerSums, Tensor]],
    ) -> None:
        self._parts = parts

    def __getitem__(self, key: Key) -> ActivationPair:
        a, b, between = self._parts[key]
        shift, sums, spread = (
            torch.cat([x.cpu(), y.cpu()]).numpy()
            for x, y in ((a.shift, b.shift), (a.sums, b.sums), (a.spread, b.spread))
        )
        # Of the products, the triangle right of the diagonal counts.
        n_a, n_b = between.shape
        products = torch.zeros(n_a + n_b, n_a + n_b, dtype=torch.float64)
        products[:n_a, :n_a], products[n_a:, n_a:] = a.products, b.products
        products[:n_a, n_a:] = between
        gram = core.Gram.from_parts(
            (n_a, a.n_batches, a.n_samples, shift, sums, spread, products.numpy())
        )
        return wrap_gram(gram)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def count_bytes(neurons_a: Sequence[int], neurons_b: Sequence[int]) -> int:
    """Return how many bytes the sums take, of layers of so many neurons."""
    own = sum(n * n for n in (*neurons_a, *neurons_b))
    return 8 * (own + sum(neurons_a) * sum(neurons_b))
