"""Layers calibrated: a mapping from each to its calibration, and arrays of what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.comparison.layer_mapping import LayerMapping
from spanmatch.results.calibration import Calibration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.comparison.keys import Key
    from spanmatch.results.result import Floats


class CalibratedLayers(LayerMapping[Calibration]):
    """Calibrations in the order of the layers, one at least, all at one level."""

    __slots__ = ()

    def __init__(self, calibrations: Mapping[Key, Calibration]) -> None:
        super().__init__(calibrations)
        if len({each.level for each in calibrations.values()}) > 1:
            raise ValueError("the calibrations are of several levels: see Calibration.at_level")

    @property
    def level(self) -> float:
        """The part of unrelated networks that may have a score above 0."""
        return next(iter(self.values())).level

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that some layer has, in order."""
        return tuple(dict.fromkeys(name for each in self.values() for name in each))

    def value(self, measure: str) -> Floats:
        """Return a measure as it is, of shape (layers,), or (layers_a, layers_b); else nan."""
        return self._collect(measure, "value")

    def threshold(self, measure: str) -> Floats:
        """Return τ, what chance reaches of a measure at the level, shaped as `value`."""
        return self._collect(measure, "threshold")

    def score(self, measure: str) -> Floats:
        """Return the calibrated score of a measure, shaped as `value`."""
        return self._collect(measure, "score")

    def p_value(self, measure: str) -> Floats:
        """Return the p-value of a measure, shaped as `value`."""
        return self._collect(measure, "p_value")

    def _collect(self, measure: str, what: str) -> Floats:
        if measure not in self.measures:
            raise ValueError(
                f"there is no measure {measure!r}: there are {', '.join(self.measures)}"
            )
        return self._arrange(
            [
                getattr(each[measure], what) if measure in each else float("nan")
                for each in self.values()
            ]
        )
