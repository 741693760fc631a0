"""Sums of each layer, and of each layer of A with each of B, from which every pair is made.

A pair of layers depends on the products within each layer and between both. The products within a
layer are kept once, and not again for each of its pairs. Nulls change only the products between
layers, since the shifted rows of B are the same rows in another order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

import spanmatch._core as core
from spanmatch.comparison.keys import Key
from spanmatch.pair.device.gram import (
    NO_PLAN,
    Plan,
    combine_codes,
    find_limit,
    find_middle,
    measure_rows,
)
from spanmatch.pair.pair import ActivationPair, wrap_gram

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor


class LayerSums:
    """The sums of one layer in float64 on its device, of rows less the mean of its first rows."""

    def __init__(self, rows: Tensor) -> None:
        self.shift = find_middle(rows)
        self.sums = torch.zeros_like(self.shift)
        self.spread = torch.zeros_like(self.shift)
        self.products = torch.zeros_like(torch.outer(self.shift, self.shift))
        # The products of each neuron with the squared norms of rows, and of these with themselves.
        self.weighted = torch.zeros_like(self.shift)
        self.square = self.shift.new_zeros(())
        self.n_batches = self.n_samples = 0

    def add(self, rows: Tensor) -> Tensor:
        """Add the rows of a batch, and return them less the shift.

        Raises
        ------
        ValueError
            A value is not finite, or squares may overflow.
        """
        shifted = rows.to(torch.float64, copy=True).sub_(self.shift)
        self.n_samples += len(rows)
        self.n_batches += 1
        self.sums += shifted.sum(0)
        low, high = torch.aminmax(shifted, dim=0)
        self.spread = torch.maximum(self.spread, torch.maximum(high, -low))
        far = ~(self.spread + self.shift.abs() <= find_limit(self.n_samples))
        if bool(far.any()):
            raise ValueError(
                f"neuron {int(far.nonzero()[0])} has a value that is not finite, or whose square "
                "overflows float64"
            )
        self.products.addmm_(shifted.T, shifted)
        norms = measure_rows(shifted)
        self.weighted += norms @ shifted
        self.square += norms @ norms
        return shifted


class CrossSums:
    """The products of a layer of A (rows) and one of B (columns), of the data and of each null.

    Parameters
    ----------
    x, y
        Rows of a batch less their shifts, which give the widths and the device.
    nulls
        The number of nulls.
    """

    def __init__(self, x: Tensor, y: Tensor, nulls: int) -> None:
        shape = 1 + nulls, x.shape[1], y.shape[1]
        # Of the data first, then of each null.
        self._products = torch.zeros(shape, dtype=torch.float64, device=x.device)
        # Likewise, of each neuron with the squared norms of the other layer's rows; then of both.
        n = x.shape[1] + y.shape[1]
        self._norms = torch.zeros(1 + nulls, n + 1, dtype=torch.float64, device=x.device)
        self.codes = (0,) * nulls
        """For each null a hash of its circular shifts."""
        self.n_items = 0

    @property
    def products(self) -> Tensor:
        """The products of the data."""
        return self._products[0]

    @property
    def nulls(self) -> Tensor:
        """The products of each null, of shape (nulls, n_a, n_b)."""
        return self._products[1:]

    @property
    def norms(self) -> Tensor:
        """Σ b x, Σ a y and Σ a b of the data, with a and b the squared norms of rows."""
        return self._norms[0]

    @property
    def null_norms(self) -> Tensor:
        """The same sums of each null, of shape (nulls, n_a + n_b + 1)."""
        return self._norms[1:]

    def add(self, x: Tensor, y: Tensor, plan: Plan = NO_PLAN) -> None:
        """Add the rows of a batch less their shifts, without a copy."""
        a, b = measure_rows(x), measure_rows(y)
        sums = zip(self._products, self._norms, (0, *plan.offsets), strict=True)
        for products, norms, offset in sums:
            rows = zip(_meet(x, y, offset), _meet(a, b, offset), strict=True)
            for (rows_x, rows_y), (of_x, of_y) in rows:
                products.addmm_(rows_x.T, rows_y)
                norms.add_(torch.cat([of_y @ rows_x, of_x @ rows_y, (of_x @ of_y)[None]]))
        self.codes = tuple(map(combine_codes, self.codes, plan.item_offsets))
        self.n_items += plan.n_items


class CrossPairs(Mapping[Key, ActivationPair]):
    """The pairs of layers of A and layers of B, each assembled when it is asked for.

    Parameters
    ----------
    parts
        By the layers' names in A and in B: the sums of each layer, and those between them.
    seed
        The seed of the circular shifts of the nulls.
    """

    def __init__(
        self, parts: Mapping[Key, tuple[LayerSums, LayerSums, CrossSums]], seed: int = 0
    ) -> None:
        self._parts, self._seed = parts, seed

    def __getitem__(self, key: Key) -> ActivationPair:
        a, b, between = self._parts[key]
        shift, sums, spread = (
            torch.cat([x.cpu(), y.cpu()]).numpy()
            for x, y in ((a.shift, b.shift), (a.sums, b.sums), (a.spread, b.spread))
        )
        # A Gram reads only the triangle of the products right of the diagonal.
        n_a, n_b = between.products.shape
        products = torch.zeros(n_a + n_b, n_a + n_b, dtype=torch.float64)
        products[:n_a, :n_a], products[n_a:, n_a:] = a.products, b.products
        products[:n_a, n_a:] = between.products
        gram = core.Gram.from_parts(
            ([n_a, n_b], a.n_batches, a.n_samples, shift, sums, spread, products.numpy()),
            self._take_nulls(between) if between.codes else None,
            _take_norms(a, b, between),
        )
        return wrap_gram(gram)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def _take_nulls(self, between: CrossSums) -> core._Replicates:
        nulls = between.nulls.flatten(1).cpu().numpy()
        return self._seed, between.n_items, list(between.codes), nulls, []


def _take_norms(a: LayerSums, b: LayerSums, between: CrossSums) -> core._Norms:
    """Return the sums with norms of rows of a pair of layers, as a Gram has them."""
    n_a, n = a.shift.numel(), a.shift.numel() + b.shift.numel()
    cross, own = between.norms.cpu(), torch.zeros(n + 2, 2, dtype=torch.float64)
    own[:n_a, 0], own[n_a:n, 1] = a.weighted.cpu(), b.weighted.cpu()
    own[:n_a, 1], own[n_a:n, 0] = cross[:n_a], cross[n_a:n]
    own[n, 0], own[n + 1, 1] = a.square, b.square
    own[n, 1] = own[n + 1, 0] = cross[n]
    return own.numpy(), between.null_norms.cpu().numpy(), np.zeros((0, n + 2, 2))


def _meet(x: Tensor, y: Tensor, offset: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield views of the rows that meet when y is shifted: row i of x, and row i + offset of y.

    The sums of nulls are sums over these.
    """
    rest = len(y) - offset
    yield x[:rest], y[offset:]
    if offset:
        yield x[rest:], y[:offset]
