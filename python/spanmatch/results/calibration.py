"""Calibrated measures: each measure with the values that unrelated sides reach by chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spanmatch.base.arguments import as_probability
from spanmatch.base.constants import TOLERANCE
from spanmatch.results.checks import check_measures, check_ridge
from spanmatch.results.result import Floats, Result, say_ridge

if TYPE_CHECKING:
    from collections.abc import Iterator

LEVEL = 0.05


class CalibratedMeasure(NamedTuple):
    """One measure with its threshold, its calibrated score and its p-value."""

    value: float
    """The measure on the data."""
    threshold: float
    """τ, the quantile of the nulls at 1 − level."""
    score: float
    """The calibrated score max(0, (value − τ) / (1 − τ)). It is 0 if the value is within chance."""
    p_value: float
    """(1 + the number of nulls that reach the value) / (1 + the number of nulls)."""

    @property
    def saturated(self) -> bool:
        """Whether the nulls reach the largest value, 1, so that no value can exceed chance."""
        return self.threshold >= 1.0 - TOLERANCE


@dataclass(frozen=True, eq=False, repr=False)
class Calibration(Result, Mapping[str, CalibratedMeasure]):
    """A mapping from the names of measures to their thresholds, calibrated scores and p-values.

    The threshold τ is the ⌈(1 − level)(nulls + 1)⌉-th smallest null of the measure. The score is
    max(0, (value − τ) / (1 − τ)): 0 for a value within chance, 1 for the largest possible value.
    A score is above 0 exactly if p <= level (arXiv 2602.14486). A null that repeats the circular
    shifts of another null is counted once. If τ is 1, as for CCA with fewer samples than neurons,
    no value can exceed chance, and the score is 0. If a measure is nan, so are its score and its
    p-value.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> calibration = sm.calibrate(x, x, nulls=39)
    >>> calibration["area"].score, calibration["area"].p_value
    (1.0, 0.025)
    """

    names: tuple[str, ...]
    """The names of the measures, in order."""
    observed: Floats
    """Each measure on the data, float64 of shape (measures,)."""
    nulls: Floats
    """Each measure on every null, float64 of shape (measures, nulls)."""
    rolls: NDArray[np.uint64]
    """An identifier of the circular shifts of each null, uint64 of shape (nulls,).

    Two nulls have the same number if they have the same shifts.
    """
    level: float = LEVEL
    """The share of unrelated networks that may have a score above 0."""
    ridge: float | None = None
    """λ of the areas and of s(ε); None if no ridge was asked for."""
    debiased_cka_note: str = ""
    """Why `debiased_cka` is nan on the data or on a null; "" if it is not."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        self._freeze("observed", self.observed, np.float64)
        self._freeze("nulls", self.nulls, np.float64)
        self._freeze("rolls", self.rolls, np.uint64)
        measures, nulls = len(self.names), self.rolls.size
        if self.observed.shape != (measures,) or self.nulls.shape != (measures, nulls):
            raise ValueError(
                "what is observed and the nulls are of different numbers of measures or nulls"
            )
        if len(set(self.names)) < measures:
            raise ValueError("a measure is named twice")
        # Debiased CKA may be negative.
        check_measures(self.observed, "observed", least=-1.0)
        check_measures(self.nulls, "nulls", least=-1.0)
        check_ridge(self.ridge)
        object.__setattr__(self, "level", check_level(self.level, self.n_distinct))

    @property
    def n_distinct(self) -> int:
        """The number of nulls with different circular shifts."""
        return int(np.unique(self.rolls).size)

    @property
    def saturated(self) -> tuple[str, ...]:
        """The measures whose threshold is 1, so that no value can exceed chance."""
        return tuple(name for name, each in self.items() if each.saturated)

    def at_level(self, level: float) -> Calibration:
        """Return the same calibration at another level, a number in (0, 1).

        Raises
        ------
        ValueError
            There are too few nulls for the level.
        """
        return replace(self, level=level)

    def of_nulls(self, name: str) -> Floats:
        """Return the values of one measure on the distinct nulls.

        Raises
        ------
        KeyError
            There is no such measure.
        """
        distinct = np.sort(np.unique(self.rolls, return_index=True)[1])
        found: Floats = self.nulls[self._find(name), distinct]
        return found

    def __getitem__(self, name: str) -> CalibratedMeasure:
        value, nulls = float(self.observed[self._find(name)]), np.sort(self.of_nulls(name))
        if math.isnan(value) or np.isnan(nulls).any():
            return CalibratedMeasure(value, math.nan, math.nan, math.nan)
        threshold = float(nulls[nulls.size - count_above(self.level, nulls.size)])
        # A value that the p-value counts as equal to τ is within chance.
        above = value - threshold if value - threshold > TOLERANCE else 0.0
        reached = int((nulls >= value - TOLERANCE).sum())
        found = CalibratedMeasure(value, threshold, 0.0, (1 + reached) / (1 + nulls.size))
        return found if found.saturated else found._replace(score=above / (1.0 - threshold))

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as numbers and lists, and the calibrated measures as `measures`."""
        return super().to_dict() | {
            "measures": {name: each._asdict() for name, each in self.items()}
        }

    def __repr__(self) -> str:
        scores = ", ".join(f"{name}={each.score:.4f}" for name, each in self.items())
        note = f"; {self.debiased_cka_note}" if self.debiased_cka_note else ""
        return f"Calibration({self.n_distinct} nulls, {scores}{say_ridge(self.ridge)}{note})"

    def _find(self, name: str) -> int:
        if name not in self.names:
            raise KeyError(f"there is no measure {name!r}: there are {', '.join(self.names)}")
        return self.names.index(name)


def check_level(level: float, n_nulls: int) -> float:
    """Return the level, or raise ValueError if it is not in (0, 1) or needs more nulls."""
    level = as_probability(level, "level")
    if count_above(level, n_nulls) == 0:
        needed = math.ceil(1 / level) - 1
        raise ValueError(
            f"a level of {level:g} needs {needed:.6g} distinct nulls at least, and there are "
            f"{n_nulls}: take more nulls, more items where these have too few circular shifts (n "
            "items have n - 1), or a higher level"
        )
    return level


def check_can_calibrate(n_nulls: int) -> None:
    """Raise ValueError, before any null is summed, if there are too few of them to calibrate."""
    if n_nulls == 0:
        raise ValueError("`calibrate` needs nulls: give `nulls`, usually 39")
    try:
        check_level(LEVEL, n_nulls)
    except ValueError as error:
        raise ValueError(f"`calibrate` needs more `nulls`: {error}") from error


def count_above(level: float, n_nulls: int) -> int:
    """Return the lowest rank, from the largest, that still has p <= level; 0 if none has.

    The rank is among the data and the nulls together. It is ⌊level (nulls + 1)⌋, so that
    ⌈(1 - level)(nulls + 1)⌉ values lie below it.

    >>> count_above(0.05, 19), count_above(0.05, 39), count_above(1 / 3, 29), count_above(0.05, 18)
    (1, 2, 10, 0)
    """
    count = int(level * (n_nulls + 1))
    # Correct the rounding by comparing p-values, (1 + nulls that reach the value) / (1 + nulls).
    while (count + 1) / (n_nulls + 1) <= level:
        count += 1
    while count > 0 and count / (n_nulls + 1) > level:
        count -= 1
    return count
