"""Debiased CKA from sums over rows: HSIC without each row's product with itself."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spanmatch.solve.cross_measures import scale_cross

if TYPE_CHECKING:
    import spanmatch._core as core
    from spanmatch.results.result import Floats
    from spanmatch.solve.side_factors import Sides

# With fewer rows the formula would divide by 0.
LEAST_ROWS = 4
# The HSIC of a side with itself is a difference. Below this part of its terms it is rounding.
ROUNDING = 1e-10
NO_VARIANCE = "a side has no variance, since all its neurons are constant"
NO_NORMS = (
    "debiased CKA needs sums by the squared norms of rows, which the pair lacks, since it was read "
    "from a file of an older version, or merged with such a pair: sum the samples again"
)
# The rounding of a kernel, relative to its trace.
KERNEL_ROUNDING = 32.0 * float(np.finfo(np.float64).eps)
# A value is nan if rounding may be a larger part of it.
LOST = 1e-9
# Sums of fourth powers below this have lost digits by underflow.
SMALLEST = 1e-280


def find_hsic(cross_square: float, ab: float, a: float, b: float, n: int) -> float:
    """Return the unbiased estimate of HSIC between two linear kernels.

    For centred rows it is
    HSIC_1 = (|C|² - Σ ab + Σa Σb / ((n-1)(n-2)) - 2 Σ ab / (n-2)) / (n (n-3)): Song, Smola,
    Gretton, Bedo and Borgwardt, "Feature Selection via Dependence Maximization", JMLR 2012,
    equation 4, which leaves the diagonals of the kernels out of every sum.

    Parameters
    ----------
    cross_square
        |C_xy|², which is the sum of all ⟨x_i, x_j⟩⟨y_i, y_j⟩ over rows i and j.
    ab, a, b
        Σ a_i b_i, Σ a_i and Σ b_i, with a_i = |x_i|² and b_i = |y_i|² of the centred rows.
    n
        The number of rows, at least 4.
    """
    own = ab * (1.0 + 2.0 / (n - 2)) - a * (b / ((n - 1) * (n - 2)))
    return (cross_square - own) / (n * (n - 3.0))


class Products(NamedTuple):
    """The sums that HSIC needs of two sides, or of one with itself."""

    square: float
    """|C|²."""
    ab: float
    """Σ ab."""
    rounding: float = 0.0
    """A bound on the rounding of |C|², Σ ab and the other terms together."""


def find_debiased_cka(
    xy: Products, xx: Products, yy: Products, traces: tuple[float, float], n: int
) -> tuple[float, str]:
    """Return debiased linear CKA, and why it is nan, or "" if it is not.

    It is HSIC_1(x, y) / √(HSIC_1(x, x) HSIC_1(y, y)). HSIC_1 is an inner product of kernels without
    their diagonals whose rows sum to 0 (Székely and Rizzo, Annals of Statistics 2014), so the
    value is at most 1. For unrelated sides it is below 0 half of the time. It is not clipped.

    Parameters
    ----------
    xy, xx, yy
        The sums between the sides, and within each.
    traces
        Σ a and Σ b.
    n
        The number of rows.
    """
    if n < LEAST_ROWS:
        return nan, f"debiased CKA needs at least {LEAST_ROWS} rows, and there are {n}"
    a, b = traces
    # Σ a² is at least (Σ a)² / n.
    least = min(a * a, b * b) / n
    if not all(map(isfinite, (*xy, *xx, *yy))) or least < SMALLEST:
        return nan, (
            "sums of the fourth order leave the range of float64, or are damaged: rescale each "
            "side, which changes no CKA, or sum the samples again"
        )
    count = n * (n - 3.0)
    own = [find_hsic(each.square, each.ab, t, t, n) for each, t in ((xx, a), (yy, b))]
    for side, hsic, each in zip("xy", own, (xx, yy), strict=True):
        if hsic * count <= max(ROUNDING * each.square, each.rounding):
            return nan, (
                f"the unbiased HSIC of {side} with itself is zero to rounding: its rows have "
                "nothing in common beyond each with itself, or a few are far larger than all others"
            )
    size = sqrt(own[0]) * sqrt(own[1])
    lost = max(xy.rounding / size, xx.rounding / own[0], yy.rounding / own[1]) / count
    if lost > LOST:
        return nan, (
            f"the digits of debiased CKA are lost: rounding may be {lost:.1g} of it. A few rows "
            "are far larger than all others; or the first rows lie far from the rest, and then "
            "another order of the samples helps"
        )
    return min(1.0, find_hsic(xy.square, xy.ab, a, b, n) / size), ""


def bound_kernels(
    square: float, ab: float, sizes: tuple[float, float], traces: tuple[float, float], n: int
) -> Products:
    """Return the sums that HSIC needs of two samples × samples kernels K and L.

    `square` is ⟨K, L⟩, and `sizes` are |K| and |L|. The rounding of a kernel is relative to its
    trace.
    """
    (size_x, size_y), (a, b) = sizes, traces
    of_means = a * b / max(1, (n - 1) * (n - 2))
    return Products(
        square, ab, KERNEL_ROUNDING * (size_x * b + size_y * a + 4.0 * ab + 2.0 * of_means)
    )


def debias(gram: core.Gram, sides: Sides, cross: Floats) -> tuple[float, str]:
    """Return debiased CKA from C_xy, and why it is nan, or "" if it is not."""
    sums = DebiasedSums.of(gram, sides)
    return (nan, NO_NORMS) if sums is None else sums.measure(cross)


class Bounded(NamedTuple):
    """A number, and a bound on its rounding."""

    value: float
    rounding: float


@dataclass(frozen=True)
class DebiasedSums:
    """The sums that HSIC needs of each side with itself, and of the products between them."""

    gram: core.Gram
    sides: Sides
    a: Bounded
    """Σ a."""
    b: Bounded
    """Σ b."""
    xx: Products
    yy: Products
    ab: Bounded
    """Σ ab of the data."""
    of_products: float
    """A bound on the rounding of the products between the sides, in the Frobenius norm."""

    @classmethod
    def of(cls, gram: core.Gram, sides: Sides) -> DebiasedSums | None:
        """Read the sums by norms of a Gram matrix, or return None if it has none."""
        norms = gram.centered_norms()
        if norms is None:
            return None
        n, ((aa, ab, bb), of_sums, of_products) = gram.n_samples, norms
        a, b = (
            Bounded(side.trace / side.factor / side.factor, of_products[at])
            for side, at in ((sides.x, 0), (sides.y, 2))
        )
        size_x, size_y = (
            Bounded(side.size / side.factor / side.factor, of_products[at])
            for side, at in ((sides.x, 0), (sides.y, 2))
        )
        xx = _bound(size_x, Bounded(aa, of_sums[0]), a, a, n)
        yy = _bound(size_y, Bounded(bb, of_sums[2]), b, b, n)
        return cls(gram, sides, a, b, xx, yy, Bounded(ab, of_sums[1]), of_products[1])

    def measure(self, cross: Floats, null: int | None = None) -> tuple[float, str]:
        """Return debiased CKA from the C_xy of the data or of a null, and why it is nan, or ""."""
        ab = self.ab
        if null is not None:
            of_null = self.gram.centered_null_norms(null)
            if of_null is None:
                return nan, NO_NORMS
            ab = Bounded(*of_null)
        n, (x, y) = self.gram.n_samples, self.sides
        size = float(np.linalg.norm(scale_cross(self.sides, cross))) / x.factor / y.factor
        xy = _bound(Bounded(size, self.of_products), ab, self.a, self.b, n)
        return find_debiased_cka(xy, self.xx, self.yy, (self.a.value, self.b.value), n)


def _bound(size: Bounded, ab: Bounded, a: Bounded, b: Bounded, n: int) -> Products:
    """Return the sums that HSIC needs, from |C|, Σ ab, Σ a and Σ b, with a bound on rounding."""
    of_square = (2.0 * size.value + size.rounding) * size.rounding
    of_ab = (1.0 + 2.0 / max(1, n - 2)) * ab.rounding
    of_means = (a.value * b.rounding + b.value * a.rounding) / max(1, (n - 1) * (n - 2))
    return Products(size.value * size.value, ab.value, of_square + of_ab + of_means)
