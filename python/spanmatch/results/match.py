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

    `len(match)` is the number of neurons of both sides in it.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> match = sm.maximum_match(x, x[:, :2], eps=0.1)
    >>> match
    Match(eps=0.1, x: 2 of 3, y: 2 of 2, similarity=0.8000)
    >>> len(match)
    4
    """

    eps: float
    """The ε of the match."""
    x: Indices
    """The neurons of x in the match: int64 column numbers in rising order."""
    y: Indices
    """The neurons of y in the match: int64 column numbers in rising order."""
    n_x: int
    """The number of all neurons of x."""
    n_y: int
    """The number of all neurons of y."""
    resolution: float = field(default=math.nan, compare=False)
    """The resolution δ. Residuals of up to 100 δ count as exact.

    It is nan if it is not known, as in files of version 0.1.0.
    """
    ridge: float | None = field(default=None, compare=False)
    """λ of the ridge, for columns of length 1; None if no ridge was asked for."""

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
        """The part of all neurons that the match holds. Dead neurons count among all."""
        return len(self) / max(1, self.n_x + self.n_y)

    def __len__(self) -> int:
        return self.x.size + self.y.size

    def __repr__(self) -> str:
        return (
            f"Match(eps={self.eps:.6g}, x: {self.x.size} of {self.n_x}, "
            f"y: {self.y.size} of {self.n_y}, similarity={self.similarity:.4f}"
            f"{say_ridge(self.ridge)}{say_raised(self.resolution)})"
        )
