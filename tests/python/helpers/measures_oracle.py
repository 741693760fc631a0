"""The slow oracle of the measures: SVDs of the samples, never of their products.

Every measure is found by another way than the library's: CKA from samples × samples kernels,
correlations from angles between bases, Procrustes by turning one side onto the other, regression by
least squares.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes, subspace_angles

from oracle import Floats, centred, resolution, unit_columns

FIELDS = (
    "linear_cka",
    "mean_cca",
    "svcca",
    "pwcca",
    "procrustes_similarity",
    "procrustes_distance",
    "r2_x",
    "r2_y",
)
RANKS = ("effective_rank_x", "effective_rank_y", "stable_rank_x", "stable_rank_y")
"""Of one side alone."""


@dataclass(frozen=True)
class MeasuresOracle:
    """One problem, both sides alive."""

    x: Floats
    y: Floats

    @cached_property
    def sides(self) -> tuple[Floats, Floats]:
        """Centred, each side with a largest value of 1."""
        scaled = (z / np.abs(z).max() for z in map(centred, (self.x, self.y)))
        x, y = scaled
        return x, y

    @cached_property
    def spectra(self) -> tuple[Floats, Floats]:
        """Singular values of the unit columns of both sides, the largest as 1."""
        x, y = (np.linalg.svd(unit_columns(side)[0], compute_uv=False) for side in self.sides)
        return x / x[0], y / y[0]

    @cached_property
    def delta(self) -> float:
        return resolution(self.x.shape[1] + self.y.shape[1])

    @cached_property
    def bases(self) -> tuple[Floats, Floats]:
        """Orthonormal bases of the spans: of the unit columns, as a column may be tiny."""
        u_x, u_y = (
            np.linalg.svd(unit_columns(side)[0], full_matrices=False)[0] for side in self.sides
        )
        ranks = (int((values >= self.delta).sum()) for values in self.spectra)
        return u_x[:, : next(ranks)], u_y[:, : next(ranks)]

    @cached_property
    def condition(self) -> float:
        """Of what is kept of the unit columns."""
        return max(1 / float(s[s >= self.delta][-1]) for s in self.spectra)

    @cached_property
    def is_clear(self) -> bool:
        """Whether no direction is near the cut between dependent and independent."""
        s = np.concatenate(self.spectra)
        return bool(np.all((s < 0.03 * self.delta) | (s > 30 * self.delta)))

    @cached_property
    def correlations(self) -> Floats:
        """Falling."""
        return np.sort(np.cos(subspace_angles(*self.bases)))[::-1]

    @cached_property
    def gap(self) -> float:
        """The least difference between two canonical correlations."""
        return float(np.abs(np.diff(self.correlations)).min(initial=1.0))

    @cached_property
    def linear_cka(self) -> float:
        k, m = (side @ side.T for side in self.sides)
        return float((k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum()))

    @cached_property
    def mean_cca(self) -> float:
        return float(self.correlations.mean())

    @cached_property
    def svcca(self) -> float:
        kept = []
        for side in self.sides:
            u, s, _ = np.linalg.svd(side, full_matrices=False)
            held = np.cumsum(s**2) / (s**2).sum()
            kept.append(u[:, : 1 + int((held < 0.99).sum())])
        return float(np.cos(subspace_angles(*kept)).mean())

    @cached_property
    def pwcca(self) -> float:
        """Where no two correlations are alike."""
        (q_x, q_y), x = self.bases, self.sides[0]
        # Eigenvectors of the product of projections, in the coordinates of x's basis.
        h, rho, _ = np.linalg.svd(q_x.T @ q_y, full_matrices=False)
        weights = np.abs((q_x @ h).T @ x).sum(axis=1)
        return float(weights @ rho / weights.sum())

    @cached_property
    def turned(self) -> tuple[Floats, Floats]:
        """Both sides of norm 1 and equal width, y turned onto x."""
        x, y = (side / np.linalg.norm(side) for side in self.sides)
        width = max(x.shape[1], y.shape[1])
        x, y = (np.pad(side, ((0, 0), (0, width - side.shape[1]))) for side in (x, y))
        return x, y @ orthogonal_procrustes(y, x)[0]

    @cached_property
    def procrustes_similarity(self) -> float:
        x, y = self.turned
        return float((x * y).sum())

    @cached_property
    def procrustes_distance(self) -> float:
        x, y = self.turned
        return float(np.linalg.norm(x - y))

    @cached_property
    def r2_x(self) -> float:
        return explained(self.sides[0], self.bases[1])

    @cached_property
    def r2_y(self) -> float:
        return explained(self.sides[1], self.bases[0])

    @cached_property
    def ranks(self) -> dict[str, float]:
        found = {}
        for name, side in zip("xy", self.sides, strict=True):
            squares = np.linalg.svd(side, compute_uv=False) ** 2
            found[f"effective_rank_{name}"] = squares.sum() ** 2 / (squares**2).sum()
            found[f"stable_rank_{name}"] = squares.sum() / squares.max()
        return found


def explained(target: Floats, basis: Floats) -> float:
    """One less the part of the variance that least squares on a basis leaves."""
    left = target - basis @ np.linalg.lstsq(basis, target, rcond=None)[0]
    return 1.0 - float(np.square(left).sum() / np.square(target).sum())


def assert_like(got: object, wanted: object, atol: float, without: tuple[str, ...] = ()) -> None:
    """Whether all fields agree; either may be a result or an oracle."""
    names = [name for name in FIELDS if name not in without]
    found, known = ({name: getattr(side, name) for name in names} for side in (got, wanted))
    assert found == pytest.approx(known, rel=0, abs=atol)
