"""Algorithms 1 and 2 of Wang et al., NeurIPS 2018.

Written from their description, with numpy alone; residuals by `numpy.linalg.lstsq` afresh in every
pass, on all samples. One call solves for all neurons of a side, which share their predictors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from compare_data import Floats

Indices = NDArray[np.intp]
Sets = tuple[Indices, Indices]


def maximum_match(x: Floats, y: Floats, eps: float, within: Sets | None = None) -> Sets:
    """Algorithm 1: delete neurons whose residual is above ε, of x, of y, until none is left."""
    in_x, in_y = within or (np.arange(x.shape[1]), np.arange(y.shape[1]))
    while True:
        keep_x = in_x[residuals(x[:, in_x], y[:, in_y]) <= eps]
        keep_y = in_y[residuals(y[:, in_y], x[:, keep_x]) <= eps]
        if len(keep_x) == len(in_x) and len(keep_y) == len(in_y):
            return keep_x, keep_y
        in_x, in_y = keep_x, keep_y


def minimum_match(x: Floats, y: Floats, eps: float, v: int) -> Sets:
    """Algorithm 2, for neuron v of x: try to do without every other neuron, one by one."""
    found = maximum_match(x, y, eps)
    if v not in found[0]:
        raise ValueError(f"x {v} is not in the maximum match")
    others = [(0, u) for u in found[0] if u != v] + [(1, u) for u in found[1]]
    for side, u in others:
        if u not in found[side]:
            continue  # an earlier deletion took it away
        without = (
            (found[0][found[0] != u], found[1])
            if side == 0
            else (found[0], found[1][found[1] != u])
        )
        rest = maximum_match(x, y, eps, without)
        if v in rest[0]:
            found = rest
    return found


def residuals(targets: Floats, predictors: Floats) -> Floats:
    """Of each target, its distance from the span of the predictors over its own length."""
    if not targets.shape[1] or not predictors.shape[1]:
        return np.ones(targets.shape[1])
    weights = np.linalg.lstsq(predictors, targets, rcond=None)[0]
    left: Floats = np.linalg.norm(targets - predictors @ weights, axis=0)
    sizes: Floats = np.linalg.norm(targets, axis=0)
    return left / sizes


def fewer_rows(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The triangular factor of all samples: the same residuals, from as many rows as neurons.

    The paper does not do so. It takes the samples out of the comparison, and leaves the algorithms.
    """
    r = np.asarray(np.linalg.qr(np.hstack([x, y]), mode="r"))
    return r[:, : x.shape[1]], r[:, x.shape[1] :]
