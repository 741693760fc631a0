"""A comparison in a folder: a file for each pair and each spectrum, and `comparison.json`.

One too for what each layer shares neuron by neuron, and where they were asked for, for its nulls,
its interval, and how far its match carries over.

The file of a layer takes its name from the layer alone, and is there once it is whole, so that work
that was cut off can go on. `comparison.json` lists the layers in their order. It is written last:
a folder without it is not finished.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from spanmatch._core import __version__
from spanmatch.base.errors import FileError, describe_damage
from spanmatch.base.plain_json import read_json, write_json
from spanmatch.comparison.keys import Key, check_keys, label
from spanmatch.pair.pair import ActivationPair
from spanmatch.results.interval import Interval
from spanmatch.results.layer_answer import LayerAnswer
from spanmatch.results.nulls import NullSpectra
from spanmatch.results.one_to_one import OneToOne
from spanmatch.results.residuals import Residuals
from spanmatch.results.spectrum import MatchSpectrum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from os import PathLike

    from spanmatch.comparison.layers import ComparedLayers
    from spanmatch.results.result import Result

    Folder = str | PathLike[str]

KIND, FORMAT = "Comparison", 2
FIRST_FORMAT = 1  # with pairs: what is kept with them is written so still
INDEX, PAIRS, SPECTRA = "comparison.json", "pairs", "spectra"
NULLS, INTERVALS, ONE_TO_ONE, HELD_OUT = "nulls", "intervals", "one_to_one", "held_out"
# What an entry of the index calls a file of each of the folders within; for those beside the
# spectra it is the name of a field of `LayerAnswer` too.
ENTRIES = {
    PAIRS: "pair",
    SPECTRA: "spectrum",
    NULLS: "nulls",
    INTERVALS: "interval",
    ONE_TO_ONE: "one_to_one",
    HELD_OUT: "held_out",
}
# What a layer may lack: of old folders, `ONE_TO_ONE` and `HELD_OUT` too.
BESIDE = (NULLS, INTERVALS, ONE_TO_ONE, HELD_OUT)
OPTIONAL = (PAIRS, *BESIDE)
SLUG = 40  # letters of a layer's name in the name of its file
HASH = 12  # hexadecimal digits that tell apart what the letters do not

Loaded = TypeVar(
    "Loaded", ActivationPair, MatchSpectrum, NullSpectra, Interval, OneToOne, Residuals
)


class SavedPairs(Mapping[Key, ActivationPair]):
    """The pairs of a folder, each read when it is asked for."""

    def __init__(self, folder: Folder, keys: Iterable[Key]) -> None:
        self._folder = Path(folder).resolve()
        self._keys = dict.fromkeys(keys)

    def __getitem__(self, key: Key) -> ActivationPair:
        if key not in self._keys:
            raise KeyError(key)
        return read_pair(self._folder, key)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def write(
    folder: Folder, layers: ComparedLayers, pairs: Mapping[Key, ActivationPair] | None
) -> None:
    """Write a comparison, with pairs or without, over one that may be there."""
    _withdraw(Path(folder), layers, paired=pairs is not None)
    for key in layers:
        if pairs is not None:
            write_pair(folder, key, pairs[key])
        write_answer(folder, key, layers.solved(key))
    write_index(folder, layers, paired=pairs is not None)


def read(folder: Folder) -> dict[str, Any]:
    """Return the arguments that make the comparison."""
    index = _read_index(Path(folder))
    entries = {entry["key"]: entry for entry in index["layers"]}
    keys = list(entries)
    paired = [key for key, entry in entries.items() if "pair" in entry]
    for key in paired:
        if not _has(folder, PAIRS, key):
            raise _describe_missing(folder, PAIRS, key)
    return {
        "spectra": {key: read_spectrum(folder, key) for key in keys},
        "nulls": _read_listed(NullSpectra.load, folder, NULLS, entries),
        "intervals": _read_listed(Interval.load, folder, INTERVALS, entries),
        "one_to_one": _read_listed(OneToOne.load, folder, ONE_TO_ONE, entries),
        "held_out": _read_listed(Residuals.load, folder, HELD_OUT, entries),
        "pairs": SavedPairs(folder, paired) if paired else None,
        "notes": {entry["key"]: entry["note"] for entry in index["layers"] if entry["note"]},
        "center": index["center"],
        "inputs": index["inputs"],
        # Folders that were written before layers were left out have none.
        "left_out": index.get("left_out", {}),
    }


def write_index(folder: Folder, layers: ComparedLayers, *, paired: bool = True) -> None:
    """Write `comparison.json`, where the files of all layers are there already."""
    index = {
        "spanmatch": KIND,
        "format": FIRST_FORMAT if paired else FORMAT,
        "version": __version__,
        "center": layers.center,
        "inputs": layers.inputs,
        "left_out": dict(layers.left_out),
        "layers": [
            {
                "key": key,
                **({"pair": _name_file(PAIRS, key)} if paired else {}),
                "spectrum": _name_file(SPECTRA, key),
                **{ENTRIES[within]: _name_file(within, key) for within in _list_told(layers, key)},
                "note": layers.notes.get(key, ""),
            }
            for key in layers
        ],
    }
    write_json(Path(folder, INDEX), index)


def write_pair(folder: Folder, key: Key, pair: ActivationPair) -> None:
    """Write the pair of a layer."""
    pair.save(_prepare(folder, PAIRS, key))


def read_pair(folder: Folder, key: Key) -> ActivationPair:
    """Read the pair of a layer; FileError where it is missing or damaged."""
    return _read(ActivationPair.load, folder, PAIRS, key)


def write_answer(folder: Folder, key: Key, answer: LayerAnswer) -> None:
    """Write what a layer's pair tells; its spectrum last, so that where it is, all is."""
    for within in BESIDE:
        told: Result | None = getattr(answer, ENTRIES[within])
        if told is not None:
            told.save(_prepare(folder, within, key))
    answer.spectrum.save(_prepare(folder, SPECTRA, key))


def read_answer(folder: Folder, key: Key) -> LayerAnswer:
    """Read what `write_answer` has written; FileError where something of it is damaged."""
    return LayerAnswer(
        read_spectrum(folder, key),
        _read(NullSpectra.load, folder, NULLS, key) if _has(folder, NULLS, key) else None,
        _read(Interval.load, folder, INTERVALS, key) if _has(folder, INTERVALS, key) else None,
        _read(OneToOne.load, folder, ONE_TO_ONE, key) if _has(folder, ONE_TO_ONE, key) else None,
        _read(Residuals.load, folder, HELD_OUT, key) if _has(folder, HELD_OUT, key) else None,
    )


def read_spectrum(folder: Folder, key: Key) -> MatchSpectrum:
    """Read the spectrum of a layer; FileError where it is missing or damaged."""
    return _read(MatchSpectrum.load, folder, SPECTRA, key)


def find_finished_pairs(folder: Folder, keys: Iterable[Key]) -> set[Key]:
    """Return those of the keys whose pair has been written."""
    return {key for key in keys if _has(folder, PAIRS, key)}


def find_finished_answers(
    folder: Folder, keys: Iterable[Key], *, nulls: bool, intervals: bool
) -> set[Key]:
    """Return those of the keys whose spectrum has been written, and what is wanted beside it."""
    wanted = {SPECTRA: True, NULLS: nulls, INTERVALS: intervals}
    within = [each for each, is_wanted in wanted.items() if is_wanted]
    return {key for key in keys if all(_has(folder, each, key) for each in within)}


def _list_told(layers: ComparedLayers, key: Key) -> list[str]:
    """Return the folders, of those beside the spectra, that have a file of this layer."""
    told = {
        NULLS: layers.nulls,
        INTERVALS: layers.intervals,
        ONE_TO_ONE: layers.one_to_one,
        HELD_OUT: layers.held_out,
    }
    return [within for within in BESIDE if key in told[within]]


def _withdraw(folder: Path, successor: ComparedLayers, *, paired: bool) -> None:
    """Take back the comparison that is there, but for files that the next one writes anew."""
    if not (folder / INDEX).exists():
        return
    for entry in _read_index(folder)["layers"]:
        key = entry["key"]
        if key not in successor or not paired:
            _find_path(folder, PAIRS, key).unlink(missing_ok=True)
        if key not in successor:
            _find_path(folder, SPECTRA, key).unlink(missing_ok=True)
        kept = _list_told(successor, key)
        for within in BESIDE:
            if ENTRIES[within] in entry and within not in kept:
                _find_path(folder, within, key).unlink(missing_ok=True)
    # After the files that it lists, which nothing else would find; before new ones are mixed in.
    (folder / INDEX).unlink()


def _read_index(folder: Path) -> dict[str, Any]:
    """Return `comparison.json`, checked, with keys as a comparison has them."""
    path = folder / INDEX
    try:
        index = read_json(path)
    except FileNotFoundError as error:
        why = "a comparison has one once it is saved whole"
        raise FileError(f"{path} is missing: {why}") from error
    if index.get("spanmatch") != KIND:
        raise FileError(f"{path} is not one that spanmatch has written")
    if not isinstance(index.get("format"), int):
        raise describe_damage(path, "it does not say which format it has")
    if index["format"] > FORMAT:
        raise FileError(
            f"{path} has format {index['format']}, of spanmatch {index.get('version', '?')}; this "
            f"is spanmatch {__version__}, which reads formats up to {FORMAT}: upgrade"
        )
    try:
        _check_index(index)
    except (KeyError, TypeError, ValueError) as error:
        raise describe_damage(path, error) from error
    return index


def _check_index(index: dict[str, Any]) -> None:
    for entry in index["layers"]:
        if isinstance(entry["key"], list):
            entry["key"] = tuple(entry["key"])
        if not isinstance(entry["note"], str):
            raise TypeError(f"the note on {entry['key']!r} is no text")
    check_keys([entry["key"] for entry in index["layers"]])
    for entry in index["layers"]:
        for within, what in ENTRIES.items():
            may_lack = BESIDE if index["format"] == FIRST_FORMAT else OPTIONAL
            optional = within in may_lack and what not in entry
            if not optional and entry[what] != _name_file(within, entry["key"]):
                raise ValueError(f"{entry[what]!r} is not the {what} of layer {entry['key']!r}")
    if not isinstance(index["center"], bool):
        raise TypeError("center is neither true nor false")
    inputs = index["inputs"]
    if inputs is not None and (type(inputs) is not int or inputs < 1):
        raise ValueError(f"inputs is {inputs!r}")


def _read_listed(
    load: Callable[[Path], Loaded], folder: Folder, within: str, entries: Mapping[Key, Any]
) -> dict[Key, Loaded]:
    """Return what the files of a folder within hold, of the layers whose entry names one."""
    named = [key for key, entry in entries.items() if ENTRIES[within] in entry]
    return {key: _read(load, folder, within, key) for key in named}


def _read(load: Callable[[Path], Loaded], folder: Folder, within: str, key: Key) -> Loaded:
    try:
        return load(_find_path(folder, within, key))
    except FileNotFoundError as error:
        raise _describe_missing(folder, within, key) from error
    except FileError as error:
        raise FileError(f"layer {label(key)}: {error}") from error


def _describe_missing(folder: Folder, within: str, key: Key) -> FileError:
    path = _find_path(folder, within, key)
    return FileError(f"layer {label(key)}: {path}, its {ENTRIES[within]}, is missing")


def _has(folder: Folder, within: str, key: Key) -> bool:
    return _find_path(folder, within, key).is_file()


def _prepare(folder: Folder, within: str, key: Key) -> Path:
    """Return where to write, in a folder that is there."""
    path = _find_path(folder, within, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _find_path(folder: Folder, within: str, key: Key) -> Path:
    return Path(folder, _name_file(within, key))


def _name_file(within: str, key: Key) -> str:
    """Return a name that every file system takes, legible, and another one for every key."""
    from hashlib import sha256

    names = key if isinstance(key, tuple) else (key,)
    # The end of a long name says more of the layer than its beginning.
    slug = "--".join(re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[-SLUG:] for name in names)
    digest = sha256(json.dumps(key).encode()).hexdigest()[:HASH]
    return f"{within}/{slug}-{digest}.safetensors"
