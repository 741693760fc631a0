"""Compared layers together with their pairs, from which calibrations and best layers follow."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from spanmatch.comparison.best_layers import BestLayers, find_best_layers
from spanmatch.comparison.calibrated_comparison import CalibratedComparison
from spanmatch.comparison.calibrations import find_calibrations
from spanmatch.comparison.layers import ComparedLayers
from spanmatch.results.calibration import LEVEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.spectrum import MatchSpectrum


class PairedLayers(ComparedLayers):
    """Compared layers with the pair of each layer, if the pairs are kept."""

    __slots__ = ("_pairs",)

    def __init__(
        self,
        spectra: Mapping[Key, MatchSpectrum],
        pairs: Mapping[Key, ActivationPair] | None,
        **told: Any,
    ) -> None:
        super().__init__(spectra, **told)
        self._pairs = pairs

    def pair(self, layer: Key) -> ActivationPair:
        """Return a copy of the pair of a layer, which every function of spanmatch takes.

        Raises
        ------
        KeyError
            There is no such layer.
        FileError
            The comparison was loaded, and the file of this pair is missing or damaged.
        ValueError
            The comparison was kept without its pairs.
        """
        self[layer]  # This raises KeyError for an unknown layer.
        if self._pairs is None:
            raise ValueError(f"the comparison was kept without its pairs, and so without {layer!r}")
        return copy(self._pairs[layer])

    def calibrated(self, level: float = LEVEL) -> CalibratedComparison:
        """Return the calibrated scores of every measure, for every layer.

        They come from `calibrations` if these are kept, as after `compare(..., calibrate=True)`.
        Else all measures are computed on every null of the pairs, which takes time.

        Parameters
        ----------
        level
            The share of unrelated networks that may have a score above 0. A level of 0.05 needs at
            least 19 nulls.

        Returns
        -------
        CalibratedComparison
            A mapping from layers, or tuples (a, b), to `Calibration`, with a table, a picture and
            arrays of scores.

        Raises
        ------
        ValueError
            There are neither calibrations nor nulls, or too few nulls for the level.
        """
        return CalibratedComparison(find_calibrations(self, self._pairs, level))

    def best(self, measure: str = "area") -> BestLayers:
        """Find for every layer the most similar layer of the other network, with a p-value.

        The best layer is the one with the largest t = (value - mean of its nulls) / their standard
        deviation. It is not the one with the largest value, since wide layers always have large
        values (arXiv 2602.14486). If you search many layers, the best one is always high. The
        p-value accounts for this search: each null has a best layer too, and the p-value counts how
        often that stands out as much. It needs `compare(..., all_pairs=True, nulls=39)`.

        Parameters
        ----------
        measure
            "area", or another measure of `calibrated`. Other measures are computed on every null
            unless calibrations are kept, which takes time.

        Returns
        -------
        BestLayers
            The best layer for every layer of A and for every layer of B.

        Raises
        ------
        ValueError
            Not all pairs of layers were compared, or there are no nulls; there is no such measure;
            some pairs of layers have other circular shifts.
        """
        return find_best_layers(self, self._pairs, measure)
