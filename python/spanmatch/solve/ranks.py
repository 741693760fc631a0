"""The effective and the stable rank of a side."""

from __future__ import annotations

from typing import Protocol


class Variances(Protocol):
    """Summaries of the eigenvalues of the products of a side's centred columns."""

    @property
    def size(self) -> float:
        """The root of the sum of the squared eigenvalues."""

    @property
    def trace(self) -> float:
        """The sum of the eigenvalues."""

    @property
    def largest(self) -> float:
        """The largest eigenvalue."""


def find_ranks(x: Variances, y: Variances) -> dict[str, float]:
    """Return the effective and the stable rank of each side, by their names in `Measures`."""
    return {
        "effective_rank_x": max(1.0, (x.trace / x.size) ** 2),
        "effective_rank_y": max(1.0, (y.trace / y.size) ** 2),
        "stable_rank_x": max(1.0, x.trace / x.largest),
        "stable_rank_y": max(1.0, y.trace / y.largest),
    }
