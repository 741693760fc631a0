"""Sides with far more neurons than samples, by samples × samples products.

Neurons × neurons products would be larger and hold the same information: XXᵀ and XᵀX have the same
eigenvalues apart from zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.pair.pair import ActivationPair
from spanmatch.pair.samples import as_samples
from spanmatch.solve.columns import Columns
from spanmatch.solve.decompositions import decompose_symmetric
from spanmatch.solve.side_factors import count_principal, find_independent

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanmatch.pair.types import Samples
    from spanmatch.results.result import Floats

# From this many neurons of the larger side for each sample, samples × samples is less work.
NEURONS_PER_SAMPLE = 2
# Eigenvalues below this part of the largest have lost six or more of their 16 digits.
SMALL = 1e-6


@dataclass(frozen=True, eq=False)
class WideSide:
    """One side: X are its centred columns times the factor, and Q is a basis of their span."""

    columns: Columns
    factor: float
    """A power of two that keeps squares of products within float64."""
    products: Floats
    """XXᵀ, samples × samples."""
    unit_products: Floats
    """XXᵀ for columns of norm 1."""

    @cached_property
    def size(self) -> float:
        """|XXᵀ| = |XᵀX|, the Frobenius norm."""
        return float(np.linalg.norm(self.products))

    @cached_property
    def trace(self) -> float:
        """|X|²."""
        return float(np.trace(self.products))

    @property
    def largest(self) -> float:
        """The largest eigenvalue of XXᵀ and XᵀX."""
        return float(self._spectrum[0][-1])

    @cached_property
    def principal(self) -> Floats:
        """An orthonormal basis of the principal directions, samples × directions."""
        values, vectors = self._spectrum
        basis: Floats = vectors[:, -count_principal(values, self.trace) :]
        return basis

    def find_basis(self, delta: float) -> Floats:
        """Return Q, samples × directions, without directions below the resolution."""
        return find_independent(self.unit_products, delta)[1]

    @cached_property
    def square(self) -> Floats:
        """X rotated into as few columns as possible, so that the products XXᵀ stay the same.

        Its small singular values are computed again from the columns, since roots of eigenvalues
        of products have errors of 1e-8 of the largest.
        """
        values, vectors = self._spectrum
        small = values < SMALL * values[-1]
        large: Floats = vectors[:, ~small] * np.sqrt(values[~small])
        if small.sum() <= 1:
            # The only small one is the constant direction, in which centred columns are zero.
            return large
        products = np.zeros((small.sum(), small.sum()))
        for block in self.columns.read_blocks(self.factor):
            part = vectors[:, small].T @ block.values
            products += part @ part.T
        again, turned = decompose_symmetric(products)
        return np.hstack([large, vectors[:, small] @ turned * np.sqrt(again.clip(0.0))])

    @cached_property
    def _spectrum(self) -> tuple[Floats, Floats]:
        values, vectors = decompose_symmetric(self.products)
        return values, vectors


def find_wide(x: Samples | ActivationPair, y: Samples | None) -> tuple[Columns, Columns] | None:
    """Return both sides as `Columns` if reading them by columns is less work, else None.

    It is less work if the larger side has at least twice as many neurons as there are samples. A
    pair keeps neurons × neurons products, so it is never read by columns.
    """
    if y is None or isinstance(x, ActivationPair) or isinstance(y, ActivationPair):
        return None
    one, other = Columns(as_samples(x, "x"), "x"), Columns(as_samples(y, "y"), "y")
    (n_samples, n_x), (n_others, n_y) = one.shape, other.shape
    # The core raises the error if counts differ or are 0.
    if not n_samples == n_others > 0 or max(n_x, n_y) < NEURONS_PER_SAMPLE * n_samples:
        return None
    return one, other


def factor_wide(columns: Columns, report: Callable[[int], object]) -> WideSide | None:
    """Read a side, and return None if it has no variance."""
    n_samples, factor = columns.shape[0], columns.find_factor()
    products, unit_products = np.zeros((2, n_samples, n_samples))
    for block in columns.read_blocks(factor, report):
        unit = block.values * block.inverse_norms
        products += block.values @ block.values.T
        unit_products += unit @ unit.T
    return WideSide(columns, factor, products, unit_products) if products.any() else None
