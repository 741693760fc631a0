"""Results about the structure of a match: support, and linear maps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spanmatch.base.arguments import as_eps, as_neuron
from spanmatch.results.checks import (
    as_whole,
    check_axes,
    check_between,
    check_columns,
    check_finite,
    check_resolution,
    check_ridge,
    check_shape,
)
from spanmatch.results.result import Floats, Indices, Result, say_raised, say_ridge

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spanmatch.base.arguments import Neuron


@dataclass(frozen=True, eq=False, repr=False)
class Support(Result):
    """Which neurons every match of a neuron must hold, in the maximum match M(ε) at one ε.

    Neuron u supports neuron v if v falls out of the maximum match when u is removed. Neurons are
    named by side and column, such as `("x", 7)`. Support is reflexive and transitive; `support` has
    the proof.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((100, 2))
    >>> support = sm.support(x, x @ [[1.0, 1.0], [1.0, -1.0]], eps=0.1)
    >>> support.core(("x", 0))
    [('x', 0), ('x', 1), ('y', 0), ('y', 1)]
    """

    eps: float
    """The ε of the maximum match."""
    x: Indices
    """The neurons of x in M(ε): int64 column numbers in rising order."""
    y: Indices
    """The neurons of y in M(ε): int64 column numbers in rising order."""
    matrix: NDArray[np.bool_]
    """`matrix[u, v]` says whether `neurons[u]` supports `neurons[v]`."""
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
        size = self.x.size + self.y.size
        self._freeze("matrix", _restore_shape(self.matrix, (size, size)), np.bool_)
        check_shape(self.matrix, (size, size), "matrix")
        if not self.matrix.diagonal().all():
            raise ValueError("matrix has a neuron that does not support itself")
        check_resolution(self.resolution, known=False)
        check_ridge(self.ridge)

    @property
    def neurons(self) -> list[Neuron]:
        """The neurons of M(ε) in the order of the rows of `matrix`, those of x first."""
        return [("x", index) for index in self.x.tolist()] + [
            ("y", index) for index in self.y.tolist()
        ]

    def core(self, neuron: Neuron) -> list[Neuron]:
        """Return the core of a neuron: all neurons that support it.

        Every match that holds the neuron holds its core.

        Parameters
        ----------
        neuron
            Side and column, such as `("x", 7)`.

        Returns
        -------
        list
            Neurons in the order of `neurons`, the neuron itself among them; empty if it is outside
            M(ε).

        Raises
        ------
        TypeError, ValueError
            `neuron` is not a side and an integer, or there is no such neuron.
        """
        side, index = as_neuron(neuron)
        count = self.n_x if side == "x" else self.n_y
        if index >= count:
            raise ValueError(f"there is no neuron {index} of {side}: it has {count}")
        neurons = self.neurons
        if (side, index) not in neurons:
            return []
        supporters = np.flatnonzero(self.matrix[:, neurons.index((side, index))])
        return [neurons[u] for u in supporters]

    @property
    def groups(self) -> list[list[Neuron]]:
        """Groups of neurons that support each other: any match holds all of a group or none.

        The largest group comes first. Of equally large ones the first is the one with the earliest
        neuron.
        """
        groups: dict[bytes, list[Neuron]] = {}
        mutual = self.matrix & self.matrix.T
        for neuron, row in zip(self.neurons, mutual, strict=True):
            groups.setdefault(row.tobytes(), []).append(neuron)
        return sorted(groups.values(), key=len, reverse=True)

    def __repr__(self) -> str:
        return (
            f"Support(eps={self.eps:.6g}, x: {self.x.size} of {self.n_x}, "
            f"y: {self.y.size} of {self.n_y}, {len(self.groups)} groups"
            f"{say_ridge(self.ridge)}{say_raised(self.resolution)})"
        )


@dataclass(frozen=True, eq=False, repr=False)
class LinearMap(Result):
    """Linear maps between the two sides of a match, in the units of the samples.

    `y[:, match.y] @ map.x + map.x_offset` approximates `x[:, match.x]`, and
    `x[:, match.x] @ map.y + map.y_offset` approximates `y[:, match.y]`.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((100, 2))
    >>> y = x @ [[1.0, 1.0], [1.0, -1.0]]
    >>> found = sm.linear_map(x, y, match=sm.maximum_match(x, y, eps=0.1))
    >>> found.x.round(2)
    array([[ 0.5,  0.5],
           [ 0.5, -0.5]])
    """

    x: Floats
    """The coefficients from y to x: a row for each y of the match, a column for each x."""
    x_offset: Floats
    """The offset of each x of the match; zero unless centred."""
    x_residuals: Floats
    """The relative residual of each x of the match; relative to its deviation if centred."""
    y: Floats
    """The coefficients from x to y: a row for each x of the match, a column for each y."""
    y_offset: Floats
    """The offset of each y of the match; zero unless centred."""
    y_residuals: Floats
    """The relative residual of each y of the match; relative to its deviation if centred."""
    resolution: float = field(default=math.nan, compare=False)
    """The resolution δ. Residuals of up to 100 δ count as exact.

    It is nan if it is not known, as in files of version 0.1.0.
    """
    ridge: float | None = field(default=None, compare=False)
    """λ of the ridge, for columns of length 1; None if no ridge was asked for."""

    def __post_init__(self) -> None:
        for name in ("x_offset", "x_residuals", "y_offset", "y_residuals"):
            self._freeze(name, getattr(self, name), np.float64)
        shape = (self.y_residuals.size, self.x_residuals.size)
        self._freeze("x", _restore_shape(self.x, shape), np.float64)
        self._freeze("y", _restore_shape(self.y, shape[::-1]), np.float64)
        for side, of_side in (("x", shape), ("y", shape[::-1])):
            check_shape(getattr(self, side), of_side, side)
            check_finite(getattr(self, side), side)
            offset, residuals = (
                getattr(self, f"{side}_{name}") for name in ("offset", "residuals")
            )
            check_axes(residuals, 1, f"{side}_residuals")
            check_between(residuals, f"{side}_residuals")
            check_shape(offset, residuals.shape, f"{side}_offset")
            check_finite(offset, f"{side}_offset")
        check_resolution(self.resolution, known=False)
        check_ridge(self.ridge)

    def __repr__(self) -> str:
        n_y, n_x = self.x.shape
        worst = max([0.0, *self.x_residuals, *self.y_residuals])
        return (
            f"LinearMap({n_x} x by {n_y} y and conversely, residuals up to {worst:.4g}"
            f"{say_ridge(self.ridge)}{say_raised(self.resolution)})"
        )


def _restore_shape(value: ArrayLike, shape: tuple[int, int]) -> ArrayLike:
    """Give an empty array the shape that it lost as a list."""
    return np.zeros(shape) if np.size(value) == 0 and 0 in shape else value
