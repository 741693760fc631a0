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
    """The relative residual of every neuron on chosen neurons of the other side.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> sm.residuals(x, x[:, :2]).x.round(2)
    array([0., 0., 1.])
    """

    x: Floats
    """The residual of each neuron of x on the chosen neurons of y, float64 of shape (n_x,).

    It lies in [0, 1], and is nan for a dead neuron. Residuals from `held_out` may exceed 1.
    """
    y: Floats
    """The residual of each neuron of y on the chosen neurons of x, float64 of shape (n_y,)."""
    resolution: float = field(default=math.nan, compare=False)
    """The resolution δ. Residuals of up to 100 δ count as exact.

    It is nan if it is not known, as in files of version 0.1.0.
    """
    ridge: float | None = field(default=None, compare=False)
    """λ of the ridge, for columns of length 1; None if no ridge was asked for."""

    def __post_init__(self) -> None:
        self._freeze("x", self.x, np.float64)
        self._freeze("y", self.y, np.float64)
        for side in ("x", "y"):
            values = getattr(self, side)
            check_axes(values, 1, side)
            # On samples that were left out of the fit, residuals may exceed 1.
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
