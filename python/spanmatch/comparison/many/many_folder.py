"""A comparison of many networks in a folder: every comparison of two, the sums, and `many.json`.

`comparisons/` has a folder for every two networks, as `comparison.folder` writes it, but without
pairs. Pairs are made from the files in `sums/`. `many.json` is written last, so a folder without
it is not complete.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanmatch._core import __version__
from spanmatch.base.errors import FileError, describe_damage
from spanmatch.base.plain_json import write_json
from spanmatch.base.plain_values import take, take_list, take_text, take_texts
from spanmatch.comparison.comparison import Comparison
from spanmatch.comparison.folder import WAY_OUT
from spanmatch.comparison.index_file import read_index
from spanmatch.comparison.layer_files import name_file
from spanmatch.comparison.many.network_sums import (
    SUMS,
    PairsOfNetworks,
    SavedSums,
    has_sums,
    write_sums,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.comparison.keys import Key
    from spanmatch.comparison.layer_files import Folder
    from spanmatch.comparison.many.compared_networks import ComparedNetworks
    from spanmatch.comparison.many.network_sums import NetworkSums

KIND, FORMAT = "ManyComparison", 1
INDEX = "many.json"
COMPARISONS = "comparisons"


def write(folder: Folder, many: ComparedNetworks, sums: Mapping[Key, NetworkSums] | None) -> None:
    """Write a comparison of many networks, and replace one that exists."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(sums, SavedSums) and sums.is_in(folder):
        for pair, comparison in many.comparisons.items():
            comparison.without_pairs().save(folder / name_comparison(pair))
        _write_index(folder, many, list(sums))
        return
    _withdraw(folder)
    layers = [] if sums is None else list(sums)
    for layer in layers:
        assert sums is not None
        write_sums(folder, layer, sums[layer])
    for pair, comparison in many.comparisons.items():
        path = folder / name_comparison(pair)
        path.mkdir(parents=True, exist_ok=True)
        comparison.without_pairs().save(path)
    _write_index(folder, many, layers)


def read(folder: Folder) -> dict[str, Any]:
    """Return the arguments for `ManyComparison`."""
    folder = Path(folder)
    path = folder / INDEX
    index = _read_index(path)
    try:
        networks, layers = take_texts(index, "networks"), take_texts(index, "layers")
        pairs = [_as_pair(each) for each in take_list(index, "comparisons")]
        if len(set(pairs)) < len(pairs) or len(set(layers)) < len(layers):
            raise ValueError("it lists a comparison or a layer twice")
        reference = None if take(index, "reference") is None else take_text(index, "reference")
        # Folders of older versions do not hold this.
        groups = take_list(index, "identical") if "identical" in index else []
        identical = [tuple(take_texts({"identical": group}, "identical")) for group in groups]
    except ValueError as error:
        raise describe_damage(path, error, WAY_OUT) from error
    for layer in layers:
        if not has_sums(folder, layer):
            raise FileError(f"layer {layer}: its file in {folder / SUMS} is missing")
    sums = SavedSums(folder, layers) if layers else None
    comparisons = {}
    for a, b in pairs:
        told = Comparison.load(folder / name_comparison((a, b)))
        paired = None if sums is None else PairsOfNetworks(sums, a, b, tuple(told))
        comparisons[a, b] = told.with_pairs(paired)
    return {
        "networks": tuple(networks),
        "comparisons": comparisons,
        "sums": sums,
        "reference": reference,
        "identical": identical,
    }


def _as_pair(plain: object) -> tuple[str, str]:
    a, b = take_texts({"comparisons": plain}, "comparisons")
    return a, b


def read_version(folder: Folder) -> str:
    """Return the version of spanmatch that wrote a folder."""
    return str(_read_index(Path(folder) / INDEX).get("version", "?"))


def _withdraw(folder: Path) -> None:
    """Delete the comparison of many networks in the folder; without `many.json` delete nothing."""
    if not (folder / INDEX).exists():
        return
    _read_index(folder / INDEX)
    (folder / INDEX).unlink()
    for within in (SUMS, COMPARISONS):
        shutil.rmtree(folder / within, ignore_errors=True)


def _write_index(folder: Path, many: ComparedNetworks, layers: list[Key]) -> None:
    index = {
        "spanmatch": KIND,
        "format": FORMAT,
        "version": __version__,
        "networks": list(many.networks),
        "reference": many.reference,
        "identical": [list(group) for group in many.identical],
        "layers": layers,
        "comparisons": [list(pair) for pair in many.comparisons],
    }
    write_json(folder / INDEX, index)


def _read_index(path: Path) -> dict[str, Any]:
    return read_index(path, KIND, FORMAT, "a comparison of many networks")


def name_comparison(pair: tuple[str, str]) -> str:
    """Return the path of the comparison of two networks, inside the folder."""
    return name_file(COMPARISONS, pair).removesuffix(".safetensors")
