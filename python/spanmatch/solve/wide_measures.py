"""The measures of sides with far more neurons than samples."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spanmatch.base.progress import show_progress
from spanmatch.solve.cross_measures import (
    average_correlations,
    average_singular,
    measure_procrustes,
)
from spanmatch.solve.debiased import bound_kernels, find_debiased_cka
from spanmatch.solve.resolution import find_resolution
from spanmatch.solve.singular import decompose_left
from spanmatch.solve.undersampled import warn_if_undersampled
from spanmatch.solve.wide_sides import WideSide, factor_wide

if TYPE_CHECKING:
    from spanmatch.results.result import Floats
    from spanmatch.solve.columns import Columns


class WideSides(NamedTuple):
    """The factors of both sides."""

    x: WideSide
    y: WideSide


def read_wide_sides(
    columns: tuple[Columns, Columns], progress: bool, *, warns: bool = True
) -> WideSides | None:
    """Read both sides, or return None if one has no variance.

    With `warns`, the caller of the public function is warned if there are few samples.
    """
    widths = [each.shape[1] for each in columns]
    done = 0
    with show_progress("Reading samples", progress) as report:

        def count(read: int) -> None:
            nonlocal done
            done += read
            if report is not None:
                report(done, sum(widths))

        # The second side is read in any case, so that all values are checked.
        x, y = [factor_wide(each, count) for each in columns]
    if warns:
        warn_if_undersampled(columns[0].shape[0], max(widths), auto=False, depth=2)
    return None if x is None or y is None else WideSides(x, y)


def measure_wide(sides: WideSides) -> dict[str, float]:
    """Return each measure by its name: the same as `measure_between` up to rounding."""
    x, y = sides
    delta = find_resolution(x.columns.shape[1] + y.columns.shape[1])
    basis_x, basis_y = x.find_basis(delta), y.find_basis(delta)
    variates, correlations = decompose_left(basis_x.T @ basis_y)
    correlations = correlations.clip(0.0, 1.0)
    variates = basis_x @ variates
    loadings = (variates.T @ block.values for block in x.columns.read_blocks(x.factor))
    similarity = measure_procrustes(x.square.T @ y.square, x.trace, y.trace)
    return {
        "linear_cka": measure_wide_cka(sides),
        "mean_cca": float(correlations.mean()),
        "svcca": average_singular(x.principal.T @ y.principal),
        "pwcca": average_correlations(correlations, loadings),
        "procrustes_similarity": similarity,
        "procrustes_distance": sqrt(2.0 - 2.0 * similarity),
        "r2_x": _measure_explained(x, basis_y),
        "r2_y": _measure_explained(y, basis_x),
    }


def measure_wide_cka(sides: WideSides) -> float:
    """Return |C_xy|² / (|C_xx| |C_yy|), for |C_xy|² = ⟨XXᵀ, YYᵀ⟩."""
    x, y = sides
    return min(1.0, _multiply(x.products, y.products) / (x.size * y.size))


def measure_wide_debiased_cka(sides: WideSides) -> tuple[float, str]:
    """Return debiased linear CKA, and why it is nan, or "" if it is not."""
    x, y = sides
    a, b = x.products.diagonal(), y.products.diagonal()
    xy, xx, yy = (
        bound_kernels(
            _multiply(one.products, other.products),
            float(one.products.diagonal() @ other.products.diagonal()),
            (one.size, other.size),
            (one.trace, other.trace),
            a.size,
        )
        for one, other in ((x, y), (x, x), (y, y))
    )
    return find_debiased_cka(xy, xx, yy, (float(a.sum()), float(b.sum())), a.size)


def _multiply(one: Floats, other: Floats) -> float:
    return float(np.einsum("ij,ij->", one, other))


def _measure_explained(side: WideSide, basis: Floats) -> float:
    """Return the part of the variance in the span of a basis of the other side."""
    explained = np.einsum("ij,ij->", basis, side.products @ basis)
    return min(1.0, float(explained) / side.trace)
