"""How far a similarity may be from that of endless data."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spanmatch.base.arguments import as_levels, as_probability
from spanmatch.results.checks import as_whole, check_axes, check_between, check_ridge
from spanmatch.results.result import Floats, Result, say_ridge

METHODS = ("jackknife", "bootstrap")


@dataclass(frozen=True, eq=False, repr=False)
class Interval(Result):
    """Intervals for s(ε), its area and each neuron's critical ε: `low, high = interval.area`."""

    eps: Floats
    """The grid, shape (levels,)."""
    similarity: Floats
    """The ends for s(ε) on the grid, shape (2, levels)."""
    area: Floats
    """The ends for the area, shape (2,)."""
    x: Floats
    """The ends for the critical ε of each neuron of x, shape (2, n_x): inf dead."""
    y: Floats
    """The ends for the critical ε of each neuron of y, shape (2, n_y)."""
    level: float
    """How often intervals made so are to hold the value of endless data."""
    method: str
    """`jackknife` or `bootstrap`."""
    folds: int
    """How many folds were compared."""
    ridge: float | None = None
    """λ of the regularised span on unit columns; None: δ²."""

    def __post_init__(self) -> None:
        for name in ("eps", "similarity", "area", "x", "y"):
            self._freeze(name, getattr(self, name), np.float64)
        ends = (self.similarity, self.area, self.x, self.y)
        if any(each.shape[:1] != (2,) for each in ends) or self.similarity[0].shape != (
            self.eps.shape
        ):
            raise ValueError("an interval is a low and a high end for each value")
        as_levels(self.eps)
        for name in ("similarity", "area", "x", "y"):
            low, high = ends = getattr(self, name)
            check_axes(ends, 1 if name == "area" else 2, name)
            check_between(ends, name, also=math.inf if name in ("x", "y") else None)
            if not (low <= high).all():
                raise ValueError(f"{name} has a low end that is above the high one")
        object.__setattr__(self, "level", as_probability(self.level, "level"))
        if self.method not in METHODS:
            raise ValueError(f"method is {self.method!r}: it is {' or '.join(METHODS)}")
        object.__setattr__(self, "folds", as_whole(self.folds, "folds", 2))
        check_ridge(self.ridge)

    def __repr__(self) -> str:
        low, high = self.area
        return (
            f"Interval({self.level:.0%} by {self.method} over {self.folds} folds, "
            f"area {low:.4f} to {high:.4f}{say_ridge(self.ridge)})"
        )
