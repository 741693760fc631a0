"""Relative residuals of every neuron on chosen neurons of the other side."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from spanmatch.base.plain_values import LARGEST
from spanmatch.results.checks import (
    check_axes,
    check_between,
    check_resolution,
    check_ridge,
)
from spanmatch.results.result import Floats, Result, say_raised, say_ridge


@dataclass(frozen=True, eq=False, repr=False)
class Residuals(Result):
    """The relative residual of every neuron on chosen neurons of the other side."""

    x: Floats
    """Of each neuron of x on the chosen neurons of y, shape (n_x,): in [0, 1]; nan dead.

    Of `held_out` they may be above 1."""
    y: Floats
    """Of each neuron of y on the chosen neurons of x, shape (n_y,)."""
    resolution: float = field(default=math.nan, compare=False)
    """δ: residuals up to 100 δ are exact; nan if unknown, as in files of 0.1.0 and earlier."""
    ridge: float | None = field(default=None, compare=False)
    """λ of the regularised span on unit columns; None: δ²."""

    def __post_init__(self) -> None:
        self._freeze("x", self.x, np.float64)
        self._freeze("y", self.y, np.float64)
        for side in ("x", "y"):
            values = getattr(self, side)
            check_axes(values, 1, side)
            # On what they were not fitted to, residuals may be above 1.
            check_between(values[~np.isnan(values)], side, most=LARGEST)
        check_resolution(self.resolution, known=False)
        check_ridge(self.ridge)

    def __repr__(self) -> str:
        how = say_ridge(self.ridge) + say_raised(self.resolution)
        return f"Residuals(x: {_describe_range(self.x)}, y: {_describe_range(self.y)}{how})"


def _describe_range(values: Floats) -> str:
    living = values[~np.isnan(values)]
    if living.size == 0:
        return f"{values.size} neurons, none living"
    return f"{values.size} neurons, {living.min():.4g} to {living.max():.4g}"
