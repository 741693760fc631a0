"""The slow way to judge on what is left out: rows, least squares, and no sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import spanmatch as sm
from oracle import norms, resolution, ridge_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from oracle import Floats


def folds_of(rows: int, folds: int = 16, *, rows_per_item: int = 1, seed: int = 0) -> Floats:
    """The fold of each row of one batch."""
    gram = sm._core.Gram(0, folds, seed)
    return np.asarray(gram.plan(rows, rows_per_item, 0, 0)[1])


@dataclass(frozen=True)
class Part:
    """Rows that are fitted on, and those left out: less the means of the former, if centred."""

    fitted: Floats
    left_out: Floats

    @classmethod
    def of(cls, z: Floats, is_left_out: NDArray[np.bool_], center: bool) -> Part:
        z = np.asarray(z, np.float64)
        fitted, left_out = z[~is_left_out], z[is_left_out]
        if not center:
            return cls(fitted, left_out)
        # The first row goes first: a constant is then exactly zero.
        first = fitted[:1]
        mean = (fitted - first).mean(axis=0)
        return cls(fitted - first - mean, left_out - first - mean)


def predict(of: Part, by: Part, ridge: float) -> tuple[Floats, Floats]:
    """The squared error of each column on what is left out, and its squares there."""
    lengths = norms(by.fitted)
    live = lengths > 0
    unit = by.fitted[:, live] / lengths[live]
    # Targets of unit length, as the matrix may hold columns of any size.
    size = np.where(norms(of.fitted) > 0, norms(of.fitted), 1.0)
    weights = ridge_weights(unit, of.fitted / size, float(np.sqrt(ridge)))
    predicted = by.left_out[:, live] / lengths[live] @ weights * size
    error = of.left_out - predicted
    return (error**2).sum(axis=0), (of.left_out**2).sum(axis=0)


def held_out_by_rows(
    x: Floats,
    y: Floats,
    fold: Floats,
    match: sm.Match,
    *,
    ridge: float | None,
    center: bool,
    reselect: bool = False,
) -> tuple[Floats, Floats]:
    """What `held_out` must find."""
    penalty = resolution(x.shape[1] + y.shape[1]) ** 2 if ridge is None else ridge
    sums: list[list[tuple[Floats, Floats]]] = [[], []]
    for each in np.unique(fold):
        is_left_out = fold == each
        columns = match
        if reselect:
            rest = x[~is_left_out], y[~is_left_out]
            columns = sm.maximum_match(*rest, eps=match.eps, center=center, ridge=ridge)
        for parts, (z, of), (other, by) in (
            (sums[0], (x, match.x), (y, columns.y)),
            (sums[1], (y, match.y), (x, columns.x)),
        ):
            targets = Part.of(z[:, of], is_left_out, center)
            by_others = Part.of(other[:, by], is_left_out, center)
            parts.append(predict(targets, by_others, penalty))
    of_x, of_y = (np.sqrt(np.divide(*np.sum(parts, axis=0))) for parts in sums)
    return of_x, of_y


def error_of_ridge(x: Floats, y: Floats, group: Floats, ridge: float, *, center: bool) -> float:
    """The mean squared error of all neurons on each group, of each neuron's squares on all rows."""
    error, judged = 0.0, 0.0
    for each in np.unique(group):
        is_left_out = group == each
        for z, other in ((x, y), (y, x)):
            targets, by = (Part.of(side, is_left_out, center) for side in (z, other))
            whole = (Part.of(z, np.zeros(len(z), bool), center).fitted ** 2).sum(axis=0)
            live = norms(targets.fitted) > 0
            found, energy = predict(targets, by, ridge)
            error += float((found[live] / whole[live]).sum())
            judged += float((energy[live] / whole[live]).sum())
    return error / judged
