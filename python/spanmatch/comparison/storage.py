"""Save and load: pairs, sets, results, lists of matches, and comparisons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spanmatch.base import tensor_file
from spanmatch.base.errors import FileError
from spanmatch.base.words import shorten
from spanmatch.comparison.comparison import Comparison
from spanmatch.comparison.many import many_folder
from spanmatch.comparison.many.many_comparison import ManyComparison
from spanmatch.pair.activation_set import ActivationSet
from spanmatch.pair.pair import ActivationPair
from spanmatch.results import match_list
from spanmatch.results.calibration import Calibration
from spanmatch.results.interval import Interval
from spanmatch.results.layer_answer import LayerAnswer
from spanmatch.results.match import Match
from spanmatch.results.measures import Measures
from spanmatch.results.nulls import NullSpectra
from spanmatch.results.one_to_one import OneToOne
from spanmatch.results.residuals import Residuals
from spanmatch.results.result import Result
from spanmatch.results.spectrum import MatchSpectrum
from spanmatch.results.structure import LinearMap, Support

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    Saved = ActivationPair | ActivationSet | Comparison | ManyComparison | Result | list[Match]

_WITH_FILES: tuple[type[ActivationPair | ActivationSet | Result], ...] = (
    ActivationPair,
    ActivationSet,
    Calibration,
    Interval,
    LayerAnswer,
    LinearMap,
    Match,
    MatchSpectrum,
    Measures,
    NullSpectra,
    OneToOne,
    Residuals,
    Support,
)
READERS: dict[str, Callable[[str | PathLike[str]], Saved]] = {
    match_list.KIND: match_list.read,
    **{each.__name__: each.load for each in _WITH_FILES},
}
"""The function that reads a file, by the kind that the file names."""


def save(
    thing: ActivationPair | ActivationSet | Comparison | ManyComparison | Result | Sequence[Match],
    path: str | PathLike[str],
) -> None:
    """Write a pair, a set, a result or a list of matches to a file, or a comparison to a folder.

    A file is in the safetensors format and appears under its name only once it is complete. The
    method `save` of these objects does the same.

    Parameters
    ----------
    thing
        An `ActivationPair` or `ActivationSet`; a `MatchSpectrum`, `Match`, `Support` or another
        result; a list of `Match`, as `simple_matches` returns; a `Comparison` or `ManyComparison`.
    path
        The file, usually with a name that ends in `.safetensors`. For a comparison the folder.

    Raises
    ------
    OSError
        A file cannot be written.
    TypeError
        `thing` is of another type.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> parts = sm.simple_matches(x, x, eps=0.1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "parts.safetensors")
    ...     sm.save(parts, path)
    ...     sm.load(path) == parts
    True
    """
    if isinstance(thing, ActivationPair | ActivationSet | Comparison | ManyComparison | Result):
        thing.save(path)
    elif isinstance(thing, list | tuple) and all(isinstance(part, Match) for part in thing):
        match_list.write(path, thing)
    else:
        raise TypeError(
            "save takes a pair, a set, a result, a list of matches or a comparison, "
            f"got {type(thing).__name__}"
        )


def load(path: str | PathLike[str]) -> Saved:
    """Read a file or folder that `save` has written, exact to the bit.

    Parameters
    ----------
    path
        The file, or the folder of a comparison.

    Returns
    -------
    ActivationPair, ActivationSet, Comparison, ManyComparison, a result or a list of Match
        An object of the type that was saved.

    Raises
    ------
    OSError
        The file cannot be read.
    FileError
        The file is cut short, was not written by spanmatch, or has a newer format. This is a
        ValueError.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "spectrum.safetensors")
    ...     sm.spectrum(x, x).save(path)
    ...     sm.load(path)
    MatchSpectrum(3 + 3 neurons, 0 + 0 dead, 100 samples, area=1.0000)
    """
    if Path(path).is_dir():
        is_of_many = Path(path, many_folder.INDEX).is_file()
        return ManyComparison.load(path) if is_of_many else Comparison.load(path)
    kind = tensor_file.read_kind(path)
    if kind in READERS:
        return READERS[kind](path)
    # Read the whole file, since any other fault of it must be reported first.
    tensor_file.read(path)
    raise FileError(f"{path} holds {shorten(str(kind))}, which this version does not know")
