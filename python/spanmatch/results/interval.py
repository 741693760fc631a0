"""Intervals for the similarity that endless data would give."""

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
    """Jackknife or bootstrap intervals for s(ε), its area and each neuron's critical ε.

    The first axis of every array holds the lower and the upper end: `low, high = interval.area`.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((400, 4))
    >>> found = sm.interval(x, x + 0.5 * rng.standard_normal((400, 4)))
    >>> found.area.round(2)
    array([0.52, 0.56])
    """

    eps: Floats
    """The values of ε at which s(ε) is bounded, shape (levels,)."""
    similarity: Floats
    """The ends for s(ε) at `eps`, shape (2, levels)."""
    area: Floats
    """The ends for the area, shape (2,)."""
    x: Floats
    """The ends for the critical ε of each neuron of x, shape (2, n_x); inf for a dead neuron."""
    y: Floats
    """The ends for the critical ε of each neuron of y, shape (2, n_y); inf for a dead neuron."""
    level: float
    """The nominal coverage: how often such intervals should hold the value of endless data."""
    method: str
    """"jackknife" or "bootstrap"."""
    folds: int
    """The number of folds."""
    ridge: float | None = None
    """λ of the ridge, for columns of length 1; None if no ridge was asked for."""

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
            raise ValueError(f"method is {self.method!r}: it must be {' or '.join(METHODS)}")
        object.__setattr__(self, "folds", as_whole(self.folds, "folds", 2))
        check_ridge(self.ridge)

    def __repr__(self) -> str:
        low, high = self.area
        return (
            f"Interval({self.level:.0%} by {self.method} over {self.folds} folds, "
            f"area {low:.4f} to {high:.4f}{say_ridge(self.ridge)})"
        )
