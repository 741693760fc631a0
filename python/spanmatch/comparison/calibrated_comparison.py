"""The calibrated scores of every layer, as a mapping, arrays, a table and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanmatch.comparison.calibrated_layers import CalibratedLayers
from spanmatch.comparison.calibrated_table import format_calibrated, format_calibrated_html
from spanmatch.comparison.keys import split_key
from spanmatch.plot.figure_file import draw_figure

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    import pandas as pd
    from matplotlib.figure import Figure


class CalibratedComparison(CalibratedLayers):
    """The calibration of every layer, in order: a mapping, arrays, a table and a picture.

    `calibrated["features.3"]["area"].score` is the calibrated score of a layer's area. If all pairs
    of layers were compared, keys are tuples (a, b). The object is immutable.

    Parameters
    ----------
    calibrations
        A mapping from at least one layer, or tuple of layers, to its calibration. All have the same
        level.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> rng = np.random.default_rng(0)
    >>> spectra, pairs = {}, {}
    >>> for layer, shared in {"conv": 4, "fc": 0}.items():
    ...     x, y = rng.standard_normal((2, 300, 6))
    ...     y[:, :shared] = x[:, :shared]
    ...     pairs[layer] = sm.ActivationPair(nulls=19)
    ...     pairs[layer].update(x, y)
    ...     spectra[layer] = sm.spectrum(pairs[layer])
    >>> calibrated = sm.Comparison(spectra, pairs).calibrated()
    >>> calibrated.score("area").round(2)
    array([0.67, 0.  ])
    """

    __slots__ = ()

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas table with a row for each measure of each layer.

        The columns are `layer`, or `layer_a` and `layer_b`; `measure`, `value`, `threshold`,
        `score` and `p`.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_dataframe needs pandas: pip install pandas") from error
        return pd.DataFrame(self._list_rows())

    def to_dict(self) -> dict[str, Any]:
        """Return `level`, and the rows of `to_dataframe` as `measures`."""
        return {"level": self.level, "measures": self._list_rows()}

    def plot(self, path: str | PathLike[str] | None = None) -> Figure:
        """Draw each measure and its calibrated score over the layers, and return the figure.

        If all pairs of layers were compared, colours show the values.

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
            from spanmatch.comparison.calibrated_picture import draw_calibrated

            return draw_calibrated

        return draw_figure(self, load, path)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CalibratedComparison):
            return NotImplemented
        # Lists of items also compare the order, which dicts would not.
        return list(self.items()) == list(other.items())

    # Calibrations have no hash, so this has none.
    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return CalibratedComparison, (self._by_layer,)

    def __repr__(self) -> str:
        return format_calibrated(self)

    def _repr_html_(self) -> str:
        return format_calibrated_html(self)

    def _list_rows(self) -> list[dict[str, Any]]:
        rows = []
        for key, calibration in self.items():
            a, b = split_key(key)
            names = {"layer_a": a, "layer_b": b} if self.all_pairs else {"layer": a}
            for measure, found in calibration.items():
                value, threshold, score, p = found
                rows.append(
                    names
                    | {
                        "measure": measure,
                        "value": value,
                        "threshold": threshold,
                        "score": score,
                        "p": p,
                    }
                )
        return rows
