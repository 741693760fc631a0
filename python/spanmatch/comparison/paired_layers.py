"""Layers compared, with the pairs that they came from: what more can be asked of both."""

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
    """Compared layers, and the pair of each, unless they are not kept."""

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
        """Return a copy of the pair that a spectrum was computed from.

        Every function of spanmatch takes it: for matches, support, measures.

        Raises
        ------
        KeyError
            There is no such layer.
        FileError
            The comparison was loaded, and the file of this pair is missing or damaged.
        ValueError
            The comparison was kept without its pairs.
        """
        self[layer]  # for its KeyError
        if self._pairs is None:
            raise ValueError(f"the comparison was kept without its pairs, and so without {layer!r}")
        return copy(self._pairs[layer])

    def calibrated(self, level: float = LEVEL) -> CalibratedComparison:
        """Return of every layer what is left of each measure above what chance gives.

        What is kept in `calibrations` is shown. Without it measures are found of every null that
        the pairs keep, which takes time: for each layer the time of its measures once for each
        null. `compare(..., calibrate=True)` keeps them.

        Parameters
        ----------
        level
            The part of unrelated networks that may have a score above 0. At 0.05 it needs 19 nulls.

        Returns
        -------
        CalibratedComparison
            A mapping from layers, or tuples (a, b), to `Calibration`, with a table, a picture and
            arrays of scores.

        Raises
        ------
        ValueError
            There are neither calibrations nor nulls; there are too few nulls for the level.
        """
        return CalibratedComparison(find_calibrations(self, self._pairs, level))

    def best(self, measure: str = "area") -> BestLayers:
        """Return for every layer of A the most alike of B, and conversely, corrected for choosing.

        Of many layers one is always the most alike. So the nulls choose too: B is shifted against
        A alike for all pairs of layers, each null has its own best layer, and the p-value is the
        part of these that reach that of the data. The best is that of largest t, (value - mean of
        its nulls) / their standard deviation, and not of the largest value, which wide layers
        always have (arXiv 2602.14486). See `BestLayers`.

        Parameters
        ----------
        measure
            "area", from the kept `nulls`; or another one of those of `calibrated`, which are
            computed where they are not kept, and that takes time.

        Raises
        ------
        ValueError
            Not all pairs of layers were compared, or without nulls; there is no such measure; the
            shifts of some pairs of layers are others.
        """
        return find_best_layers(self, self._pairs, measure)
