"""The factors of one side, which measures compute once and use for the data and all nulls.

A null shifts the rows of one side against the other. This changes only the products between the
sides, and none of these factors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spanmatch.solve.decompositions import decompose_symmetric
from spanmatch.solve.resolution import find_resolution

if TYPE_CHECKING:
    from spanmatch.results.result import Floats

SVCCA_VARIANCE = 0.99
# Variances and eigenvalues that differ by less than this relative amount count as equal.
TIED_PARTS = 1e-9
# Sums of squares of sums of squares stay within float64 if the largest sum is within 2**±200.
SAFE_EXPONENT = 200


@dataclass(frozen=True, eq=False)
class SideFactors:
    """One side with variance. Each factor is computed when it is first used, and kept.

    X are its centred columns, and Q is an orthonormal basis of their span.
    """

    products: Floats
    """XᵀX."""
    delta: float
    """The resolution δ. Q leaves out directions below it."""

    @cached_property
    def factor(self) -> float:
        """A power of two that scales X so that squares of products can be summed."""
        return find_factor(self.products.diagonal())

    @cached_property
    def safe(self) -> Floats:
        """XᵀX of X times the factor, a power of two, which changes no digit."""
        return self.products if self.factor == 1.0 else self.products * self.factor**2

    @cached_property
    def size(self) -> float:
        """|XᵀX|, the Frobenius norm, of X times the factor."""
        return float(np.sqrt(np.einsum("ij,ij->", self.safe, self.safe)))

    @cached_property
    def trace(self) -> float:
        """|X|², of X times the factor."""
        return float(np.trace(self.safe))

    @cached_property
    def principal(self) -> Floats:
        """The matrix that maps X times the factor to a basis of the principal directions."""
        values, vectors = self.variances
        kept = count_principal(values, self.trace)
        basis: Floats = vectors[:, -kept:] / np.sqrt(values[-kept:])
        return basis

    @cached_property
    def variances(self) -> tuple[Floats, Floats]:
        """The eigenvalues of `safe` in rising order, and its eigenvectors."""
        values, vectors = decompose_symmetric(self.safe)
        return values, vectors

    @property
    def largest(self) -> float:
        """The largest eigenvalue of `safe`."""
        return float(self.variances[0][-1])

    @cached_property
    def inverse_norms(self) -> Floats:
        """The factors that scale columns to norm 1; 0 for dead columns."""
        norms: Floats = np.sqrt(self.products.diagonal())
        inverse = np.zeros_like(norms)
        np.divide(1.0, norms, out=inverse, where=norms > 0.0)
        return inverse

    @cached_property
    def norms(self) -> Floats:
        """The norms of the columns relative to the largest, since their squares might overflow."""
        norms = np.sqrt(self.products.diagonal())
        relative: Floats = norms / norms.max()
        return relative

    @property
    def independent(self) -> Floats:
        """The matrix that maps columns of norm 1 to Q."""
        values, vectors = self.unit_variances
        basis: Floats = vectors / np.sqrt(values)
        return basis

    @property
    def coordinates(self) -> Floats:
        """QᵀX, in the scale of `norms`."""
        values, vectors = self.unit_variances
        coordinates: Floats = np.sqrt(values)[:, np.newaxis] * vectors.T * self.norms
        return coordinates

    @cached_property
    def unit_variances(self) -> tuple[Floats, Floats]:
        """The eigenvalues and eigenvectors of the products of columns of norm 1, above rounding."""
        unit = self.products * self.inverse_norms[:, np.newaxis] * self.inverse_norms
        return find_independent(unit, self.delta)


class Sides(NamedTuple):
    """The factors of both sides."""

    x: SideFactors
    y: SideFactors


def factor_sides(products: Floats, n_x: int) -> Sides | None:
    """Return the sides from the products of centred columns, or None if one has no variance.

    `center_products` has checked that no squares of a column have underflowed.
    """
    squares = products.diagonal()
    if not (squares[:n_x].any() and squares[n_x:].any()):
        return None
    delta = find_resolution(squares.size)
    return Sides(SideFactors(products[:n_x, :n_x], delta), SideFactors(products[n_x:, n_x:], delta))


def find_factor(squares: Floats) -> float:
    """Return a power of two that scales columns with these squares to a safe range, or 1."""
    exponent = int(np.frexp(squares.max())[1])
    return float(np.ldexp(1.0, -(exponent // 2))) if abs(exponent) > SAFE_EXPONENT else 1.0


def count_principal(variances: Floats, total: float) -> int:
    """Return the number of principal directions, given all variances in rising order.

    These are the fewest directions that hold 0.99 of the total, and those that tie with the last.
    """
    held = np.cumsum(variances[::-1]) / total
    last = int(np.argmax(held >= SVCCA_VARIANCE - TIED_PARTS))
    return int((variances >= variances[-1 - last] * (1.0 - TIED_PARTS)).sum())


def find_independent(unit: Floats, delta: float) -> tuple[Floats, Floats]:
    """Return the eigenvalues and eigenvectors of columns of norm 1, above the resolution."""
    values, vectors = decompose_symmetric(unit)
    kept = values >= delta**2 * values[-1]
    return values[kept], vectors[:, kept]
