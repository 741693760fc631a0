"""What two sides share pair by pair: the critical ε of every neuron, its nearest, the pairs."""

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
    """The largest sets of disjoint pairs, an x and a y each, within every ε, and whom they cover.

    A neuron is covered at ε exactly when ε >= its critical ε. How many pairs there are at each ε,
    and the nearest partners, depend on no choice; which neurons are covered and how they are paired
    does: see `one_to_one`.
    """

    x: Floats
    """Critical ε of each neuron of x: 0.0 exact, at most 1.0, inf dead or never covered."""
    y: Floats
    """Critical ε of each neuron of y."""
    partners: tuple[Indices, Indices]
    """For each side, the best single partner of each neuron; -1 where there is none."""
    partner_residuals: tuple[Floats, Floats]
    """For each side, the residual of each neuron on that partner; inf where there is none."""
    changes: tuple[Indices, Indices]
    """The pairs, x and y, that are new at each ε where the set of pairs changes; ε rising."""
    changes_eps: Floats
    """From which ε on each of `changes` is a pair.

    Up to some ε, the last pair of an x is its pair there: a covered neuron is never uncovered. That
    is all that `pairs` reads, so it takes the memory of the changes and no Gram matrix.
    """
    resolution: float
    """The δ of the regularised residuals: those up to 100 δ count as exact."""
    ridge: float | None = None
    """λ of the regularised residuals on unit columns; None: δ²."""

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
        """Return s1(ε), the part of all neurons, dead ones too, that disjoint pairs cover at ε.

        Arguments, shapes and errors are those of `MatchSpectrum.similarity`. It depends on no
        choice, and is never above `near`.
        """
        return find_share(self._sorted, eps, self.resolution)

    @overload
    def near(self, eps: float) -> float: ...
    @overload
    def near(self, eps: ArrayLike) -> Floats: ...

    def near(self, eps: ArrayLike) -> float | Floats:
        """Return the part of all neurons, dead ones too, that have a single partner within ε.

        The partner may be that of others as well: `near(eps) - similarity(eps)` is shared one by
        one, but repeated. What a spectrum's `similarity` has beyond `near` is shared only in
        another basis.
        """
        return find_share(self._sorted_nearest, eps, self.resolution)

    @property
    def area(self) -> float:
        """The area under s1(ε): a similarity in [0, 1] with no ε to choose."""
        return find_area(self._sorted)

    def pairs(self, eps: float) -> Indices:
        """Return one largest set of disjoint pairs within `eps`, a number in [0, 1).

        Returns
        -------
        array
            int64 of shape (pairs, 2): columns of x, rising, and their y. Pairs of a smaller ε need
            not be among those of a larger one; the neurons are.
        """
        threshold = find_threshold(as_eps(eps), self.resolution)
        count = np.searchsorted(self.changes_eps, threshold, side="right")
        partner = np.full(self.x.size, -1, np.int64)
        # Of a neuron named more than once numpy keeps the last.
        partner[self.changes[0][:count]] = self.changes[1][:count]
        x = np.flatnonzero(partner >= 0)
        return np.column_stack([x, partner[x]])

    def match(self, eps: float) -> Match:
        """Return the covered neurons at `eps`, a number in [0, 1), as a match: pairs are one."""
        eps = as_eps(eps)
        threshold = find_threshold(eps, self.resolution)
        x, y = np.flatnonzero(self.x <= threshold), np.flatnonzero(self.y <= threshold)
        return Match(eps, x, y, self.x.size, self.y.size, self.resolution, self.ridge)

    @property
    def nearest_x(self) -> tuple[Indices, Floats]:
        """For each neuron of x its best single y, of those alike the first, and the residual.

        The index is -1 and the residual inf where the neuron is dead, or every y.
        """
        return self.partners[0], self.partner_residuals[0]

    @property
    def nearest_y(self) -> tuple[Indices, Floats]:
        """For each neuron of y its best single x, of those alike the first, and the residual."""
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
