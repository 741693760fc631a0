"""HSIC without the bias of a row's product with itself, from sums over rows."""

from __future__ import annotations

from math import nan, sqrt

# Fewer rows leave nothing to divide by.
LEAST_ROWS = 4
# An own HSIC of less than this part of what it is the difference of is rounding.
ROUNDING = 1e-10


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


def find_debiased_cka(
    xy: tuple[float, float],
    xx: tuple[float, float],
    yy: tuple[float, float],
    traces: tuple[float, float],
    n: int,
) -> tuple[float, str]:
    """Return linear CKA of unbiased estimates, and why it is nan: "" where it is not.

    HSIC_1(x, y) / √(HSIC_1(x, x) HSIC_1(y, y)), which is not clipped: of unrelated sides it is as
    often below 0 as above, and by chance it may be above 1.

    Parameters
    ----------
    xy, xx, yy
        |C|² and Σ ab of `find_hsic`, between the sides and within each.
    traces
        Σ a and Σ b.
    n
        How many rows there are.
    """
    if n < LEAST_ROWS:
        return nan, f"debiased CKA needs at least {LEAST_ROWS} rows, and there are {n}"
    a, b = traces
    own = find_hsic(*xx, a, a, n), find_hsic(*yy, b, b, n)
    for side, hsic, (square, _) in zip("xy", own, (xx, yy), strict=True):
        if not hsic * (n * (n - 3.0)) > ROUNDING * square:
            return nan, (
                f"the unbiased HSIC of {side} with itself is zero to rounding: its rows have "
                "nothing in common beyond each with itself"
            )
    return find_hsic(*xy, a, b, n) / (sqrt(own[0]) * sqrt(own[1])), ""
