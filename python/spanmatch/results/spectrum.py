"""The match spectrum: the critical ε of every neuron."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np

from spanmatch.base.arguments import as_eps, as_similarity
from spanmatch.results.checks import (
    as_whole,
    check_axes,
    check_chance,
    check_resolution,
    check_ridge,
)
from spanmatch.results.curve import (
    find_area,
    find_corrected_area,
    find_share,
    find_threshold,
)
from spanmatch.results.match import Match
from spanmatch.results.result import Floats, Result, freeze, say_raised, say_ridge

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spanmatch.results.result import Indices


@dataclass(frozen=True, eq=False, repr=False)
class MatchSpectrum(Result):
    """The critical ε of every neuron, which gives the maximum match at every ε.

    A neuron v is in the maximum match at ε exactly if ε >= c(v), its critical ε.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> spectrum = sm.spectrum(x, x[:, :2])
    >>> spectrum.similarity([0.0, 0.5])
    array([0.8, 0.8])
    >>> spectrum.match(0.5).x
    array([0, 1])
    """

    x: Floats
    """Critical ε of each neuron of x, float64 of shape (n_x,).

    It is 0.0 for an exact match, at most 1.0, and inf for a dead neuron.
    """
    y: Floats
    """Critical ε of each neuron of y, float64 of shape (n_y,)."""
    chance: tuple[Floats, Floats]
    """For each side, the chance level of each neuron: the residual to expect of unrelated sides.

    It is computed from counts and means, and nan for a dead neuron. It is a guide and not a bound.
    If samples depend on each other, as the positions of one image do, the true level lies lower. If
    the other side has few neurons and means are large, it lies a little higher. With a ridge this
    is the least residual to expect, and the usual one is larger.
    """
    n_samples: int
    """The number of samples."""
    resolution: float
    """The resolution δ. Residuals of up to 100 δ count as exact."""
    refreshes: int
    """How often a neuron's row of the solver lost its digits and was computed again.

    This happens when a neuron nearly depends on others that are removed before it. The count says
    what near-duplicates cost. It does not mean that the result is less accurate.
    """
    ridge: float | None = None
    """λ of the ridge, for columns of length 1; None if no ridge was asked for."""

    def __post_init__(self) -> None:
        self._freeze("x", self.x, np.float64)
        self._freeze("y", self.y, np.float64)
        x, y = self.chance
        object.__setattr__(self, "chance", (freeze(x, np.float64), freeze(y, np.float64)))
        for side, critical, chance in zip("xy", (self.x, self.y), self.chance, strict=True):
            check_axes(critical, 1, side)
            check_chance(critical, chance, side)
        object.__setattr__(self, "n_samples", as_whole(self.n_samples, "n_samples", 1))
        object.__setattr__(self, "refreshes", as_whole(self.refreshes, "refreshes"))
        check_resolution(self.resolution)
        check_ridge(self.ridge)

    @overload
    def similarity(self, eps: float) -> float: ...
    @overload
    def similarity(self, eps: ArrayLike) -> Floats: ...

    def similarity(self, eps: ArrayLike) -> float | Floats:
        """Return s(ε), the part of all neurons that the maximum match at ε holds.

        Dead neurons count among all.

        Parameters
        ----------
        eps
            A number in [0, 1), or an array of them.

        Returns
        -------
        float or array
            In [0, 1]; 0.0 if there are no neurons at all. An array has the shape of `eps`.

        Raises
        ------
        TypeError, ValueError
            `eps` is not a real number, or is outside [0, 1) or NaN.
        """
        return find_share(self._sorted, eps, self.resolution)

    def match(self, eps: float) -> Match:
        """Return the maximum match at `eps`, a number in [0, 1)."""
        eps = as_eps(eps)
        threshold = find_threshold(eps, self.resolution)
        x, y = np.flatnonzero(self.x <= threshold), np.flatnonzero(self.y <= threshold)
        return Match(eps, x, y, self.x.size, self.y.size, self.resolution, self.ridge)

    def eps_for(self, similarity: float) -> float:
        """Return the smallest critical ε at which s(ε) reaches `similarity`.

        Parameters
        ----------
        similarity
            A number in [0, 1].

        Returns
        -------
        float
            0.0 if exact matches suffice; inf if no ε in [0, 1) reaches it.

        Raises
        ------
        TypeError, ValueError
            `similarity` is not a real number, or is outside [0, 1] or NaN.
        """
        wanted = as_similarity(similarity)
        candidates = np.concatenate([[0.0], self._sorted[self._sorted < 1.0]])
        enough = np.flatnonzero(self.similarity(candidates) >= wanted)
        return float(candidates[enough[0]]) if enough.size > 0 else float("inf")

    @property
    def area(self) -> float:
        """The area under s(ε), in [0, 1]: one number, with no ε to choose.

        It is the mean over all neurons of max(0, 1 - c), with c the critical ε.
        """
        return find_area(self._sorted)

    @property
    def corrected_area(self) -> float:
        """The area after each critical ε is divided by the neuron's chance level, for few samples.

        It is the mean over all neurons of max(0, 1 - c / chance). It lies in [0, 1] and is at most
        the area. With few samples unrelated neurons explain a part of each other, which raises the
        area. Dividing by the chance level removes most of this bias: the area of a fine-tuned
        MiniLM is 0.76 on 500 pooled sentences and 0.58 on 4,000; corrected it is 0.51 and 0.56.
        Dead neurons count as 0. So do neurons whose chance level is 0, as happens with no more
        samples than neurons: such samples cannot tell a match from chance.

        The correction accounts for counts and for means only. Unrelated neurons have smaller
        residuals than `chance` says if rows depend on each other, as the positions of an image do,
        and larger ones with a ridge. The corrected area tends to be too low: for two planted sides
        of 300 neurons the area is 0.37 at 20 samples for each neuron, 0.43 at four and 0.52 at two;
        corrected it is 0.36, 0.34 and 0.31. It has no p-value. `null_spectra` and `calibrate`
        measure chance by nulls.
        """
        critical, chance = (np.concatenate(each) for each in ((self.x, self.y), self.chance))
        return find_corrected_area(critical, chance, self.resolution)

    @property
    def chance_level(self) -> float:
        """The median of `chance` over the living neurons of both sides; nan if none lives."""
        return find_living_median(*self.chance)

    @property
    def dead(self) -> tuple[Indices, Indices]:
        """For each side, the dead neurons: zero on every sample, or constant if centred."""
        return np.flatnonzero(np.isinf(self.x)), np.flatnonzero(np.isinf(self.y))

    def __repr__(self) -> str:
        dead_x, dead_y = self.dead
        return (
            f"MatchSpectrum({self.x.size} + {self.y.size} neurons, "
            f"{dead_x.size} + {dead_y.size} dead, {self.n_samples} samples, area={self.area:.4f}"
            f"{say_ridge(self.ridge)}{say_raised(self.resolution)})"
        )

    @cached_property
    def _sorted(self) -> Floats:
        return np.sort(np.concatenate([self.x, self.y]))


def find_living_median(*sides: Floats) -> float:
    """Return the median over the living neurons, whose values are finite; nan if none lives."""
    values = np.concatenate([side[np.isfinite(side)] for side in sides])
    return float(np.median(values)) if values.size > 0 else float("nan")
