"""What two sides share neuron by neuron: critical ε, disjoint pairs and nearest partners."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np

from spanmatch.base.arguments import as_eps
from spanmatch.results.checks import check_resolution, check_ridge
from spanmatch.results.curve import find_area, find_share, find_threshold
from spanmatch.results.match import Match
from spanmatch.results.pair_changes import check_changes, check_partners
from spanmatch.results.result import Floats, Indices, Result, freeze, say_raised, say_ridge

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False, repr=False)
class OneToOne(Result):
    """A largest set of disjoint pairs, one x and one y each, at every ε.

    A neuron is covered, which means that it belongs to a pair, at ε exactly if ε >= its critical ε.
    The number of pairs at each ε and the nearest partners depend on no choice. Which neurons are
    covered, and how they are paired, does: see `one_to_one`.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> pairs = sm.one_to_one(x, x[:, [2, 0]])
    >>> pairs.pairs(0.1).tolist()
    [[0, 1], [2, 0]]
    >>> pairs.similarity(0.1)
    0.8
    """

    x: Floats
    """Critical ε of each neuron of x: the smallest ε at which it is covered, shape (n_x,).

    It is 0.0 for an exact pair, at most 1.0, and inf for a neuron that is dead or never covered.
    """
    y: Floats
    """Critical ε of each neuron of y, shape (n_y,)."""
    partners: tuple[Indices, Indices]
    """For each side, the best single partner of each neuron; -1 if it has none."""
    partner_residuals: tuple[Floats, Floats]
    """For each side, the residual of each neuron on that partner; inf if it has none."""
    changes: tuple[Indices, Indices]
    """The x and the y of every new pair, in the order of rising ε at which the set changes."""
    changes_eps: Floats
    """The ε from which each of `changes` is a pair.

    The pair of an x at some ε is its last change up to there, since a covered neuron stays covered.
    `pairs` reads only these changes, so no Gram matrix is kept.
    """
    resolution: float
    """The resolution δ. Residuals of up to 100 δ count as exact."""
    ridge: float | None = None
    """λ of the ridge, for columns of length 1; None if no ridge was asked for."""

    def __post_init__(self) -> None:
        for name in ("x", "y", "changes_eps"):
            self._freeze(name, getattr(self, name), np.float64)
        for name, dtype in (
            ("partners", np.int64),
            ("partner_residuals", np.float64),
            ("changes", np.int64),
        ):
            x, y = getattr(self, name)
            object.__setattr__(self, name, (freeze(x, dtype), freeze(y, dtype)))
        check_resolution(self.resolution)
        check_ridge(self.ridge)
        check_partners((self.x, self.y), self.partners, self.partner_residuals)
        check_changes((self.x, self.y), self.changes, self.changes_eps)

    @overload
    def similarity(self, eps: float) -> float: ...
    @overload
    def similarity(self, eps: ArrayLike) -> Floats: ...

    def similarity(self, eps: ArrayLike) -> float | Floats:
        """Return s1(ε), the part of all neurons that disjoint pairs cover at ε.

        Dead neurons count among all. s1(ε) depends on no choice, and is never above `near`.
        Arguments, shapes and errors are those of `MatchSpectrum.similarity`.
        """
        return find_share(self._sorted, eps, self.resolution)

    @overload
    def near(self, eps: float) -> float: ...
    @overload
    def near(self, eps: ArrayLike) -> Floats: ...

    def near(self, eps: ArrayLike) -> float | Floats:
        """Return the part of all neurons that have a single partner within ε.

        Several neurons may have the same partner. So `near(eps) - similarity(eps)` is shared one by
        one, but repeated. The part by which `MatchSpectrum.similarity` exceeds `near` is shared
        only in another basis. Dead neurons count among all. Arguments, shapes and errors are those
        of `MatchSpectrum.similarity`.
        """
        return find_share(self._sorted_nearest, eps, self.resolution)

    @property
    def area(self) -> float:
        """The area under s1(ε), in [0, 1]: one number, with no ε to choose."""
        return find_area(self._sorted)

    def pairs(self, eps: float) -> Indices:
        """Return one largest set of disjoint pairs within `eps`, a number in [0, 1).

        Returns
        -------
        array
            int64 of shape (pairs, 2): column numbers of x in rising order, and of their y. A neuron
            that is covered at a smaller ε stays covered, but its partner may change.
        """
        threshold = find_threshold(as_eps(eps), self.resolution)
        count = np.searchsorted(self.changes_eps, threshold, side="right")
        partner = np.full(self.x.size, -1, np.int64)
        # If a neuron is named more than once, numpy keeps the last assignment.
        partner[self.changes[0][:count]] = self.changes[1][:count]
        x = np.flatnonzero(partner >= 0)
        return np.column_stack([x, partner[x]])

    def match(self, eps: float) -> Match:
        """Return the neurons that are covered at `eps`, a number in [0, 1), as a match."""
        eps = as_eps(eps)
        threshold = find_threshold(eps, self.resolution)
        x, y = np.flatnonzero(self.x <= threshold), np.flatnonzero(self.y <= threshold)
        return Match(eps, x, y, self.x.size, self.y.size, self.resolution, self.ridge)

    @property
    def nearest_x(self) -> tuple[Indices, Floats]:
        """For each neuron of x, the column of its best single y and the residual on it.

        Of several equally good y it is the first. If the neuron or every y is dead, the column is
        -1 and the residual inf.
        """
        return self.partners[0], self.partner_residuals[0]

    @property
    def nearest_y(self) -> tuple[Indices, Floats]:
        """For each neuron of y, the column of its best single x and the residual on it."""
        return self.partners[1], self.partner_residuals[1]

    def __repr__(self) -> str:
        covered = int(np.isfinite(self.x).sum())
        return (
            f"OneToOne({self.x.size} + {self.y.size} neurons, {covered} pairs at most, "
            f"area={self.area:.4f}{say_ridge(self.ridge)}{say_raised(self.resolution)})"
        )

    @cached_property
    def _sorted(self) -> Floats:
        return np.sort(np.concatenate([self.x, self.y]))

    @cached_property
    def _sorted_nearest(self) -> Floats:
        return np.sort(np.concatenate(self.partner_residuals))
