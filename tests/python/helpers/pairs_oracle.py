"""Pairs by definition: residuals from the samples, matchings by scipy, small ones by trying all."""

from __future__ import annotations

from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from oracle import EXACT_RATIO, SLACK, centred, resolution, unit_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from oracle import Floats

# Values of ε as near to a residual as this are not compared: rounding may decide.
MARGIN = 1e-9


class Pairs:
    """The graph between two sides."""

    def __init__(
        self, x: Floats, y: Floats, *, center: bool = False, ridge: float | None = None
    ) -> None:
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        if center:
            x, y = centred(x), centred(y)
        (self._x, self.live_x), (self._y, self.live_y) = unit_columns(x), unit_columns(y)
        self.count = x.shape[1] + y.shape[1]
        self.delta = resolution(self.count)
        self.ridge = self.delta**2 if ridge is None else ridge
        self.exact = EXACT_RATIO * self.delta

    @cached_property
    def residuals(self) -> Floats:
        """Of every x on every y: of the best multiple, with a penalty; inf where either is dead."""
        cosines = self._x.T @ self._y
        weights = cosines / (1.0 + self.ridge)
        found = np.empty(cosines.shape)
        for i, j in np.ndindex(*cosines.shape):
            rest = self._x[:, i] - weights[i, j] * self._y[:, j]
            found[i, j] = np.hypot(np.linalg.norm(rest), np.sqrt(self.ridge) * weights[i, j])
        found[found <= self.exact] = 0.0
        found[~self.live_x] = np.inf
        found[:, ~self.live_y] = np.inf
        return np.minimum(found, np.where(np.isinf(found), np.inf, 1.0))

    def threshold(self, eps: float) -> float:
        return max(eps, self.exact) + SLACK

    def edges(self, eps: float) -> NDArray[np.bool_]:
        return self.residuals <= self.threshold(eps)

    def count_pairs(self, eps: float) -> int:
        """ν(ε), by scipy."""
        edges = self.edges(eps)
        if edges.size == 0:
            return 0
        return int((maximum_bipartite_matching(csr_matrix(edges)) >= 0).sum())

    def count_pairs_by_trying(self, eps: float) -> int:
        """ν(ε), of few neurons."""
        edges = self.edges(eps)
        edges = edges if edges.shape[0] <= edges.shape[1] else edges.T
        n, m = edges.shape
        return max(
            (int(edges[np.arange(n), chosen].sum()) for chosen in permutations(range(m), n)),
            default=0,
        )

    def near(self, eps: float) -> float:
        edges = self.edges(eps)
        covered = edges.any(axis=1).sum() + edges.any(axis=0).sum()
        return float(covered / max(1, self.count))

    def levels(self, count: int = 50) -> list[float]:
        """Values of ε among the residuals, none of them within the margin of one."""
        found = np.unique(self.residuals[np.isfinite(self.residuals)])
        found = np.unique(np.concatenate([[self.exact], found[found < 1.0], [1.0]]))
        gaps = np.flatnonzero(np.diff(found) > 4 * (MARGIN + SLACK))
        gaps = gaps[np.unique(np.linspace(0, gaps.size - 1, count - 1).astype(int))]
        middles = (found[gaps] + found[gaps + 1]) / 2
        return [0.0, *middles.tolist()]

    def slow_critical(self) -> tuple[Floats, Floats]:
        """Critical ε by the rule as it is written: pair by pair, by recursive search for paths."""
        r = self.residuals
        n_x, n_y = r.shape
        nearest = r.min(axis=1, initial=np.inf), r.min(axis=0, initial=np.inf)
        partner_x, partner_y = [-1] * n_x, [-1] * n_y
        critical = np.full(n_x, np.inf), np.full(n_y, np.inf)
        inside = np.zeros(r.shape, bool)
        order = sorted((r[i, j], i, j) for i, j in np.ndindex(*r.shape) if np.isfinite(r[i, j]))
        for level, i, j in order:
            # Both ends are chosen independently: any free x in reach goes with any free y.
            inside[i, j] = True
            ends = [
                (nearest[0][a], a, nearest[1][b], b)
                for a in range(n_x)
                if partner_x[a] < 0
                for b in self._reach(a, inside, partner_y)
                if partner_y[b] < 0
            ]
            if not ends:
                continue
            _, a, _, b = min(ends)
            self._augment(a, b, inside, partner_x, partner_y, set())
            critical[0][a] = critical[1][b] = level
        return critical

    @staticmethod
    def _reach(a: int, inside: NDArray[np.bool_], partner_y: list[int]) -> set[int]:
        seen: set[int] = set()
        waiting = [a]
        while waiting:
            x = waiting.pop()
            for y in np.flatnonzero(inside[x]).tolist():
                if y not in seen:
                    seen.add(y)
                    if partner_y[y] >= 0:
                        waiting.append(partner_y[y])
        return seen

    def _augment(  # noqa: PLR0917
        self,
        x: int,
        end: int,
        inside: NDArray[np.bool_],
        partner_x: list[int],
        partner_y: list[int],
        seen: set[int],
    ) -> bool:
        for y in np.flatnonzero(inside[x]).tolist():
            if y in seen or (partner_y[y] < 0 and y != end):
                continue
            seen.add(y)
            if y == end or self._augment(partner_y[y], end, inside, partner_x, partner_y, seen):
                partner_x[x], partner_y[y] = y, x
                return True
        return False
