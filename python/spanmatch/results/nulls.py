"""The spectra of permutation nulls, in which the items of y are shifted circularly against x."""

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
    """A sequence with the `MatchSpectrum` of each null.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((400, 8))
    >>> y = x + rng.standard_normal((400, 8))
    >>> nulls = sm.null_spectra(x, y, nulls=19)
    >>> nulls.p_value(sm.spectrum(x, y))
    0.05
    """

    x: Floats
    """Critical ε of each neuron of x under each null, float64 of shape (nulls, n_x)."""
    y: Floats
    """Critical ε of each neuron of y under each null, float64 of shape (nulls, n_y)."""
    chance: tuple[Floats, Floats]
    """For each side, the chance level of each neuron computed from counts.

    It is the one of the data, since a circular shift changes neither means nor counts. If each null
    has its own λ, it is the one of the first null.
    """
    n_samples: int
    """The number of samples."""
    resolution: Floats
    """The resolution δ of each null, shape (nulls,)."""
    refreshes: NDArray[np.int64]
    """`MatchSpectrum.refreshes` of each null, shape (nulls,)."""
    rolls: NDArray[np.uint64]
    """An identifier of the circular shifts of each null, uint64 of shape (nulls,).

    Two nulls have the same number if they have the same shifts. Shifts are counted in items, so
    layers with different numbers of rows for each item can be compared.
    """
    ridge: float | None = None
    """λ of the data, and of each null unless `ridges` is given; None if no ridge was asked for."""
    ridges: Floats | None = None
    """λ of each null, shape (nulls,), if "auto" chose one for each; else None."""

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
        """Put at least one spectrum together, each with the identifier of its shifts.

        All have the same λ, unless λ was chosen for each. Then `chosen` is λ of the data.
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
        """Return s(ε) of each null, of shape (nulls,) followed by the shape of `eps`."""
        return np.array([null.similarity(eps) for null in self])

    @cached_property
    def area(self) -> Floats:
        """The area under s(ε) of each null, shape (nulls,)."""
        return np.array([null.area for null in self])

    @property
    def chance_level(self) -> float:
        """The measured chance level: the median critical ε over all nulls and living neurons."""
        return find_living_median(self.x, self.y)

    @property
    def least_p(self) -> float:
        """The smallest possible p-value, 1 / (1 + the number of distinct nulls)."""
        return 1 / (1 + self.n_distinct)

    @property
    def counted(self) -> str:
        """The number of nulls, in words."""
        repeated = "" if self.n_distinct == len(self) else f", {self.n_distinct} of them distinct"
        return f"{len(self)} nulls{repeated}"

    @property
    def n_distinct(self) -> int:
        """The number of nulls with different shifts: a batch of n items has only n - 1 shifts."""
        return int(self._distinct.sum())

    @overload
    def p_value(self, spectrum: MatchSpectrum, eps: float | None = None) -> float: ...
    @overload
    def p_value(self, spectrum: MatchSpectrum, eps: ArrayLike) -> float | Floats: ...

    def p_value(self, spectrum: MatchSpectrum, eps: ArrayLike | None = None) -> float | Floats:
        """Return the p-value of a spectrum's area, or of its s(ε) if `eps` is given.

        It is (1 + the number of nulls that match at least as well) / (1 + the number of nulls), so
        it is never 0. A null that repeats the shifts of another is counted once. See `p_value`.

        Raises
        ------
        TypeError, ValueError
            `spectrum` is not a `MatchSpectrum`, or has other neurons or another ridge than the
            nulls; `eps` is wrong as in `MatchSpectrum.similarity`.
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
