"""`Comparison`: the results of comparing two networks layer by layer."""

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

    `comparison["features.3"]` is the spectrum of a layer. If all pairs of layers were compared,
    `comparison["features.3", "features.6"]` is the one of a layer of model A and a layer of model
    B. `spanmatch.torch.compare` returns a comparison.

    A comparison is immutable. Two are equal if their spectra, in the same order, and all other
    results are equal; their pairs are not compared. A pickle of a loaded comparison refers to the
    folder of its pairs.

    Parameters
    ----------
    spectra
        A mapping from at least one layer, or tuple of layers, to its spectrum.
    pairs
        A mapping from the same keys to the pairs of the spectra, which may read each pair when it
        is asked for. None if the pairs are not kept.
    center
        Whether each neuron's mean was subtracted first.
    notes
        A note on some of the layers, shown in tables.
    inputs
        The number of inputs, such as images or texts. Samples of one input depend on each other, so
        the true chance level lies lower than the one computed from the number of samples.
    nulls, intervals, one_to_one, calibrations
        The results of `null_spectra`, `interval`, `one_to_one` and `calibrate`, for some or all
        layers.
    left_out
        The layers that could not be compared, with the reasons.
    held_out
        The results of `held_out`, for the match that `LayerAnswer.held_out` describes.

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
        """Return the same comparison with the results of `calibrated` kept in `calibrations`."""
        told = self._get_told() | {"calibrations": dict(self.calibrated())}
        return Comparison(self._by_layer, self._pairs, **told)

    def without_replicates(self) -> Comparison:
        """Return the same comparison with pairs without nulls and folds, for much smaller files.

        The results `nulls`, `intervals`, `calibrations` and `p_value` stay.
        """
        if self._pairs is None:
            return self
        pairs = {key: self._pairs[key].without_replicates() for key in self}
        return Comparison(self._by_layer, pairs, **self._get_told())

    def without_pairs(self) -> Comparison:
        """Return the same comparison without its pairs, for small files; `pair` then raises."""
        return self.with_pairs(None)

    def with_pairs(self, pairs: Mapping[Key, ActivationPair] | None) -> Comparison:
        """Return the same comparison with these pairs, from which it must have been computed."""
        return Comparison(self._by_layer, pairs, **self._get_told())

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas table with a row for each layer, or each pair of layers.

        The columns are `layer`, or `layer_a` and `layer_b`; `n_x`, `n_y`, `dead_x`, `dead_y`,
        `samples`, `inputs`, `chance` (the median chance level computed from counts), `area`,
        `corrected_area`, `s(0.1)` to `s(0.9)`, and `note`.

        Nulls add `null_chance` (the median critical ε of the nulls), `null_area` (their median
        area) and `p_value`. Folds add `area_low`, `area_high` and `held_out` (the median
        cross-validated residual of the match that `LayerAnswer.held_out` describes). A ridge adds
        `ridge`, its λ. One-to-one results add `one_to_one_area`, `s1(0.1)` to `s1(0.9)`, and
        `near(0.1)` to `near(0.9)`.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_dataframe needs pandas: pip install pandas") from error
        return pd.DataFrame(list_rows(self))

    def to_dict(self) -> dict[str, Any]:
        """Return `center`, `inputs`, `left_out` and `layers` as numbers, texts and lists.

        Each of `layers` is a row of `to_dataframe`, with all results for the layer as `spectrum`.
        The critical ε of dead neurons is inf, and their chance level nan.
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
        """Draw the curves s(ε), or with `all_pairs` the areas, and return the figure.

        Up to 12 layers have a panel each; more layers share one picture. Three bands under s(ε)
        show what is shared one by one, one by one but repeated, and only in another basis. In a
        notebook `%matplotlib inline` shows the figure.

        Parameters
        ----------
        path
            A file to write the picture to as well; its name ends in .png, .svg or .pdf.

        Raises
        ------
        ImportError
            matplotlib is not installed.
        ValueError
            `path` has another ending.
        """

        def load() -> Callable[[Any], Figure]:
            from spanmatch.comparison.picture import draw_comparison

            return draw_comparison

        return draw_figure(self, load, path)

    def save(self, folder: str | PathLike[str]) -> None:
        """Write `comparison.json` into a folder, and files for each layer's results and pair.

        A comparison in the folder is replaced; other files stay. `comparison.json` is written last,
        so `load` refuses the folder of a save that was interrupted.

        Raises
        ------
        OSError
            A file cannot be written.
        FileError
            The folder has a `comparison.json` that this version cannot read, so it is not replaced.
            This is a ValueError.
        FolderInUseError
            Another process is writing to the folder. This is a ValueError.
        """
        with lock_folder(Path(folder)):
            comparison_folder.write(folder, self, self._pairs)

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> Comparison:
        """Read a folder that `save` has written, exact to the bit.

        Each pair is read when it is asked for.

        Raises
        ------
        FileError
            `comparison.json` is missing or of a newer format, or a file of a layer is missing or
            damaged. This is a ValueError.
        """
        return cls(**comparison_folder.read(folder))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Comparison):
            return NotImplemented
        # Lists of items also compare the order, which dicts would not.
        mine, others = (list(each.items()) for each in (self, other))
        return mine == others and self._get_told() == other._get_told()

    # Spectra have no hash, so a comparison has none.
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
        """Return the arguments of a comparison except its spectra and pairs."""
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
