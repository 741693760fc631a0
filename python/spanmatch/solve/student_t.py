"""Quantiles of Student's t distribution, for intervals."""

from math import atan, cos, pi, sin, sqrt


def find_two_sided_quantile(level: float, freedom: int) -> float:
    """Return the bound that |t| stays below with probability `level`, with `freedom` degrees.

    >>> round(find_two_sided_quantile(0.95, 15), 3)
    2.131
    """
    low, high = 0.0, 1.0
    while _find_probability_within(high, freedom) < level:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if _find_probability_within(middle, freedom) < level else (low, middle)
        )
    return high


def _find_probability_within(t: float, freedom: int) -> float:
    """Return the probability that |t| is below `t`: Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    angle = atan(t / sqrt(freedom))
    odd = freedom % 2
    term = cos(angle) if odd else 1.0
    total = 0.0 if freedom == 1 else term
    for k in range(1 + odd, freedom - 2, 2):
        term *= k / (k + 1) * cos(angle) ** 2
        total += term
    total *= sin(angle)
    return 2 / pi * (angle + total) if odd else total
