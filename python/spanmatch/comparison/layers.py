"""Compared layers: a mapping from layers to spectra, with all other results except the pairs."""

from __future__ import annotations

from numbers import Integral
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.base.arguments import as_center
from spanmatch.comparison.layer_mapping import LayerMapping
from spanmatch.results.layer_answer import LayerAnswer
from spanmatch.results.spectrum import MatchSpectrum

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from spanmatch.comparison.keys import Key
    from spanmatch.results.calibration import Calibration
    from spanmatch.results.interval import Interval
    from spanmatch.results.nulls import NullSpectra
    from spanmatch.results.one_to_one import OneToOne
    from spanmatch.results.residuals import Residuals
    from spanmatch.results.result import Floats

NOTHING: Mapping[Any, Any] = MappingProxyType({})


class ComparedLayers(LayerMapping[MatchSpectrum]):
    """The spectra of at least one layer, in order, with nulls, intervals, notes and so on."""

    __slots__ = (
        "_calibrations",
        "_center",
        "_held_out",
        "_inputs",
        "_intervals",
        "_left_out",
        "_notes",
        "_nulls",
        "_one_to_one",
    )

    def __init__(
        self,
        spectra: Mapping[Key, MatchSpectrum],
        *,
        center: bool = False,
        notes: Mapping[Key, str] = NOTHING,
        inputs: int | None = None,
        nulls: Mapping[Key, NullSpectra] = NOTHING,
        intervals: Mapping[Key, Interval] = NOTHING,
        left_out: Mapping[str, str] = NOTHING,
        one_to_one: Mapping[Key, OneToOne] = NOTHING,
        held_out: Mapping[Key, Residuals] = NOTHING,
        calibrations: Mapping[Key, Calibration] = NOTHING,
    ) -> None:
        super().__init__(spectra)
        what = {
            "a note on": notes,
            "a null of": nulls,
            "an interval of": intervals,
            "a one-to-one of": one_to_one,
            "held-out residuals of": held_out,
            "a calibration of": calibrations,
        }
        for name, given in what.items():
            for key in given:
                if key not in spectra:
                    raise ValueError(
                        f"there is {name} {key!r}, which is no layer of the comparison"
                    )
        self._center = as_center(center)
        self._notes = {key: notes[key] for key in spectra if key in notes}
        self._inputs = _as_inputs(inputs)
        self._nulls = {key: nulls[key] for key in spectra if key in nulls}
        self._intervals = {key: intervals[key] for key in spectra if key in intervals}
        self._left_out = dict(left_out)
        self._one_to_one = {key: one_to_one[key] for key in spectra if key in one_to_one}
        self._held_out = {key: held_out[key] for key in spectra if key in held_out}
        self._calibrations = {key: calibrations[key] for key in spectra if key in calibrations}

    @property
    def center(self) -> bool:
        """Whether each neuron's mean was subtracted first."""
        return self._center

    @property
    def inputs(self) -> int | None:
        """The number of inputs, such as images or texts; None if it is not known."""
        return self._inputs

    @property
    def notes(self) -> Mapping[Key, str]:
        """Notes on layers whose results need an explanation."""
        return MappingProxyType(self._notes)

    @property
    def left_out(self) -> Mapping[str, str]:
        """The layers that could not be compared, with the reasons."""
        return MappingProxyType(self._left_out)

    @property
    def nulls(self) -> Mapping[Key, NullSpectra]:
        """The spectra of the nulls of each layer; empty without `nulls`."""
        return MappingProxyType(self._nulls)

    @property
    def intervals(self) -> Mapping[Key, Interval]:
        """The intervals for s(ε), area and critical ε of each layer; empty without `folds`."""
        return MappingProxyType(self._intervals)

    @property
    def one_to_one(self) -> Mapping[Key, OneToOne]:
        """What single neurons of each layer share one by one.

        It may be empty for a folder of an older version. Then compute it by
        `spanmatch.one_to_one(comparison.pair(layer))`.
        """
        return MappingProxyType(self._one_to_one)

    @property
    def held_out(self) -> Mapping[Key, Residuals]:
        """The cross-validated residuals of a match of each layer; empty without `folds`.

        `LayerAnswer.held_out` says which match it is.
        """
        return MappingProxyType(self._held_out)

    @property
    def calibrations(self) -> Mapping[Key, Calibration]:
        """The calibrated measures of each layer; empty without `calibrate`."""
        return MappingProxyType(self._calibrations)

    def solved(self, layer: Key) -> LayerAnswer:
        """Return all results for a layer: its spectrum, nulls, interval and the others."""
        return LayerAnswer(
            self[layer],
            self._nulls.get(layer),
            self._intervals.get(layer),
            self._one_to_one.get(layer),
            self._held_out.get(layer),
            self._calibrations.get(layer),
        )

    def similarity(self, eps: ArrayLike) -> Floats:
        """Return s(ε) of every layer.

        Parameters
        ----------
        eps
            A number in [0, 1), or an array of them.

        Returns
        -------
        array
            Of shape (layers,), or with `all_pairs` (layers_a, layers_b), followed by the shape of
            `eps`. It is nan for two layers that were not compared.
        """
        return self._arrange([spectrum.similarity(eps) for spectrum in self.values()])

    @property
    def area(self) -> Floats:
        """The area under s(ε), of shape (layers,), or with `all_pairs` (layers_a, layers_b)."""
        return self._arrange([spectrum.area for spectrum in self.values()])

    @property
    def chance(self) -> Floats:
        """The median chance level computed from counts, shaped like `area`; nan if none lives."""
        return self._arrange([spectrum.chance_level for spectrum in self.values()])

    @property
    def p_value(self) -> Floats:
        """The p-value of each area, shaped like `area`; nan without nulls."""
        return self._arrange(
            [
                self._nulls[key].p_value(spectrum) if key in self._nulls else np.nan
                for key, spectrum in self.items()
            ]
        )


def _as_inputs(inputs: object) -> int | None:
    if inputs is None:
        return None
    if isinstance(inputs, bool) or not isinstance(inputs, Integral):
        raise TypeError(f"inputs must be a number of inputs, got {type(inputs).__name__}")
    if inputs < 1:
        raise ValueError(f"inputs must be at least 1, got {inputs}")
    return int(inputs)
