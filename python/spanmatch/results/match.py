"""A match: a set of neurons of each side."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from spanmatch.base.arguments import as_eps
from spanmatch.results.checks import as_whole, check_columns, check_resolution, check_ridge
from spanmatch.results.result import Indices, Result, say_raised, say_ridge


@dataclass(frozen=True, eq=False, repr=False)
class Match(Result):
    """A set of neurons of each side, each within `eps` of the span of the other side's set.

    `len(match)` counts the neurons of both sides.
    """

    eps: float
    """The ε it is a match for."""
    x: Indices
    """The neurons of x in it, in rising order."""
    y: Indices
    """The neurons of y in it, in rising order."""
    n_x: int
    """How many neurons side x has in all."""
    n_y: int
    """How many neurons side y has in all."""
    resolution: float = field(default=math.nan, compare=False)
    """δ: residuals up to 100 δ are exact; nan if unknown, as in files of 0.1.0 and earlier."""
    ridge: float | None = field(default=None, compare=False)
    """λ of the regularised span on unit columns; None: δ²."""

    def __post_init__(self) -> None:
        self._freeze("x", self.x, np.int64)
        self._freeze("y", self.y, np.int64)
        object.__setattr__(self, "eps", as_eps(self.eps))
        for side in ("x", "y"):
            count = as_whole(getattr(self, f"n_{side}"), f"n_{side}")
            object.__setattr__(self, f"n_{side}", count)
            check_columns(getattr(self, side), count, side)
        check_resolution(self.resolution, known=False)
        check_ridge(self.ridge)

    @property
    def similarity(self) -> float:
        """Part of all neurons, dead ones too, that the match holds; 0.0 where there are none."""
        return len(self) / max(1, self.n_x + self.n_y)

    def __len__(self) -> int:
        return self.x.size + self.y.size

    def __repr__(self) -> str:
        return (
            f"Match(eps={self.eps:.6g}, x: {self.x.size} of {self.n_x}, "
            f"y: {self.y.size} of {self.n_y}, similarity={self.similarity:.4f}"
            f"{say_ridge(self.ridge)}{say_raised(self.resolution)})"
        )
