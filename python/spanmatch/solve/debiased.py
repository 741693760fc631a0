"""HSIC without the bias of a row's product with itself, from sums over rows."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import spanmatch._core as core
    from spanmatch.results.result import Floats
    from spanmatch.solve.side_factors import Sides

# Fewer rows leave nothing to divide by.
LEAST_ROWS = 4
# An own HSIC of less than this part of what it is the difference of is rounding.
ROUNDING = 1e-10
NO_NORMS = (
    "debiased CKA needs sums by the squared norms of rows, which the pair lacks, since it was read "
    "from a file of an older version, or merged with such a pair: sum the samples again"
)
# A value of which rounding may be a larger part is not told.
LOST = 1e-9
# Sums of squared squares below this have lost digits to the smallest numbers.
SMALLEST = 1e-280


def find_hsic(cross_square: float, ab: float, a: float, b: float, n: int) -> float:
    """Return the unbiased estimate of HSIC between two linear kernels.

    HSIC_1 = (|C|² - Σ ab + Σa Σb / ((n-1)(n-2)) - 2 Σ ab / (n-2)) / (n (n-3)), of rows that are
    centred: Song, Smola, Gretton, Bedo and Borgwardt, "Feature Selection via Dependence
    Maximization", JMLR 2012, equation 4, where the kernels' diagonals are left out of every sum.

    Parameters
    ----------
    cross_square
        |C_xy|², the sum of the squares of the products of columns of x and y: of all products
        ⟨x_i, x_j⟩⟨y_i, y_j⟩.
    ab, a, b
        Σ a_i b_i, Σ a_i and Σ b_i, with a_i = |x_i|² and b_i = |y_i|² of the centred rows.
    n
        How many rows there are, at least 4.
    """
    own = ab * (1.0 + 2.0 / (n - 2)) - a * (b / ((n - 1) * (n - 2)))
    return (cross_square - own) / (n * (n - 3.0))


class Products(NamedTuple):
    """What HSIC takes of the products of two sides, or of one with itself."""

    square: float
    """|C|²."""
    ab: float
    """Σ ab."""
    rounding: float = 0.0
    """By how much |C|² and Σ ab, and what else is summed with them, may be rounding."""


def find_debiased_cka(
    xy: Products, xx: Products, yy: Products, traces: tuple[float, float], n: int
) -> tuple[float, str]:
    """Return linear CKA of unbiased estimates, and why it is nan: "" where it is not.

    HSIC_1(x, y) / √(HSIC_1(x, x) HSIC_1(y, y)). HSIC_1 is an inner product of kernels whose
    diagonals are left out and whose rows sum to 0 (Székely and Rizzo, Annals of Statistics 2014),
    so it is at most 1. Of unrelated sides it is as often below 0 as above, and it is not clipped.

    Parameters
    ----------
    xy, xx, yy
        Of the products between the sides, and within each.
    traces
        Σ a and Σ b.
    n
        How many rows there are.
    """
    if n < LEAST_ROWS:
        return nan, f"debiased CKA needs at least {LEAST_ROWS} rows, and there are {n}"
    a, b = traces
    if not all(map(isfinite, (*xy, *xx, *yy))) or min(xx.ab, yy.ab) < SMALLEST:
        return nan, (
            "sums of the fourth order leave the range of float64: rescale each side, which changes "
            "no CKA"
        )
    count = n * (n - 3.0)
    own = [find_hsic(each.square, each.ab, t, t, n) for each, t in ((xx, a), (yy, b))]
    for side, hsic, each in zip("xy", own, (xx, yy), strict=True):
        if hsic * count <= max(ROUNDING * each.square, each.rounding):
            return nan, (
                f"the unbiased HSIC of {side} with itself is zero to rounding: its rows have "
                "nothing in common beyond each with itself"
            )
    size = sqrt(own[0]) * sqrt(own[1])
    lost = max(xy.rounding / size, xx.rounding / own[0], yy.rounding / own[1]) / count
    if lost > LOST:
        return nan, (
            f"its digits are lost: rounding may be {lost:.1g} of it, since the first rows lie far "
            "from all others: sum the samples again in another order"
        )
    return min(1.0, find_hsic(xy.square, xy.ab, a, b, n) / size), ""


def debias(gram: core.Gram, sides: Sides | None, cross: Floats) -> tuple[float, str]:
    """Return debiased CKA of C_xy, and why it is nan; no sides: one of them has no variance."""
    if sides is None:
        return nan, "a side has no variance"
    sums = DebiasedSums.of(gram, sides)
    return (nan, NO_NORMS) if sums is None else sums.measure(cross)


@dataclass(frozen=True)
class DebiasedSums:
    """What HSIC takes of both sides: of each with itself, and of any products between them."""

    gram: core.Gram
    xx: Products
    yy: Products
    traces: tuple[float, float]
    """Σ a and Σ b."""
    ab: tuple[float, float]
    """Σ ab of the rows as they lie, and a bound on its rounding."""
    of_products: float
    """A bound on the rounding of the products between the sides."""

    @classmethod
    def of(cls, gram: core.Gram, sides: Sides) -> DebiasedSums | None:
        """Read the sums of norms of a Gram; None: it has none."""
        norms = gram.centered_norms()
        if norms is None:
            return None
        n, ((aa, ab, bb), rounding, of_products) = gram.n_samples, norms
        a, b = (side.trace / side.factor / side.factor for side in sides)
        size_x, size_y = (side.size / side.factor / side.factor for side in sides)
        xx = _bound(size_x, aa, (a, a), (rounding[0], of_products[0]), n)
        yy = _bound(size_y, bb, (b, b), (rounding[2], of_products[2]), n)
        return cls(gram, xx, yy, (a, b), (ab, rounding[1]), of_products[1])

    def measure(self, cross: Floats, null: int | None = None) -> tuple[float, str]:
        """Return debiased CKA, and why it is nan, of C_xy: of the data, or of a null."""
        of_null = None if null is None else self.gram.centered_null_norms(null)
        ab, rounding = self.ab if of_null is None else of_null
        n, size = self.gram.n_samples, float(np.linalg.norm(cross))
        xy = _bound(size, ab, self.traces, (rounding, self.of_products), n)
        return find_debiased_cka(xy, self.xx, self.yy, self.traces, n)


def _bound(
    size: float, ab: float, traces: tuple[float, float], rounding: tuple[float, float], n: int
) -> Products:
    """Return what HSIC takes of |C| and Σ ab, with what rounding may come to in all.

    `rounding` bounds that of Σ ab and that of the products, whose traces it bounds too.
    """
    of_ab, of_products = rounding
    a, b = traces
    own = (1.0 + 2.0 / max(1, n - 2)) * of_ab + (a + b) * of_products / max(1, (n - 1) * (n - 2))
    return Products(size * size, ab, (2.0 * size + of_products) * of_products + own)
