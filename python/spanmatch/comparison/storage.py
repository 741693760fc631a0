"""Save and load: pairs, results, and lists of matches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spanmatch.base import tensor_file
from spanmatch.base.errors import FileError
from spanmatch.base.tensor_file import kind_of
from spanmatch.pair import pair_file
from spanmatch.pair.pair import ActivationPair
from spanmatch.results import match_list as match_list_file
from spanmatch.results.match import Match
from spanmatch.results.result import Result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from spanmatch.comparison.comparison import Comparison


def save(
    thing: ActivationPair | Comparison | Result | Sequence[Match], path: str | PathLike[str]
) -> None:
    """Write a pair, a result or a list of matches to a safetensors file.

    It appears under its name once it is whole. A comparison is written to a folder. `thing.save`
    does the same where there is one.

    Parameters
    ----------
    thing
        An `ActivationPair`; a `MatchSpectrum`, `Match`, `Support` or another result; a list of
        `Match`, as `simple_matches` gives; a `Comparison`.
    path
        The file, of any name; `.safetensors` is usual. For a comparison the folder.

    Raises
    ------
    OSError
        The file cannot be written.
    TypeError
        `thing` is nothing of these.

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
    from spanmatch.comparison.comparison import Comparison

    if isinstance(thing, ActivationPair | Comparison | Result):
        thing.save(path)
    elif isinstance(thing, list | tuple) and all(isinstance(part, Match) for part in thing):
        match_list_file.write(path, thing)
    else:
        raise TypeError(
            "save takes a pair, a result, a list of matches or a comparison, "
            f"got {type(thing).__name__}"
        )


def load(path: str | PathLike[str]) -> ActivationPair | Comparison | Result | list[Match]:
    """Read what `save` has written, to the bit.

    Raises
    ------
    OSError
        The file cannot be read.
    FileError
        It is cut short, not of spanmatch, or of a newer format. A ValueError.
    """
    if Path(path).is_dir():
        from spanmatch.comparison.comparison import Comparison

        return Comparison.load(path)
    kind = kind_of(path)
    if kind == match_list_file.KIND:
        return match_list_file.read(path)
    if kind == pair_file.KIND:
        return ActivationPair.load(path)
    # Classes that `import spanmatch` leaves for later.
    from spanmatch.results import interval as interval_result  # noqa: F401

    for result in Result.__subclasses__():
        if kind == result.__name__:
            return result.load(path)
    # Whatever else is wrong with the file is said first.
    tensor_file.read(path)
    raise FileError(f"{path} holds {kind}, which this version does not know")
