"""What a pair tells of how alike its sides are, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.results.calibration import Calibration
from spanmatch.results.interval import Interval
from spanmatch.results.nulls import NullSpectra
from spanmatch.results.one_to_one import OneToOne
from spanmatch.results.residuals import Residuals
from spanmatch.results.result import Result
from spanmatch.results.spectrum import MatchSpectrum

if TYPE_CHECKING:
    from collections.abc import Iterator

P = 0.05  # up to here a match counts as more than chance
HELD_OUT_EPS = 0.5  # of the match that is judged on folds left out, without a ridge


@dataclass(frozen=True, eq=False, repr=False)
class LayerAnswer(Result):
    """A spectrum, and what single neurons share; what nulls and folds tell, where there are any.

    Of each layer `Comparison.solved` gives one, and `spanmatch spectrum --save` one where it is
    asked for nulls or folds.
    """

    spectrum: MatchSpectrum
    """The critical ε of every neuron."""
    nulls: NullSpectra | None = None
    """What unrelated networks would match, where the pair keeps nulls."""
    interval: Interval | None = None
    """How far s(ε) may be from that of endless data, where the pair keeps folds."""
    one_to_one: OneToOne | None = None
    """What is shared neuron by neuron; None in what was solved before it was asked for."""
    held_out: Residuals | None = None
    """How far a match carries over to folds left out, where the pair keeps folds.

    It is that at ε = 0.5, or with a ridge, under which residuals have another scale, at the chance
    level computed from counts: see `find_held_out_eps`.
    """

    calibration: Calibration | None = None
    """Measures beside their nulls, where this was asked for."""

    def __post_init__(self) -> None:
        widths = self.spectrum.x.size, self.spectrum.y.size
        beside = {
            "nulls": self.nulls,
            "interval": self.interval,
            "one_to_one": self.one_to_one,
            "held_out": self.held_out,
        }
        for name, each in beside.items():
            if each is None:
                continue
            # Of nulls and intervals neurons are the last axis. A match has some neurons, or all.
            found = each.x.shape[-1], each.y.shape[-1]
            if found != widths and not (name == "held_out" and np.less_equal(found, widths).all()):
                raise ValueError(
                    f"{name} is of {found[0]} + {found[1]} neurons, and the spectrum of "
                    f"{widths[0]} + {widths[1]}"
                )
        if self.nulls is not None and self.nulls.n_samples != self.spectrum.n_samples:
            raise ValueError(
                f"nulls are of {self.nulls.n_samples} samples, and the spectrum of "
                f"{self.spectrum.n_samples}"
            )
        ridges = {name: each.ridge for name, each in beside.items() if each is not None}
        if self.calibration is not None:
            ridges["calibration"] = self.calibration.ridge
        for name, ridge in ridges.items():
            if ridge != self.spectrum.ridge:
                raise ValueError(
                    f"{name} has the ridge {ridge}, and the spectrum {self.spectrum.ridge}"
                )

    def __iter__(self) -> Iterator[Result | None]:
        """Yield the first three, so that `spectrum, nulls, interval = answer`."""
        return iter((self.spectrum, self.nulls, self.interval))

    @property
    def chance_level(self) -> float:
        """The median chance level: measured where there are nulls, else computed from counts."""
        return self.spectrum.chance_level if self.nulls is None else self.nulls.chance_level

    @property
    def held_out_residual(self) -> float:
        """The median of `held_out`; nan where there are no folds, or no neuron matches."""
        if self.held_out is None or self.held_out.x.size + self.held_out.y.size == 0:
            return math.nan
        return float(np.median(np.concatenate([self.held_out.x, self.held_out.y])))

    @property
    def beyond_chance(self) -> bool | None:
        """Whether the area's p-value is at most 0.05; None where nulls are too few to tell."""
        if self.nulls is None or self.nulls.least_p > P:
            return None
        return self.nulls.p_value(self.spectrum) <= P

    def to_dict(self) -> dict[str, Any]:
        """Return the spectrum's fields as numbers and lists, and what there is beside it."""
        plain = self.spectrum.to_dict()
        if self.nulls is not None:
            plain |= {"p_value": self.nulls.p_value(self.spectrum), "nulls": self.nulls.to_dict()}
        if self.interval is not None:
            plain["interval"] = self.interval.to_dict()
        if self.one_to_one is not None:
            plain["one_to_one"] = self.one_to_one.to_dict()
        if self.held_out is not None:
            plain["held_out"] = self.held_out.to_dict()
        if self.calibration is not None:
            plain["calibration"] = self.calibration.to_dict()
        return plain

    def __repr__(self) -> str:
        parts = [part for _, part in self._list_fields() if part is not None]
        return f"LayerAnswer({', '.join(map(repr, parts))})"


def find_held_out_eps(spectrum: MatchSpectrum) -> float:
    """Return the ε of the match that is judged on folds left out.

    With a ridge unrelated neurons are expected to be above the chance level that is computed from
    counts, so what matches there has something to carry over.
    """
    if spectrum.ridge is None or math.isnan(spectrum.chance_level):
        return HELD_OUT_EPS
    return min(spectrum.chance_level, 0.99)
