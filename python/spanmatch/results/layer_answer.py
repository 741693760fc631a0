"""What a pair tells of how alike its sides are, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from spanmatch.results.spectrum import chance_level

if TYPE_CHECKING:
    from spanmatch.results.interval import Interval
    from spanmatch.results.nulls import NullSpectra
    from spanmatch.results.spectrum import MatchSpectrum


P = 0.05  # up to here a match counts as more than chance


class LayerAnswer(NamedTuple):
    """A spectrum; those of the nulls and an interval, where the pair keeps nulls and folds."""

    spectrum: MatchSpectrum
    nulls: NullSpectra | None = None
    interval: Interval | None = None

    @property
    def chance_level(self) -> float:
        """The median chance level: measured where there are nulls, else computed from counts."""
        if self.nulls is not None:
            return self.nulls.chance_level
        return chance_level(self.spectrum.chance)

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
        return plain
