"""The spectra of nulls: what matches when the items of y are shifted circularly against x."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from spanmatch.base.constants import RESOLUTION, TOLERANCE
from spanmatch.base.plain_values import LARGEST
from spanmatch.results.checks import (
    as_whole,
    check_between,
    check_chance,
    check_resolution,
    check_ridge,
)
from spanmatch.results.result import Floats, Result, freeze, say_raised, say_ridge
from spanmatch.results.spectrum import MatchSpectrum, find_living_median

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False, repr=False)
class NullSpectra(Result, Sequence[MatchSpectrum]):
    """A `MatchSpectrum` for each null: a sequence of them, and what they say together."""

    x: Floats
    """Critical ε of each neuron of x under each null, shape (nulls, n_x)."""
    y: Floats
    """Critical ε of each neuron of y under each null, shape (nulls, n_y)."""
    chance: tuple[Floats, Floats]
    """As of the data: a circular shift changes neither means nor counts. If each null has a λ of
    its own, that of the first counts here."""
    n_samples: int
    """How many samples the activations had."""
    resolution: Floats
    """The δ of each null, shape (nulls,)."""
    refreshes: NDArray[np.int64]
    """`MatchSpectrum.refreshes` of each null, shape (nulls,)."""
    rolls: NDArray[np.uint64]
    """A number for each null, shape (nulls,): the same where its circular shifts are, counted in
    items, so that layers whose items have other numbers of rows can be told to share them."""
    ridge: float | None = None
    """λ of the data, and of each null where it was not chosen anew; None: δ²."""
    ridges: Floats | None = None
    """λ of each null, shape (nulls,), where "auto" chose one for each."""

    def __post_init__(self) -> None:
        for name in ("x", "y", "resolution"):
            self._freeze(name, getattr(self, name), np.float64)
        self._freeze("refreshes", self.refreshes, np.int64)
        self._freeze("rolls", self.rolls, np.uint64)
        arrays = (self.x, self.y, self.resolution, self.refreshes, self.rolls)
        if [each.ndim for each in arrays] != [2, 2, 1, 1, 1] or len(set(map(len, arrays))) > 1:
            raise ValueError("the arrays are of different numbers of nulls")
        if len(self.x) == 0:
            raise ValueError("there must be one null at least")
        if self.ridges is not None:
            self._freeze("ridges", self.ridges, np.float64)
            if self.ridge is None or self.ridges.shape != self.resolution.shape:
                raise ValueError("the ridges are not one for each null, beside that of the data")
            check_between(self.ridges, "ridges", least=RESOLUTION**2, most=LARGEST)
        x, y = (freeze(side, np.float64) for side in self.chance)
        object.__setattr__(self, "chance", (x, y))
        for side, critical, chance in zip("xy", (self.x, self.y), self.chance, strict=True):
            check_chance(critical, chance, side)
        object.__setattr__(self, "n_samples", as_whole(self.n_samples, "n_samples", 1))
        check_between(self.refreshes, "refreshes", most=math.inf)
        for each in self.resolution.tolist():
            check_resolution(each)
        check_ridge(self.ridge)

    @classmethod
    def of(
        cls,
        spectra: Iterable[MatchSpectrum],
        rolls: Sequence[int],
        *,
        chosen: float | None = None,
    ) -> NullSpectra:
        """Put spectra together, each with the number of its shifts: one at least.

        They have one λ, unless it was chosen for each: then `chosen` is that of the data.
        """
        found = list(spectra)
        ridges = [spectrum.ridge for spectrum in found]
        return cls(
            np.array([spectrum.x for spectrum in found]),
            np.array([spectrum.y for spectrum in found]),
            found[0].chance,
            found[0].n_samples,
            np.array([spectrum.resolution for spectrum in found]),
            np.array([spectrum.refreshes for spectrum in found]),
            np.array(rolls, np.uint64),
            ridges[0] if chosen is None else chosen,
            None if chosen is None else np.array(ridges, np.float64),
        )

    def __len__(self) -> int:
        return len(self.x)

    @overload
    def __getitem__(self, index: int) -> MatchSpectrum: ...
    @overload
    def __getitem__(self, index: slice) -> list[MatchSpectrum]: ...

    def __getitem__(self, index: int | slice) -> MatchSpectrum | list[MatchSpectrum]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"there are {len(self)} nulls, and none is number {index}")
        return MatchSpectrum(
            self.x[index],
            self.y[index],
            self.chance,
            self.n_samples,
            float(self.resolution[index]),
            int(self.refreshes[index]),
            self.ridge if self.ridges is None else float(self.ridges[index]),
        )

    def similarity(self, eps: ArrayLike) -> Floats:
        """Return s(ε) of each null, of shape (nulls,), with the axes of `eps` after it."""
        return np.array([null.similarity(eps) for null in self])

    @cached_property
    def area(self) -> Floats:
        """The area under s(ε) of each null, shape (nulls,)."""
        return np.array([null.area for null in self])

    @property
    def chance_level(self) -> float:
        """The median critical ε over all nulls and living neurons: the chance level, measured."""
        return find_living_median(self.x, self.y)

    @property
    def least_p(self) -> float:
        """The least that a p-value can be."""
        return 1 / (1 + self.n_distinct)

    @property
    def counted(self) -> str:
        """How many nulls there are, in words."""
        repeated = "" if self.n_distinct == len(self) else f", {self.n_distinct} of them distinct"
        return f"{len(self)} nulls{repeated}"

    @property
    def n_distinct(self) -> int:
        """How many nulls differ: n items of one batch have no more than n - 1 circular shifts."""
        return int(self._distinct.sum())

    @overload
    def p_value(self, spectrum: MatchSpectrum, eps: float | None = None) -> float: ...
    @overload
    def p_value(self, spectrum: MatchSpectrum, eps: ArrayLike) -> float | Floats: ...

    def p_value(self, spectrum: MatchSpectrum, eps: ArrayLike | None = None) -> float | Floats:
        """Return the p-value of a spectrum: that of its area, or of s(ε) where `eps` is given.

        (1 + nulls that reach the spectrum's) / (1 + nulls): never below 1 / (1 + nulls). A null
        that repeats another's shifts counts once. See `p_value`.
        """
        if not isinstance(spectrum, MatchSpectrum):
            raise TypeError(f"a p-value is of a spectrum, not of a {type(spectrum).__name__}")
        if (spectrum.x.size, spectrum.y.size) != (self.x.shape[1], self.y.shape[1]):
            raise ValueError(
                f"the spectrum has {spectrum.x.size} + {spectrum.y.size} neurons, but the nulls "
                f"have {self.x.shape[1]} + {self.y.shape[1]}"
            )
        if spectrum.ridge != self.ridge:
            raise ValueError(
                f"the spectrum has the ridge {spectrum.ridge}, and the nulls are of data with "
                f"{self.ridge}: solve both with one ridge"
            )
        if eps is None:
            nulls, observed = self.area, np.asarray(spectrum.area)
        else:
            nulls, observed = self.similarity(eps), np.asarray(spectrum.similarity(eps))
        reached = (nulls[self._distinct] >= observed - TOLERANCE).sum(axis=0)
        p = (1 + reached) / (1 + self.n_distinct)
        return float(p) if np.ndim(p) == 0 else np.asarray(p)

    def __repr__(self) -> str:
        area = self.area
        return (
            f"NullSpectra({len(self)} nulls, {self.x.shape[1]} + {self.y.shape[1]} neurons, "
            f"area {area.min():.4f} to {area.max():.4f}"
            f"{say_ridge(self.ridge)}{say_raised(*self.resolution.tolist())})"
        )

    @property
    def _distinct(self) -> NDArray[np.bool_]:
        distinct = np.zeros(len(self), bool)
        distinct[np.unique(self.rolls, return_index=True)[1]] = True
        return distinct
