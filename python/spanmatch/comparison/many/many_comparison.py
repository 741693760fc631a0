"""Many networks compared: arrays, a table, a picture, a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanmatch.base.errors import describe_damage
from spanmatch.base.folder_lock import lock_folder
from spanmatch.comparison.folder import WAY_OUT
from spanmatch.comparison.many import many_folder
from spanmatch.comparison.many.compared_networks import ComparedNetworks
from spanmatch.comparison.many.many_html import format_many_html
from spanmatch.comparison.many.many_table import format_many
from spanmatch.comparison.rows import list_rows
from spanmatch.plot.figure_file import draw_figure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike

    import pandas as pd
    from matplotlib.figure import Figure

    from spanmatch.comparison.comparison import Comparison
    from spanmatch.comparison.keys import Key
    from spanmatch.comparison.many.compared_networks import NetworkPair
    from spanmatch.comparison.many.network_sums import NetworkSums


class ManyComparison(ComparedNetworks):
    """Many networks compared layer by layer: `many["features.3"].area` is networks × networks.

    Immutable, and equal to another when networks, comparisons, reference and `identical` are: sums
    are not looked at.

    Parameters
    ----------
    networks
        Their names, in order.
    comparisons
        Of every two networks that were compared, a before b as in `networks`, or with a reference
        that first: their comparison. Layers go by their names in the first network.
    sums
        By layer what pairs are made from. They may be read when they are asked for; None: they are
        not kept.
    reference
        The network that each of the others was compared with, and no other; None: all with all.
    identical
        Groups of networks that are one model with one file of weights, to the byte, where known:
        what is told of the networks in words counts the first of each.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> from spanmatch.comparison.many.network_sums import NetworkSums, PairsOfNetworks
    >>> acts = sm.ActivationSet(["a", "b", "c"])
    >>> rows = np.random.default_rng(0).standard_normal((2, 100, 3))
    >>> acts.update({"a": rows[0], "b": rows[1], "c": rows[0][:, :1]})
    >>> sums = {"fc": NetworkSums([acts])}
    >>> comparisons = {}
    >>> for a, b in [("a", "b"), ("a", "c"), ("b", "c")]:
    ...     spectra = {"fc": sm.spectrum(acts.pair(a, b))}
    ...     comparisons[a, b] = sm.Comparison(spectra, PairsOfNetworks(sums, a, b, ("fc",)))
    >>> many = sm.ManyComparison(["a", "b", "c"], comparisons, sums)
    >>> many["fc"].similarity(0.1)
    array([[1. , 0. , 0.5],
           [0. , 1. , 0. ],
           [0.5, 0. , 1. ]])
    >>> many.comparison("c", "a")["fc"].match(0.1).x
    array([0])
    """

    def __init__(
        self,
        networks: Sequence[str],
        comparisons: Mapping[NetworkPair, Comparison],
        sums: Mapping[Key, NetworkSums] | None = None,
        *,
        reference: str | None = None,
        identical: Sequence[Sequence[str]] = (),
    ) -> None:
        super().__init__(networks, comparisons, sums, reference=reference, identical=identical)

    def with_calibrations(self) -> ManyComparison:
        """Return the same with the calibrations of all comparisons kept, for tables and files.

        Raises
        ------
        ValueError
            The sums keep no nulls, or too few: see `Comparison.calibrated`.
        """
        return ManyComparison(
            self._networks,
            {pair: each.with_calibrations() for pair, each in self._comparisons.items()},
            self._sums,
            reference=self._reference,
            identical=self._identical,
        )

    def to_dataframe(self) -> pd.DataFrame:
        """Return a table of pandas with a row for each two networks at each layer.

        Its columns: `network_a`, `network_b`, and those of `Comparison.to_dataframe`.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_dataframe needs pandas: pip install pandas") from error
        return pd.DataFrame(self._list_rows())

    def to_dict(self) -> dict[str, Any]:
        """Return networks, reference, `identical`, `center`, `inputs`, `left_out`, and rows.

        Rows are those of `to_dataframe`. All is numbers, texts and lists.
        """
        return {
            "networks": list(self._networks),
            "reference": self._reference,
            "identical": [list(group) for group in self._identical],
            "center": self.center,
            "inputs": self.inputs,
            "left_out": dict(self.left_out),
            "rows": self._list_rows(),
        }

    def plot(self, path: str | PathLike[str] | None = None) -> Figure:
        """Draw the areas of layers as networks × networks, and how near the networks are.

        With a reference, the area of every layer along the networks, as along the checkpoints of a
        run.

        Parameters
        ----------
        path
            Where to write the picture as well: a name that ends in .png, .svg or .pdf.

        Raises
        ------
        ImportError
            matplotlib or scipy is not installed.
        ValueError
            `path` ends otherwise.
        """

        def load() -> Callable[[Any], Figure]:
            from spanmatch.comparison.many.many_picture import draw_many

            return draw_many

        return draw_figure(self, load, path)

    def save(self, folder: str | PathLike[str]) -> None:
        """Write `many.json` into a folder, the comparison of every two networks, and the sums.

        `many.json` comes last: a save that was cut off leaves a folder that `load` refuses. One
        that is there already is replaced.

        Raises
        ------
        OSError
            A file cannot be written.
        FileError
            There is a `many.json` that this version cannot read, and so not replace.
        FolderInUseError
            Another process is at work in the folder. A ValueError.
        """
        with lock_folder(Path(folder)):
            many_folder.write(folder, self, self._sums)

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> ManyComparison:
        """Read what `save` has written, to the bit; the sums of a layer when they are asked for.

        Raises
        ------
        FileError
            `many.json` is missing or of a newer format; a file is missing or damaged. A ValueError.
        """
        told = many_folder.read(folder)
        try:
            return cls(**told)
        except ValueError as error:
            raise describe_damage(Path(folder, many_folder.INDEX), error, WAY_OUT) from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ManyComparison):
            return NotImplemented
        mine, theirs = (
            (
                each._networks,
                each._reference,
                each._identical,
                list(each._comparisons.items()),
            )
            for each in (self, other)
        )
        return mine == theirs

    # Its comparisons have none.
    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        told = {"reference": self._reference, "identical": self._identical}
        return _make, (self._networks, self._comparisons, self._sums, told)

    def __repr__(self) -> str:
        return format_many(self)

    def _repr_html_(self) -> str:
        return format_many_html(self)

    def _list_rows(self) -> list[dict[str, Any]]:
        return [
            {"network_a": a, "network_b": b, **row}
            for (a, b), comparison in self._comparisons.items()
            for row in list_rows(comparison)
        ]


def _make(
    networks: tuple[str, ...],
    comparisons: dict[NetworkPair, Comparison],
    sums: Mapping[Key, NetworkSums] | None,
    told: Mapping[str, Any],
) -> ManyComparison:
    return ManyComparison(networks, comparisons, sums, **told)
