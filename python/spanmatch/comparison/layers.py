"""Match spectra by layer, or by pair of layers: a mapping, and arrays of what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.comparison.keys import Key, check_keys, sides, unknown
from spanmatch.results.spectrum import MatchSpectrum, chance_level

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterator, KeysView, ValuesView

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


class LayerSpectra(Mapping[Key, MatchSpectrum]):
    """Spectra in the order of the layers, one at least."""

    __slots__ = ("_spectra",)

    def __init__(self, spectra: Mapping[Key, MatchSpectrum]) -> None:
        check_keys(spectra)
        self._spectra = dict(spectra)

    @property
    def all_pairs(self) -> bool:
        """Whether layers of A were compared with layers of B, and keys are tuples (a, b)."""
        return isinstance(next(iter(self)), tuple)

    @property
    def layers(self) -> tuple[Key, ...]:
        """The layers, or for all pairs the tuples (a, b), in order."""
        return tuple(self)

    @property
    def layers_a(self) -> tuple[str, ...]:
        """The layers of model A, in order."""
        return tuple(dict.fromkeys(sides(key)[0] for key in self))

    @property
    def layers_b(self) -> tuple[str, ...]:
        """The layers of model B, in order."""
        return tuple(dict.fromkeys(sides(key)[1] for key in self))

    def similarity(self, eps: ArrayLike) -> Floats:
        """Return s(ε) of every layer.

        Parameters
        ----------
        eps
            A number in [0, 1), or an array of them.

        Returns
        -------
        array
            Of shape (layers,), or for all pairs (layers_a, layers_b), with the axes of `eps` after
            these; nan where two layers were not compared.
        """
        return self._arranged([spectrum.similarity(eps) for spectrum in self.values()])

    @property
    def area(self) -> Floats:
        """The area under s(ε), of shape (layers,), or (layers_a, layers_b) as `similarity`."""
        return self._arranged([spectrum.area for spectrum in self.values()])

    @property
    def chance(self) -> Floats:
        """The median chance level, shaped as `area`; nan too where no neuron lives."""
        return self._arranged([chance_level(spectrum.chance) for spectrum in self.values()])

    def __getitem__(self, key: Key) -> MatchSpectrum:
        try:
            return self._spectra[key]
        except KeyError:
            why = unknown(key, self.layers_a, self.layers_b, self.all_pairs)
            raise KeyError(why) from None

    def __contains__(self, key: object) -> bool:
        return key in self._spectra

    def __iter__(self) -> Iterator[Key]:
        return iter(self._spectra)

    def __len__(self) -> int:
        return len(self._spectra)

    # Those of a Mapping would show the whole comparison as their repr.
    def keys(self) -> KeysView[Key]:
        """Return the layers."""
        return self._spectra.keys()

    def values(self) -> ValuesView[MatchSpectrum]:
        """Return the spectra."""
        return self._spectra.values()

    def items(self) -> ItemsView[Key, MatchSpectrum]:
        """Return layers with their spectra."""
        return self._spectra.items()

    def _arranged(self, values: list[Any]) -> Floats:
        """Make an array of one value, or one array, for each key."""
        each = np.array(values, np.float64)
        if not self.all_pairs:
            return each
        rows = {layer: place for place, layer in enumerate(self.layers_a)}
        columns = {layer: place for place, layer in enumerate(self.layers_b)}
        matrix = np.full((len(rows), len(columns), *each.shape[1:]), np.nan)
        places = [(rows[a], columns[b]) for a, b in map(sides, self)]
        matrix[tuple(np.transpose(places))] = each
        return matrix
