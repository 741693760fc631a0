"""The files of a layer in a comparison's folder: its pair, its spectrum and its other results.

The name of a file depends only on the layer, and the file appears once it is complete. So an
interrupted comparison can be resumed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from spanmatch.base import tensor_file
from spanmatch.base.errors import FileError
from spanmatch.base.regular_file import follow_links
from spanmatch.comparison.keys import Key, label
from spanmatch.comparison.layers import NOTHING
from spanmatch.pair.pair import ActivationPair
from spanmatch.results.calibration import Calibration
from spanmatch.results.interval import Interval
from spanmatch.results.layer_answer import LayerAnswer
from spanmatch.results.nulls import NullSpectra
from spanmatch.results.one_to_one import OneToOne
from spanmatch.results.residuals import Residuals
from spanmatch.results.spectrum import MatchSpectrum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from os import PathLike

    from spanmatch.results.result import Result

    Folder = str | PathLike[str]

PAIRS, SPECTRA = "pairs", "spectra"
NULLS, INTERVALS, ONE_TO_ONE, HELD_OUT = "nulls", "intervals", "one_to_one", "held_out"
CALIBRATIONS = "calibrations"
# The key of an index entry for a file in each folder. For the folders of `BESIDE` it is also the
# name of a field of `LayerAnswer`.
ENTRIES = {
    PAIRS: "pair",
    SPECTRA: "spectrum",
    NULLS: "nulls",
    INTERVALS: "interval",
    ONE_TO_ONE: "one_to_one",
    HELD_OUT: "held_out",
    CALIBRATIONS: "calibration",
}
# The files that a layer may lack; in format 1 every layer has a pair.
BESIDE = (NULLS, INTERVALS, ONE_TO_ONE, HELD_OUT, CALIBRATIONS)
OPTIONAL = (PAIRS, *BESIDE)
SLUG = 40  # The most letters of a layer's name in the name of its file.
HASH = 12  # Hexadecimal digits of a hash, which differs for layers with the same letters.

Loaded = TypeVar(
    "Loaded",
    ActivationPair,
    Calibration,
    MatchSpectrum,
    NullSpectra,
    Interval,
    OneToOne,
    Residuals,
)


class SavedPairs(Mapping[Key, ActivationPair]):
    """The pairs of a folder, each read and checked against its spectrum when it is asked for."""

    def __init__(
        self, folder: Folder, keys: Iterable[Key], spectra: Mapping[Key, MatchSpectrum] = NOTHING
    ) -> None:
        self._folder = follow_links(folder)
        self._keys = dict.fromkeys(keys)
        self._sizes = {
            key: (each.x.size, each.y.size, each.n_samples) for key, each in spectra.items()
        }

    def __getitem__(self, key: Key) -> ActivationPair:
        if key not in self._keys:
            raise KeyError(key)
        pair = read_pair(self._folder, key)
        found = pair.n_x, pair.n_y, pair.n_samples
        with describe_mixed(self._folder, key):
            if self._sizes.get(key, found) != found:
                raise ValueError(
                    "the pair has {} + {} neurons and {} samples, the spectrum {} + {} and {}"
                    "".format(*found, *self._sizes[key])
                )
        return pair

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def write_pair(folder: Folder, key: Key, pair: ActivationPair) -> None:
    """Write the pair of a layer."""
    pair._write(_prepare(folder, PAIRS, key), key)


def read_pair(folder: Folder, key: Key) -> ActivationPair:
    """Read the pair of a layer; raise FileError if it is missing or damaged."""
    return read_file(ActivationPair.load, folder, PAIRS, key)


def write_answer(folder: Folder, key: Key, answer: LayerAnswer) -> None:
    """Write the results for a layer; the spectrum comes last, to show that all are written."""
    for within in BESIDE:
        told: Result | None = getattr(answer, ENTRIES[within])
        if told is not None:
            told._write(_prepare(folder, within, key), key)
    answer.spectrum._write(_prepare(folder, SPECTRA, key), key)


def read_answer(folder: Folder, key: Key) -> LayerAnswer:
    """Read the files of `write_answer`; raise FileError if one is damaged."""

    def read_beside(load: Callable[[Path], Loaded], within: str) -> Loaded | None:
        return read_file(load, folder, within, key) if has_file(folder, within, key) else None

    parts = (
        read_spectrum(folder, key),
        read_beside(NullSpectra.load, NULLS),
        read_beside(Interval.load, INTERVALS),
        read_beside(OneToOne.load, ONE_TO_ONE),
        read_beside(Residuals.load, HELD_OUT),
        read_beside(Calibration.load, CALIBRATIONS),
    )
    with describe_mixed(folder, key):
        return LayerAnswer(*parts)


def read_spectrum(folder: Folder, key: Key) -> MatchSpectrum:
    """Read the spectrum of a layer; raise FileError if it is missing or damaged."""
    return read_file(MatchSpectrum.load, folder, SPECTRA, key)


def find_finished_pairs(folder: Folder, keys: Iterable[Key]) -> set[Key]:
    """Return the keys whose pair has been written."""
    return {key for key in keys if has_file(folder, PAIRS, key)}


def find_finished_answers(
    folder: Folder, keys: Iterable[Key], *, nulls: bool, intervals: bool, calibrations: bool
) -> set[Key]:
    """Return the keys whose spectrum and other wanted results have been written."""
    wanted = {SPECTRA: True, NULLS: nulls, INTERVALS: intervals, CALIBRATIONS: calibrations}
    within = [each for each, is_wanted in wanted.items() if is_wanted]
    return {key for key in keys if all(has_file(folder, each, key) for each in within)}


def read_file(load: Callable[[Path], Loaded], folder: Folder, within: str, key: Key) -> Loaded:
    """Read a file of a layer; raise FileError if it is missing or damaged."""
    path = find_path(folder, within, key)
    try:
        tensor_file.check_of(path, key)
        return load(path)
    except FileNotFoundError as error:
        raise describe_missing(folder, within, key) from error
    except FileError as error:
        raise FileError(f"layer {label(key)}: {error}") from error


@contextmanager
def describe_mixed(folder: Folder, key: Key) -> Iterator[None]:
    """Turn a ValueError into a FileError: the files of a layer do not belong together."""
    try:
        yield
    except ValueError as error:
        raise FileError(
            f"layer {label(key)}: the files in {folder} do not belong together ({error}): delete "
            "those of the layer, and compare again"
        ) from error


def describe_missing(folder: Folder, within: str, key: Key) -> FileError:
    """Return the error for a file of a layer that does not exist."""
    path = find_path(folder, within, key)
    return FileError(f"layer {label(key)}: {path}, its {ENTRIES[within]}, is missing")


def has_file(folder: Folder, within: str, key: Key) -> bool:
    """Tell whether a file of a layer exists."""
    return find_path(folder, within, key).is_file()


def find_path(folder: Folder, within: str, key: Key) -> Path:
    """Return the path of a file of a layer, which may not exist."""
    return Path(folder, name_file(within, key))


def name_file(within: str, key: Key) -> str:
    """Return a legible name that every file system accepts, and that differs for every key."""
    from hashlib import sha256

    names = key if isinstance(key, tuple) else (key,)
    # The end of a long name tells more about the layer than its beginning.
    slug = "--".join(re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[-SLUG:] for name in names)
    digest = sha256(json.dumps(key).encode()).hexdigest()[:HASH]
    return f"{within}/{slug}-{digest}.safetensors"


def _prepare(folder: Folder, within: str, key: Key) -> Path:
    """Return the path of a file to write, and make its folder."""
    path = find_path(folder, within, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
