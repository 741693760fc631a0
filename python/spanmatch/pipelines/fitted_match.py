"""A match that is found on some rows and judged on others, by the weights of the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import spanmatch._core as core
from spanmatch.base.arguments import as_eps
from spanmatch.base.errors import UndersampledWarning, warn_user
from spanmatch.results.curve import find_threshold
from spanmatch.results.residuals import Residuals
from spanmatch.results.structure import LinearMap
from spanmatch.solve.matches import find_spectrum
from spanmatch.solve.problem import Regularisation
from spanmatch.solve.undersampled import explain_too_few

if TYPE_CHECKING:
    from spanmatch.base.arguments import Ridge
    from spanmatch.results.match import Match
    from spanmatch.results.result import Floats
    from spanmatch.results.spectrum import MatchSpectrum


@dataclass(frozen=True)
class FittedMatch:
    """The maximum match of two sides on some rows, and the weights by which it predicts others."""

    spectrum: MatchSpectrum
    match: Match
    linear_map: LinearMap
    means: tuple[Floats, Floats]
    """Of every neuron of x and of y on the rows of the fit; zeros unless they were centred."""

    @classmethod
    def of(
        cls, x: Floats, y: Floats, *, eps: float, center: bool = False, ridge: Ridge = None
    ) -> FittedMatch:
        """Find the match of two arrays, of shape (samples, n_x) and (samples, n_y)."""
        eps = as_eps(eps)
        problem = Regularisation.of(center, ridge).read(x, y)
        if reasons := explain_too_few(len(x), max(problem.widths), problem.ridge):
            warn_user("; ".join(reasons), UndersampledWarning)
        found = find_spectrum(problem)
        match = found.match(eps)
        (in_x, in_y), resolution = core.linear_map(
            problem.gram, match.x, match.y, problem.center, problem.ridge
        )
        weights = LinearMap(*in_x, *in_y, resolution, problem.ridge)
        means = [side.mean(axis=0) if center else np.zeros(side.shape[1]) for side in (x, y)]
        return cls(found, match, weights, (means[0], means[1]))

    def predict_y(self, x: Floats) -> Floats:
        """Predict the y of the match from rows of x: an array of shape (samples, len(match.y))."""
        _check_width(x, self.match.n_x, "X")
        return np.asarray(x[:, self.match.x] @ self.linear_map.y + self.linear_map.y_offset)

    def select_y(self, y: Floats) -> Floats:
        """Return the columns of the y of the match, an array of shape (samples, len(match.y))."""
        _check_width(y, self.match.n_y, "Y")
        return y[:, self.match.y]

    def predict_x(self, y: Floats) -> Floats:
        """Predict the x of the match from rows of y: an array of shape (samples, len(match.x))."""
        return np.asarray(self.select_y(y) @ self.linear_map.x + self.linear_map.x_offset)

    def find_residuals(self, x: Floats, y: Floats) -> Residuals:
        """Return the relative residual of every neuron on these rows, by the weights of the fit.

        A neuron outside the match is not predicted, so its residual is 1. The residual is nan if
        the neuron is silent on these rows, or constant at its mean of the fit.
        """
        self._check_rows(x, y)
        of_x, of_y = (side - mean for side, mean in zip((x, y), self.means, strict=True))
        energy = [np.square(side).sum(axis=0) for side in (of_x, of_y)]
        errors = [each.copy() for each in energy]
        errors[0][self.match.x] = np.square(x[:, self.match.x] - self.predict_x(y)).sum(axis=0)
        errors[1][self.match.y] = np.square(y[:, self.match.y] - self.predict_y(x)).sum(axis=0)
        found = [np.full(each.size, np.nan) for each in energy]
        for residuals, error, whole in zip(found, errors, energy, strict=True):
            np.divide(error, whole, out=residuals, where=whole > 0.0)
            np.sqrt(residuals, out=residuals)
        return Residuals(found[0], found[1], self.match.resolution, self.match.ridge)

    def find_similarity(self, x: Floats, y: Floats) -> float:
        """Return the part of all neurons that are in the match and within ε on these rows.

        On the rows of the fit it is s(ε).
        """
        residuals = self.find_residuals(x, y)
        within = find_threshold(self.match.eps, self.match.resolution)
        both = np.concatenate([residuals.x, residuals.y])
        return float((both <= within).mean()) if both.size > 0 else 0.0

    def _check_rows(self, x: Floats, y: Floats) -> None:
        """Raise ValueError unless both sides have the same rows, and the widths of the fit."""
        _check_width(x, self.match.n_x, "X")
        _check_width(y, self.match.n_y, "Y")
        if len(x) != len(y):
            raise ValueError(
                f"X has {len(x)} rows and Y has {len(y)}: row i of both must be the same sample"
            )
        for side, name in ((x, "X"), (y, "Y")):
            if not np.isfinite(side).all():
                raise ValueError(f"{name} holds a value that is not finite")


def _check_width(side: Floats, width: int, name: str) -> None:
    if side.shape[1] != width:
        raise ValueError(f"{name} has {side.shape[1]} neurons, but the match was fitted to {width}")
