"""`ManyComparison`: the results of comparing many networks layer by layer."""

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
    """The comparisons of many networks, layer by layer.

    `many["features.3"].area` is an array of networks × networks. `spanmatch.torch.compare_many`
    returns a `ManyComparison`. It is immutable. Two are equal if their networks, comparisons,
    reference and `identical` are equal; their sums are not compared.

    Parameters
    ----------
    networks
        The names of the networks, in order.
    comparisons
        A mapping from every two networks (a, b) that were compared to their comparison, with a
        before b as in `networks`. With a reference, a is the reference. Layers have their names in
        the first network.
    sums
        A mapping from layers to the sums that pairs are made from, which may be read when they are
        asked for. None if the sums are not kept.
    reference
        The only network that the others were compared with; None if all were compared with all.
    identical
        Groups of networks that are the same model with the same file of weights. Findings in words
        count one network of each group.

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
        """Return the same with the calibrated scores of all comparisons kept.

        Raises
        ------
        ValueError
            There are no nulls, or too few: see `Comparison.calibrated`.
        """
        return ManyComparison(
            self._networks,
            {pair: each.with_calibrations() for pair, each in self._comparisons.items()},
            self._sums,
            reference=self._reference,
            identical=self._identical,
        )

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas table with a row for every two networks at every layer.

        The columns are `network_a`, `network_b`, and those of `Comparison.to_dataframe`.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_dataframe needs pandas: pip install pandas") from error
        return pd.DataFrame(self._list_rows())

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes and the rows of `to_dataframe` as numbers, texts and lists.

        The keys are `networks`, `reference`, `identical`, `center`, `inputs`, `left_out`, `rows`.
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
        """Draw the areas of each layer as networks × networks, with a tree, and return the figure.

        The tree joins networks by their mean distance, 1 − area. With a reference the picture is
        the area of every layer along the networks, as along the checkpoints of a run.

        Parameters
        ----------
        path
            A file to write the picture to as well; its name ends in .png, .svg or .pdf.

        Raises
        ------
        ImportError
            matplotlib or scipy is not installed.
        ValueError
            `path` has another ending.
        """

        def load() -> Callable[[Any], Figure]:
            from spanmatch.comparison.many.many_picture import draw_many

            return draw_many

        return draw_figure(self, load, path)

    def save(self, folder: str | PathLike[str]) -> None:
        """Write `many.json` into a folder, with every comparison and the sums.

        A `ManyComparison` in the folder is replaced. `many.json` is written last, so `load` refuses
        the folder of a save that was interrupted.

        Raises
        ------
        OSError
            A file cannot be written.
        FileError
            The folder has a `many.json` that this version cannot read, so it is not replaced. This
            is a ValueError.
        FolderInUseError
            Another process is writing to the folder. This is a ValueError.
        """
        with lock_folder(Path(folder)):
            many_folder.write(folder, self, self._sums)

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> ManyComparison:
        """Read a folder that `save` has written, exact to the bit.

        The sums of a layer are read when they are asked for.

        Raises
        ------
        FileError
            `many.json` is missing or of a newer format, or another file is missing or damaged. This
            is a ValueError.
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

    # Comparisons have no hash, so this has none.
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
