"""Two networks compared: the spectrum of every layer, or of every pair of layers, and the pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanmatch.base.folder_lock import lock_folder
from spanmatch.comparison import folder as comparison_folder
from spanmatch.comparison.html_table import format_html
from spanmatch.comparison.layers import NOTHING
from spanmatch.comparison.paired_layers import PairedLayers
from spanmatch.comparison.rows import list_rows
from spanmatch.comparison.table import format_table
from spanmatch.plot.figure_file import draw_figure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike

    import pandas as pd
    from matplotlib.figure import Figure

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.calibration import Calibration
    from spanmatch.results.interval import Interval
    from spanmatch.results.nulls import NullSpectra
    from spanmatch.results.one_to_one import OneToOne
    from spanmatch.results.residuals import Residuals
    from spanmatch.results.spectrum import MatchSpectrum


class Comparison(PairedLayers):
    """The match spectra of two models, by layer, in the order of the layers.

    `comparison["features.3"]` is the spectrum of a layer. Where all pairs of layers were compared,
    `comparison["features.3", "features.6"]` is that of a layer of model A and one of model B.

    Immutable. Two are equal when their spectra, their order and all else are:
    pairs are not looked at. A pickle of a loaded one refers to the folder of its pairs.

    Parameters
    ----------
    spectra
        By layer, or by pair of layers: one at least.
    pairs
        What the spectra were computed from, by the same keys. It may make a pair when asked for it:
        only `pair` and `save` ask, for one at a time. None: they are not kept.
    center
        Whether each neuron's mean was subtracted first.
    notes
        A sentence on some of the keys, shown in tables.
    inputs
        How many images or texts were seen. The positions of one depend on each other, so that the
        chance level, which counts samples, is an upper bound.
    nulls, intervals
        Of some of the keys, what `null_spectra` and `interval` told.
    left_out
        Layers that could not be compared, and why.
    one_to_one
        Of some of the keys, what `one_to_one` told: what is shared neuron by neuron.
    held_out
        Of some of the keys, what `held_out` told of the match that `LayerAnswer.held_out` says.
    calibrations
        Of some of the keys, the measures beside their nulls.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> rng = np.random.default_rng(0)
    >>> pairs = {}
    >>> for layer in ["conv", "fc"]:
    ...     x = rng.standard_normal((200, 4))
    ...     pairs[layer] = sm.ActivationPair()
    ...     pairs[layer].update(x, x[:, :2] @ rng.standard_normal((2, 4)))
    >>> spectra = {layer: sm.spectrum(pair) for layer, pair in pairs.items()}
    >>> comparison = Comparison(spectra, pairs, inputs=200)
    >>> comparison["fc"].similarity(0.1)
    0.75
    >>> comparison.similarity(0.1)
    array([0.75, 0.75])
    >>> sm.maximum_match(comparison.pair("fc"), eps=0.1).x
    array([0, 1])
    """

    __slots__ = ()

    def __init__(
        self,
        spectra: Mapping[Key, MatchSpectrum],
        pairs: Mapping[Key, ActivationPair] | None,
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
        super().__init__(
            spectra,
            pairs,
            center=center,
            notes=notes,
            inputs=inputs,
            nulls=nulls,
            intervals=intervals,
            left_out=left_out,
            one_to_one=one_to_one,
            held_out=held_out,
            calibrations=calibrations,
        )

    def with_calibrations(self) -> Comparison:
        """Return the same with its calibrations kept, for tables and files: as `calibrated`."""
        told = self._get_told() | {"calibrations": dict(self.calibrated())}
        return Comparison(self._by_layer, self._pairs, **told)

    def without_replicates(self) -> Comparison:
        """Return the same, with pairs that keep neither nulls nor folds: in files much smaller.

        What they told stays: `nulls`, `intervals`, `calibrations`, `p_value`.
        """
        if self._pairs is None:
            return self
        pairs = {key: self._pairs[key].without_replicates() for key in self}
        return Comparison(self._by_layer, pairs, **self._get_told())

    def without_pairs(self) -> Comparison:
        """Return the same without pairs: `pair` has nothing to give, and files are small."""
        return self.with_pairs(None)

    def with_pairs(self, pairs: Mapping[Key, ActivationPair] | None) -> Comparison:
        """Return the same with other pairs, those that it was found from."""
        return Comparison(self._by_layer, pairs, **self._get_told())

    def to_dataframe(self) -> pd.DataFrame:
        """Return a table of pandas with a row for each layer, or each pair of layers.

        Its columns: `layer`, or `layer_a` and `layer_b`; `n_x`, `n_y`, `dead_x`, `dead_y`,
        `samples`, `inputs`, `chance` (the median level), `area`, `corrected_area`, `s(0.1)` to
        `s(0.9)`, `note`.
        With nulls also `null_chance` (the median critical ε of the nulls), `null_area` (their
        median) and `p_value`; with folds `area_low`, `area_high` and `held_out`, the median
        residual, on folds left out, of the neurons that match at ε = 0.5, or with a ridge at the
        chance level of counts. With a ridge `ridge`, its λ. Where it is known what is
        shared neuron by neuron, `one_to_one_area`, `s1(0.1)` to `s1(0.9)`, the part in disjoint
        pairs, and `near(0.1)` to `near(0.9)`, the part with a single partner, which may be shared.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_dataframe needs pandas: pip install pandas") from error
        return pd.DataFrame(list_rows(self))

    def to_dict(self) -> dict[str, Any]:
        """Return `center`, `inputs`, `left_out` and `layers`: rows as those of `to_dataframe`.

        Each row has its spectrum too.

        All is numbers, texts and lists; the critical ε of dead neurons is inf, and their chance
        nan.
        """
        layers = [
            {**row, "spectrum": self.solved(key).to_dict()}
            for row, key in zip(list_rows(self), self, strict=True)
        ]
        return {
            "center": self.center,
            "inputs": self.inputs,
            "left_out": dict(self.left_out),
            "layers": layers,
        }

    def plot(self, path: str | PathLike[str] | None = None) -> Figure:
        """Draw the curves s(ε), or for all pairs the areas.

        Up to 12 layers have a panel each; more are drawn as one picture. Three bands under s(ε)
        show what is shared one by one, one by one but repeated, and only in another basis. In a
        notebook `%matplotlib inline` shows what is returned.

        Parameters
        ----------
        path
            Where to write the picture as well: a name that ends in .png, .svg or .pdf.

        Raises
        ------
        ImportError
            matplotlib is not installed.
        ValueError
            `path` ends otherwise.
        """

        def load() -> Callable[[Any], Figure]:
            from spanmatch.comparison.picture import draw_comparison

            return draw_comparison

        return draw_figure(self, load, path)

    def save(self, folder: str | PathLike[str]) -> None:
        """Write `comparison.json` into a folder, and a file for each spectrum and each pair.

        A comparison that is there already is replaced; what else is there stays. `comparison.json`
        comes last: a save that was cut off leaves a folder that `load` refuses.

        Raises
        ------
        OSError
            A file cannot be written.
        FileError
            There is a `comparison.json` that this version cannot read, and so not replace.
        FolderInUseError
            Another process is at work in the folder. A ValueError.
        """
        with lock_folder(Path(folder)):
            comparison_folder.write(folder, self, self._pairs)

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> Comparison:
        """Read what `save` has written, to the bit; each pair when it is asked for.

        Raises
        ------
        FileError
            `comparison.json` is missing or of a newer format; a file of a layer is missing or
            damaged. A ValueError.
        """
        return cls(**comparison_folder.read(folder))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Comparison):
            return NotImplemented
        # Spectra in their order, which dicts alone would not compare.
        mine, others = (list(each.items()) for each in (self, other))
        return mine == others and self._get_told() == other._get_told()

    # Its spectra have none.
    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> Comparison:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Comparison:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_parts, (self._by_layer, self._pairs, self._get_told())

    def __repr__(self) -> str:
        return format_table(self)

    def _repr_html_(self) -> str:
        return format_html(self)

    def _get_told(self) -> dict[str, Any]:
        """Return what is told beside spectra and pairs, as the arguments that make a comparison."""
        return {
            "center": self._center,
            "notes": self._notes,
            "inputs": self._inputs,
            "nulls": self._nulls,
            "intervals": self._intervals,
            "left_out": self._left_out,
            "one_to_one": self._one_to_one,
            "held_out": self._held_out,
            "calibrations": self._calibrations,
        }


def _from_parts(
    spectra: Mapping[Key, MatchSpectrum],
    pairs: Mapping[Key, ActivationPair] | None,
    others: Mapping[str, Any],
) -> Comparison:
    return Comparison(spectra, pairs, **others)
