"""Relative residuals of every neuron on chosen neurons of the other side."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from spanmatch.results.result import Floats, Result, say_raised, say_ridge


@dataclass(frozen=True, eq=False, repr=False)
class Residuals(Result):
    """The relative residual of every neuron on chosen neurons of the other side."""

    x: Floats
    """Of each neuron of x on the chosen neurons of y, shape (n_x,): in [0, 1]; nan dead."""
    y: Floats
    """Of each neuron of y on the chosen neurons of x, shape (n_y,)."""
    resolution: float = field(default=math.nan, compare=False)
    """δ: residuals up to 100 δ are exact; nan if unknown, as in files of 0.1.0 and earlier."""
    ridge: float | None = field(default=None, compare=False)
    """λ of the regularised span on unit columns; None: δ²."""

    def __post_init__(self) -> None:
        self._freeze("x", self.x, np.float64)
        self._freeze("y", self.y, np.float64)

    def __repr__(self) -> str:
        how = say_ridge(self.ridge) + say_raised(self.resolution)
        return f"Residuals(x: {_describe_range(self.x)}, y: {_describe_range(self.y)}{how})"


def _describe_range(values: Floats) -> str:
    living = values[~np.isnan(values)]
    if living.size == 0:
        return f"{values.size} neurons, none living"
    return f"{values.size} neurons, {living.min():.4g} to {living.max():.4g}"
