"""The sums of one layer over many networks, from which the pairs of two networks are made."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING

from spanmatch.base.errors import FileError
from spanmatch.base.regular_file import follow_links
from spanmatch.base.tensor_file import check_of
from spanmatch.comparison.keys import Key
from spanmatch.comparison.layer_files import find_path
from spanmatch.pair.activation_set import ActivationSet
from spanmatch.pair.pair import ActivationPair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from spanmatch.comparison.layer_files import Folder

SUMS = "sums"


class NetworkSums:
    """The sums of one layer, in one or more sets of networks.

    The pair of two networks comes from the first set that has both. There are several sets if one
    set of all networks would be too large, or would hold products that are not needed.

    Parameters
    ----------
    sets
        At least one set.

    Examples
    --------
    >>> import numpy as np
    >>> acts = ActivationSet(["a", "b", "c"])
    >>> rows = np.random.default_rng(0).standard_normal((3, 50, 2))
    >>> acts.update(dict(zip("abc", rows)))
    >>> sums = NetworkSums([acts])
    >>> sums.has_pair("c", "a"), sums.pair("c", "a")
    (True, ActivationPair(2 + 2 neurons, 50 samples))
    """

    __slots__ = ("_sets",)

    def __init__(self, sets: Sequence[ActivationSet]) -> None:
        if not sets:
            raise ValueError("the sums of a layer are of one set at least, got none")
        self._sets = tuple(sets)

    @property
    def sets(self) -> tuple[ActivationSet, ...]:
        """The sets, in order."""
        return self._sets

    def has_pair(self, a: str, b: str) -> bool:
        """Tell whether a set has both networks."""
        return a != b and any({a, b} <= set(each.sides) for each in self._sets)

    def pair(self, a: str, b: str) -> ActivationPair:
        """Return the pair of two networks from the first set that has both.

        Raises
        ------
        KeyError
            There is no such set.
        """
        if not self.has_pair(a, b):
            raise KeyError(f"no set of sums holds both {a!r} and {b!r}")
        return next(each for each in self._sets if {a, b} <= set(each.sides)).pair(a, b)


class PairsOfNetworks(Mapping[Key, ActivationPair]):
    """The pairs of two networks by layer, each made when it is asked for.

    Parameters
    ----------
    sums
        The sums of each layer.
    a, b
        The networks.
    layers
        The layers at which both were compared.
    """

    __slots__ = ("_a", "_b", "_layers", "_sums")

    def __init__(
        self, sums: Mapping[Key, NetworkSums], a: str, b: str, layers: Sequence[Key]
    ) -> None:
        self._sums, self._a, self._b = sums, a, b
        self._layers = dict.fromkeys(layers)

    def __getitem__(self, key: Key) -> ActivationPair:
        if key not in self._layers:
            raise KeyError(key)
        return self._sums[key].pair(self._a, self._b)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)


class SavedSums(Mapping[Key, NetworkSums]):
    """The sums in a folder, which are read for each layer when they are asked for."""

    __slots__ = ("_folder", "_layers")

    def __init__(self, folder: Folder, layers: Iterable[Key]) -> None:
        self._folder = follow_links(folder)
        self._layers = dict.fromkeys(layers)

    def is_in(self, folder: Path) -> bool:
        """Tell whether the sums are read from this folder."""
        return self._folder == follow_links(folder)

    def __getitem__(self, layer: Key) -> NetworkSums:
        if layer not in self._layers:
            raise KeyError(layer)
        return read_sums(self._folder, layer)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)


def write_sums(folder: Folder, layer: Key, sums: NetworkSums) -> None:
    """Write the sums of a layer, a file for each set, and replace those that exist."""
    for index, each in enumerate(sums.sets):
        path = _find_sums(folder, layer, index)
        path.parent.mkdir(parents=True, exist_ok=True)
        each._write(path, layer)
    remove_sums(folder, layer, len(sums.sets))


def read_sums(folder: Folder, layer: Key) -> NetworkSums:
    """Read the sums of a layer; raise FileError if they are missing or damaged."""
    if not has_sums(folder, layer):
        raise FileError(f"layer {layer}: {_find_sums(folder, layer, 0)}, its sums, is missing")
    try:
        return NetworkSums([_load_set(path, layer) for path in _list_sums(folder, layer)])
    except FileError as error:
        raise FileError(f"layer {layer}: {error}") from error


def has_sums(folder: Folder, layer: Key) -> bool:
    """Tell whether the sums of a layer have been written."""
    return _find_sums(folder, layer, 0).is_file()


def remove_sums(folder: Folder, layer: Key, kept: int = 0) -> None:
    """Delete the files of a layer's sums, except the first `kept`."""
    for path in list(_list_sums(folder, layer))[kept:]:
        path.unlink()


def _load_set(path: Path, layer: Key) -> ActivationSet:
    check_of(path, layer)
    return ActivationSet.load(path)


def _list_sums(folder: Folder, layer: Key) -> Iterator[Path]:
    for index in count():
        path = _find_sums(folder, layer, index)
        if not path.is_file():
            return
        yield path


def _find_sums(folder: Folder, layer: Key, index: int) -> Path:
    """Return the path of one of a layer's sets, which may not exist."""
    path = find_path(folder, SUMS, layer)
    return path.with_name(f"{path.stem}-{index}{path.suffix}")
