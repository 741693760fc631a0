"""A mapping from layers to calibrations, and arrays of their values over the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.comparison.layer_mapping import LayerMapping
from spanmatch.results.calibration import Calibration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.comparison.keys import Key
    from spanmatch.results.result import Floats


class CalibratedLayers(LayerMapping[Calibration]):
    """The calibrations of at least one layer, in order, all at the same level."""

    __slots__ = ()

    def __init__(self, calibrations: Mapping[Key, Calibration]) -> None:
        super().__init__(calibrations)
        if len({each.level for each in calibrations.values()}) > 1:
            raise ValueError("the calibrations are of several levels: see Calibration.at_level")

    @property
    def level(self) -> float:
        """The share of unrelated networks that may have a score above 0."""
        return next(iter(self.values())).level

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that at least one layer has, in order."""
        return tuple(dict.fromkeys(name for each in self.values() for name in each))

    def value(self, measure: str) -> Floats:
        """Return the values of a measure, of shape (layers,), or (layers_a, layers_b).

        They are nan for layers without the measure. The other methods have the same shape.
        """
        return self._collect(measure, "value")

    def threshold(self, measure: str) -> Floats:
        """Return the thresholds τ of a measure: the quantile of its nulls at 1 - level."""
        return self._collect(measure, "threshold")

    def score(self, measure: str) -> Floats:
        """Return the calibrated scores of a measure."""
        return self._collect(measure, "score")

    def p_value(self, measure: str) -> Floats:
        """Return the p-values of a measure."""
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
