"""All results for one layer: the spectrum, and what nulls and folds add to it."""

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

P = 0.05  # A match with a p-value of at most this counts as more than chance.
HELD_OUT_EPS = 0.5  # Without a ridge, the ε of the match whose residuals are cross-validated.


@dataclass(frozen=True, eq=False, repr=False)
class LayerAnswer(Result):
    """The spectrum of one layer, its one-to-one pairs, and what nulls and folds add.

    `Comparison.solved` returns one for each layer. `spanmatch spectrum --save` writes one if it is
    given `--nulls` or `--folds`.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> answer = sm.LayerAnswer(sm.spectrum(x, x), nulls=sm.null_spectra(x, x, nulls=19))
    >>> answer.beyond_chance
    True
    """

    spectrum: MatchSpectrum
    """The critical ε of every neuron."""
    nulls: NullSpectra | None = None
    """The spectra of the nulls, which show what unrelated networks would match. Needs nulls."""
    interval: Interval | None = None
    """Jackknife intervals for s(ε), its area and every critical ε. Needs folds."""
    one_to_one: OneToOne | None = None
    """What is shared neuron by neuron; None in files of versions that did not compute it."""
    held_out: Residuals | None = None
    """The residuals of a match on the folds left out. Needs folds.

    The match is the one at ε = 0.5. With a ridge residuals have another scale, so it is then the
    match at the chance level computed from counts.
    """

    calibration: Calibration | None = None
    """The calibrated measures, if they were asked for."""

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
            # In nulls and intervals the last axis holds the neurons. A match may hold only some.
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
        """Yield the first three fields: `spectrum, nulls, interval = answer`."""
        return iter((self.spectrum, self.nulls, self.interval))

    @property
    def chance_level(self) -> float:
        """The median chance level: measured if there are nulls, else computed from counts."""
        return self.spectrum.chance_level if self.nulls is None else self.nulls.chance_level

    @property
    def held_out_residual(self) -> float:
        """The median of `held_out`; nan if there are no folds or no neuron matches."""
        if self.held_out is None or self.held_out.x.size + self.held_out.y.size == 0:
            return math.nan
        return float(np.median(np.concatenate([self.held_out.x, self.held_out.y])))

    @property
    def beyond_chance(self) -> bool | None:
        """Whether the p-value of the area is at most 0.05; None if there are too few nulls."""
        if self.nulls is None or self.nulls.least_p > P:
            return None
        return self.nulls.p_value(self.spectrum) <= P

    def to_dict(self) -> dict[str, Any]:
        """Return the fields of the spectrum and all other results as numbers and lists."""
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
    """Return the ε of the match whose residuals are cross-validated.

    With a ridge the critical ε of unrelated neurons should lie above the chance level computed
    from counts. So the match at that level should hold shared neurons.
    """
    if spectrum.ridge is None or math.isnan(spectrum.chance_level):
        return HELD_OUT_EPS
    return min(spectrum.chance_level, 0.99)
