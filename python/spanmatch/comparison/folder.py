"""A comparison in a folder: a file for each pair and each spectrum, and `comparison.json`.

There is also a file for the one-to-one result of each layer, and, if they were asked for, for its
nulls, its intervals, its cross-validated residuals and its calibration.

`layer_files` handles the files of a layer. `comparison.json` lists the layers in their order. It is
written last, so a folder without it is not complete.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanmatch._core import __version__
from spanmatch.base.atomic import remove_unfinished
from spanmatch.base.errors import describe_damage
from spanmatch.base.plain_json import write_json
from spanmatch.base.plain_values import (
    take,
    take_count,
    take_flag,
    take_list,
    take_named_texts,
    take_text,
)
from spanmatch.comparison.index_file import read_index
from spanmatch.comparison.keys import Key, check_keys
from spanmatch.comparison.layer_files import (
    BESIDE,
    CALIBRATIONS,
    ENTRIES,
    HELD_OUT,
    INTERVALS,
    NULLS,
    ONE_TO_ONE,
    OPTIONAL,
    PAIRS,
    SPECTRA,
    SavedPairs,
    describe_missing,
    describe_mixed,
    find_path,
    has_file,
    name_file,
    read_file,
    read_spectrum,
    write_answer,
    write_pair,
)
from spanmatch.results.calibration import Calibration
from spanmatch.results.interval import Interval
from spanmatch.results.layer_answer import LayerAnswer
from spanmatch.results.nulls import NullSpectra
from spanmatch.results.one_to_one import OneToOne
from spanmatch.results.residuals import Residuals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spanmatch.comparison.layer_files import Folder, Loaded
    from spanmatch.comparison.layers import ComparedLayers
    from spanmatch.pair.pair import ActivationPair

KIND, FORMAT = "Comparison", 2
FIRST_FORMAT = 1  # The format of a folder with pairs, which is still written.
INDEX = "comparison.json"
WAY_OUT = "delete it, and compare or save again"


def write(
    folder: Folder, layers: ComparedLayers, pairs: Mapping[Key, ActivationPair] | None
) -> None:
    """Write a comparison, with or without pairs, and replace one that exists."""
    remove_unfinished(Path(folder), ENTRIES)
    _withdraw(Path(folder), layers, paired=pairs is not None)
    for key in layers:
        if pairs is not None:
            write_pair(folder, key, pairs[key])
        write_answer(folder, key, layers.solved(key))
    write_index(folder, layers, paired=pairs is not None)


def read(folder: Folder) -> dict[str, Any]:
    """Return the arguments for `Comparison`."""
    index = _read_index(Path(folder))
    entries = {entry["key"]: entry for entry in index["layers"]}
    keys = list(entries)
    paired = [key for key, entry in entries.items() if "pair" in entry]
    for key in paired:
        if not has_file(folder, PAIRS, key):
            raise describe_missing(folder, PAIRS, key)
    spectra = {key: read_spectrum(folder, key) for key in keys}
    nulls = _read_listed(NullSpectra.load, folder, NULLS, entries)
    intervals = _read_listed(Interval.load, folder, INTERVALS, entries)
    one_to_one = _read_listed(OneToOne.load, folder, ONE_TO_ONE, entries)
    held_out = _read_listed(Residuals.load, folder, HELD_OUT, entries)
    calibrations = _read_listed(Calibration.load, folder, CALIBRATIONS, entries)
    for key, spectrum in spectra.items():
        with describe_mixed(folder, key):
            LayerAnswer(
                spectrum,
                nulls.get(key),
                intervals.get(key),
                one_to_one.get(key),
                held_out.get(key),
                calibrations.get(key),
            )
    return {
        "spectra": spectra,
        "nulls": nulls,
        "intervals": intervals,
        "one_to_one": one_to_one,
        "held_out": held_out,
        "calibrations": calibrations,
        "pairs": SavedPairs(folder, paired, spectra) if paired else None,
        "notes": {entry["key"]: entry["note"] for entry in index["layers"] if entry["note"]},
        "center": index["center"],
        "inputs": index["inputs"],
        # Folders of older versions do not have this.
        "left_out": index.get("left_out", {}),
    }


def write_index(folder: Folder, layers: ComparedLayers, *, paired: bool = True) -> None:
    """Write `comparison.json` after the files of all layers."""
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
                **({"pair": name_file(PAIRS, key)} if paired else {}),
                "spectrum": name_file(SPECTRA, key),
                **{ENTRIES[within]: name_file(within, key) for within in _list_told(layers, key)},
                "note": layers.notes.get(key, ""),
            }
            for key in layers
        ],
    }
    write_json(Path(folder, INDEX), index)


def _list_told(layers: ComparedLayers, key: Key) -> list[str]:
    """Return the folders of `BESIDE` in which this layer has a file."""
    told = {
        NULLS: layers.nulls,
        INTERVALS: layers.intervals,
        ONE_TO_ONE: layers.one_to_one,
        HELD_OUT: layers.held_out,
        CALIBRATIONS: layers.calibrations,
    }
    return [within for within in BESIDE if key in told[within]]


def _withdraw(folder: Path, successor: ComparedLayers, *, paired: bool) -> None:
    """Delete the comparison in the folder, except files that its successor overwrites."""
    if not (folder / INDEX).exists():
        return
    for entry in _read_index(folder)["layers"]:
        key = entry["key"]
        if key not in successor or not paired:
            find_path(folder, PAIRS, key).unlink(missing_ok=True)
        if key not in successor:
            find_path(folder, SPECTRA, key).unlink(missing_ok=True)
        kept = _list_told(successor, key)
        for within in BESIDE:
            if ENTRIES[within] in entry and within not in kept:
                find_path(folder, within, key).unlink(missing_ok=True)
    # The index goes last, since nothing else lists the files, but before any new file is written.
    (folder / INDEX).unlink()


def _read_index(folder: Path) -> dict[str, Any]:
    """Read and check `comparison.json`, and turn its keys into those of a comparison."""
    path = folder / INDEX
    index = read_index(path, KIND, FORMAT, "a comparison")
    try:
        _check_index(index)
    except (TypeError, ValueError) as error:
        raise describe_damage(path, error, WAY_OUT) from error
    return index


def _check_index(index: dict[str, Any]) -> None:
    entries = take_list(index, "layers")
    for entry in entries:
        if isinstance(take(entry, "key"), list):
            entry["key"] = tuple(entry["key"])
        take_text(entry, "note")
    keys = [entry["key"] for entry in entries]
    check_keys(keys)
    if len(set(keys)) < len(keys):
        raise ValueError("it lists a layer twice")
    for entry in entries:
        for within, what in ENTRIES.items():
            may_lack = BESIDE if index["format"] == FIRST_FORMAT else OPTIONAL
            optional = within in may_lack and what not in entry
            if not optional and take(entry, what) != name_file(within, entry["key"]):
                raise ValueError(f"{entry[what]!r} is not the {what} of layer {entry['key']!r}")
    take_flag(index, "center")
    if take(index, "inputs") is not None:
        take_count(index, "inputs", least=1)
    if "left_out" in index:
        take_named_texts(index, "left_out")


def _read_listed(
    load: Callable[[Path], Loaded], folder: Folder, within: str, entries: Mapping[Key, Any]
) -> dict[Key, Loaded]:
    """Read the files in the folder `within`, for the layers whose entry names one."""
    named = [key for key, entry in entries.items() if ENTRIES[within] in entry]
    return {key: read_file(load, folder, within, key) for key in named}
