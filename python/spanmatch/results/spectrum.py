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
    """The critical ε of every neuron, and with it the maximum match at every ε.

    A neuron v is in the maximum match at ε exactly when ε >= c(v), its critical ε.
    """

    x: Floats
    """Critical ε of each neuron of x, shape (n_x,): 0.0 exact, at most 1.0, inf dead."""
    y: Floats
    """Critical ε of each neuron of y, shape (n_y,)."""
    chance: tuple[Floats, Floats]
    """For each side, the residual to expect of each neuron were the sides unrelated; nan dead."""
    n_samples: int
    """How many samples the activations had."""
    resolution: float
    """The δ of the regularised span: residuals up to 100 δ count as exact."""
    refreshes: int
    """How often, while neurons were peeled, a row had lost its digits and was computed anew.

    A neuron's row loses them once those that it nearly depends on have left. It is a count of what
    near-duplicates cost, not of anything wrong with the answer.
    """
    ridge: float | None = None
    """λ of the regularised span on unit columns; None: δ²."""

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
        """Return s(ε), the part of all neurons, dead ones too, that the maximum match at ε holds.

        Parameters
        ----------
        eps
            A number in [0, 1), or an array of them.

        Returns
        -------
        float or array
            In [0, 1]; 0.0 where there are no neurons at all. An array has the shape of `eps`.

        Raises
        ------
        TypeError, ValueError
            `eps` is not a real number; it is outside [0, 1) or NaN.
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
            0.0 where exact matches suffice; inf where no ε in [0, 1) reaches it.

        Raises
        ------
        TypeError, ValueError
            `similarity` is not a real number; it is outside [0, 1] or NaN.
        """
        wanted = as_similarity(similarity)
        candidates = np.concatenate([[0.0], self._sorted[self._sorted < 1.0]])
        enough = np.flatnonzero(self.similarity(candidates) >= wanted)
        return float(candidates[enough[0]]) if enough.size > 0 else float("inf")

    @property
    def area(self) -> float:
        """The area under s(ε): a similarity in [0, 1] with no ε to choose."""
        return find_area(self._sorted)

    @property
    def corrected_area(self) -> float:
        """The area with each critical ε divided by the neuron's chance level: for few samples.

        The mean over neurons of max(0, 1 - c / chance), where the area has max(0, 1 - c): in
        [0, 1], and at most the area. With few samples unrelated neurons explain a part of each
        other, and the area grows; `chance` is the residual that this leaves, computed from counts
        and means. Dividing by it nearly removes that bias: the area of a fine-tuned MiniLM is 0.76
        on 500 pooled sentences and 0.58 on 4,000, corrected 0.51 and 0.56. Dead neurons count 0, as
        do those of which chance explains all, as with no more samples than neurons: there nothing
        can be told.

        It corrects for counts and for means, and for nothing else. Where rows depend on each other,
        as the positions of an image do, unrelated neurons leave less than `chance` says; with a
        ridge they leave more. It errs to the low side: of two planted sides of 300 neurons the area
        is 0.37 at 20 samples a neuron, 0.43 at four and 0.52 at two, corrected 0.36, 0.34 and 0.31.
        It has no p-value. What nulls give, `NullSpectra` and `Calibration` hold.
        """
        critical, chance = (np.concatenate(each) for each in ((self.x, self.y), self.chance))
        return find_corrected_area(critical, chance, self.resolution)

    @property
    def chance_level(self) -> float:
        """The median chance level of the living neurons of both sides; nan where none lives."""
        return find_living_median(*self.chance)

    @property
    def dead(self) -> tuple[Indices, Indices]:
        """For each side the neurons that are zero on every sample (every row alike, if centred)."""
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
    """Return the median over the neurons of all sides that live: the finite values; else nan."""
    values = np.concatenate([side[np.isfinite(side)] for side in sides])
    return float(np.median(values)) if values.size > 0 else float("nan")
