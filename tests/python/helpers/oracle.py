"""The slow oracle: residuals by fresh least squares at every step, and what follows from them.

It shares nothing with the fast path: no Gram matrix, no Cholesky factor, no downdate. Every
residual is the norm of what `numpy.linalg.lstsq` (an SVD) leaves of a unit column, on the augmented
unit columns [Y; √λ I] of the other side, λ = δ² unless a ridge is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Pair = tuple[Floats, Floats]
Masks = tuple[Mask, Mask]

RESOLUTION = 1e-6
EXACT_RATIO = 100.0
SLACK = 1e-7


def resolution(n: int) -> float:
    """δ of a problem of n = n_x + n_y neurons."""
    return max(RESOLUTION, float(np.sqrt(4 * n * 2.0**-53)))


def centred(z: Floats) -> Floats:
    # The first row goes first: a constant column is then exactly zero, which its mean, being
    # rounded, would not give.
    shifted = z - z[:1]
    mean: Floats = shifted.mean(axis=0, keepdims=True)
    return shifted - mean


def unit_columns(z: Floats) -> tuple[Floats, Mask]:
    """Columns of norm 1 and which columns are alive; a dead column stays zero."""
    largest = np.abs(z).max(axis=0, initial=0.0)
    alive = largest > 0
    # The largest entry goes first: the square of 1e-200 would underflow.
    scaled = z / np.where(alive, largest, 1.0)
    return scaled / np.where(alive, norms(scaled), 1.0), alive


def norms(z: Floats) -> Floats:
    """The length of each column."""
    lengths: Floats = np.linalg.norm(z, axis=0)
    return lengths


def augmented_residuals(predictors: Floats, targets: Floats, root: float) -> Floats:
    """The smallest sqrt(|t - P w|² + λ|w|²) for every column t of the targets; the root is √λ."""
    k, m = predictors.shape[1], targets.shape[1]
    if k == 0 or m == 0:
        return norms(targets)
    a = np.vstack([predictors, root * np.eye(k)])
    b = np.vstack([targets, np.zeros((k, m))])
    return norms(b - a @ ridge_weights(predictors, targets, root))


def ridge_weights(predictors: Floats, targets: Floats, root: float) -> Floats:
    """The weights w that make |T - P w|² + λ|w|² smallest."""
    k, m = predictors.shape[1], targets.shape[1]
    if k == 0 or m == 0:
        return np.zeros((k, m))
    a = np.vstack([predictors, root * np.eye(k)])
    b = np.vstack([targets, np.zeros((k, m))])
    return np.asarray(np.linalg.lstsq(a, b, rcond=None)[0])


def plain_residuals(predictors: Floats, targets: Floats, _root: float) -> Floats:
    """The distance from the span, not regularised: only for well conditioned predictors."""
    u = np.linalg.svd(predictors, full_matrices=False)[0]
    return norms(targets - u @ (u.T @ targets))


@dataclass(frozen=True)
class Oracle:
    """One problem. Neurons are chosen by a mask for each side; dead ones never take part."""

    x: Floats
    y: Floats
    plain: bool = False
    ridge: float | None = None

    @classmethod
    def of(
        cls,
        x: ArrayLike,
        y: ArrayLike,
        *,
        center: bool = False,
        plain: bool = False,
        ridge: float | None = None,
    ) -> Oracle:
        zx, zy = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if center:
            zx, zy = centred(zx), centred(zy)
        return cls(zx, zy, plain, ridge)

    @cached_property
    def delta(self) -> float:
        return resolution(self.x.shape[1] + self.y.shape[1])

    @property
    def root(self) -> float:
        """√λ: what the columns are penalised with; δ, unless there is a ridge."""
        return self.delta if self.ridge is None else float(np.sqrt(self.ridge))

    @cached_property
    def exact(self) -> float:
        """Whatever λ is, what counts as exact is of δ."""
        return EXACT_RATIO * self.delta

    @cached_property
    def alive(self) -> Masks:
        return unit_columns(self.x)[1], unit_columns(self.y)[1]

    @cached_property
    def units(self) -> Pair:
        """Unit columns, their rows rotated to at most n: no residual changes by that."""
        x, y = unit_columns(self.x)[0], unit_columns(self.y)[0]
        joint = np.hstack([x, y])
        if joint.shape[0] > joint.shape[1] > 0:
            joint = np.asarray(np.linalg.qr(joint, mode="r"))
        return joint[:, : x.shape[1]], joint[:, x.shape[1] :]

    @cached_property
    def smallest_singular_value(self) -> float:
        """Of the unit columns of either side; 0.0 where a side has more columns than rows."""
        smallest = 1.0
        for unit, alive in zip(self.units, self.alive, strict=True):
            live = unit[:, alive]
            if live.shape[1] > live.shape[0]:
                return 0.0
            if live.shape[1]:
                smallest = min(smallest, float(np.linalg.svd(live, compute_uv=False)[-1]))
        return smallest

    def threshold(self, eps: float) -> float:
        """What a residual may be at ε: the one comparison of design 3."""
        return max(eps, self.exact) + SLACK

    def residuals(self, x_mask: Mask | None = None, y_mask: Mask | None = None) -> Pair:
        """Of every x on the chosen y and of every y on the chosen x; nan where dead."""
        (ux, uy), (live_x, live_y) = self.units, self.alive
        in_x = live_x if x_mask is None else live_x & x_mask
        in_y = live_y if y_mask is None else live_y & y_mask
        solve = plain_residuals if self.plain else augmented_residuals
        rx, ry = np.full(len(live_x), np.nan), np.full(len(live_y), np.nan)
        rx[live_x] = solve(uy[:, in_y], ux[:, live_x], self.root)
        ry[live_y] = solve(ux[:, in_x], uy[:, live_y], self.root)
        return rx, ry

    def is_match(self, eps: float, x_mask: Mask, y_mask: Mask) -> bool:
        rx, ry = self.residuals(x_mask, y_mask)
        top = self.threshold(eps)
        # A dead neuron has residual nan, which no comparison lets in.
        return bool(np.all(rx[x_mask] <= top) and np.all(ry[y_mask] <= top))

    def maximum_match(self, eps: float, start: Masks | None = None) -> Masks:
        """M(S, ε), S the start: delete the violators until none is left (the paper's algorithm)."""
        keep_x, keep_y = (mask.copy() for mask in self.alive)
        if start is not None:
            keep_x, keep_y = keep_x & start[0], keep_y & start[1]
        top = self.threshold(eps)
        while True:
            rx, ry = self.residuals(keep_x, keep_y)
            bad_x, bad_y = keep_x & (rx > top), keep_y & (ry > top)
            if not (bad_x.any() or bad_y.any()):
                return keep_x, keep_y
            keep_x, keep_y = keep_x & ~bad_x, keep_y & ~bad_y

    @cached_property
    def critical(self) -> Pair:
        """Critical ε before small ones become 0.0: peel the largest residual, one at a time."""
        (keep_x, keep_y), n_x = (mask.copy() for mask in self.alive), len(self.x.T)
        keep = np.concatenate([keep_x, keep_y])
        critical, level = np.full(len(keep), np.inf), 1.0
        while keep.any():
            r = np.concatenate(self.residuals(keep[:n_x], keep[n_x:]))
            worst = int(np.argmax(np.where(keep, r, -1.0)))
            level = min(level, float(r[worst]))
            critical[worst], keep[worst] = level, False
        return critical[:n_x], critical[n_x:]

    def returned(self, critical: Floats) -> Floats:
        """Critical ε as the library returns them: 0.0 where exact."""
        return np.where(critical <= self.exact + SLACK, 0.0, critical)

    def match_at(self, eps: float) -> Masks:
        """M(ε) read from the critical ε; right where `is_clear(eps)`."""
        top = self.threshold(eps)
        cx, cy = self.critical
        return cx <= top, cy <= top

    def is_clear(self, eps: float, margin: float = 1e-6) -> bool:
        """Whether the larger of ε and EXACT is not within the margin of a critical value."""
        c = np.concatenate(self.critical)
        return bool(np.all(np.abs(c - max(eps, self.exact)) > margin))

    def probes(self, margin: float = 1e-6) -> list[float]:
        """Values of ε that test every other one: 0, and of each gap both ends and the middle.

        The gaps are those between critical values. A match from a spectrum only grows with ε: where
        it is right at both ends of a gap, it is right inside it.
        """
        c = np.unique(np.concatenate([*self.critical, [self.exact, 1.0]]))
        c = c[np.isfinite(c)]
        step = 1.01 * margin
        points = np.concatenate([[0.0], c - step, c + step, (c[1:] + c[:-1]) / 2])
        points = np.unique(points[(points >= 0) & (points < 1)])
        return [float(eps) for eps in points if self.is_clear(eps, margin)]
