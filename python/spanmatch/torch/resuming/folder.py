"""The folder of a comparison at work: what is compared in it, and what the pass over the data told.

`config.json` comes first. Once both models have run over the data, `pass.json` lists the layers,
and then their pairs and spectra are written, as `comparison_file` says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanmatch.base.claim import differences
from spanmatch.base.errors import FileError
from spanmatch.base.plain_json import write_json
from spanmatch.comparison.folder import INDEX, PAIRS, SPECTRA

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spanmatch.comparison.keys import Key

CONFIG, PASS = "config.json", "pass.json"


@dataclass(frozen=True)
class Outline:
    """What the pass over the data told, but for the sums."""

    neurons: dict[Key, tuple[int, int]]
    """How many both sides have, by layer, in the order of the layers."""
    notes: dict[Key, str]
    inputs: int


def claim(folder: Path, config: Mapping[str, Any]) -> None:
    """Write `config.json`, or where something is done already see that it is the same.

    Raises
    ------
    ValueError
        The folder holds another comparison: nothing is changed. The error shows what differs.
    """
    path = folder / CONFIG
    held = [name for name in (INDEX, PASS, PAIRS, SPECTRA) if (folder / name).exists()]
    if not held:
        # A comparison that has come to nothing, as by a slip in its arguments, gives way.
        folder.mkdir(parents=True, exist_ok=True)
        write_json(path, config)
        return
    if not path.exists():
        raise ValueError(
            f"{folder} holds {', '.join(held)}, but no {CONFIG} that says of what: choose another "
            "folder"
        )
    there = _read(path)
    # Those that were written before there were nulls and folds have none.
    if differing := differences({"nulls": 0, "folds": 0, "seed": 0} | there, config):
        raise ValueError(
            f"{folder} holds another comparison, which stays as it is: choose another folder, or "
            f"delete this one{differing}"
        )


def write_outline(folder: Path, outline: Outline) -> None:
    """Write `pass.json`."""
    layers = [
        {"key": key, "neurons": neurons, "note": outline.notes.get(key, "")}
        for key, neurons in outline.neurons.items()
    ]
    write_json(folder / PASS, {"inputs": outline.inputs, "layers": layers})


def read_outline(folder: Path) -> Outline | None:
    """Read `pass.json`; None where both models have not run over all the data yet."""
    path = folder / PASS
    if not path.exists():
        return None
    content = _read(path)
    try:
        entries = {_key(entry["key"]): entry for entry in content["layers"]}
        return Outline(
            {key: (entry["neurons"][0], entry["neurons"][1]) for key, entry in entries.items()},
            {key: entry["note"] for key, entry in entries.items() if entry["note"]},
            content["inputs"],
        )
    except (IndexError, KeyError, TypeError) as error:
        raise _damaged(path, error) from error


def _key(key: Any) -> Key:
    return tuple(key) if isinstance(key, list) else key


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (RecursionError, ValueError) as error:
        raise _damaged(path, error) from error
    if not isinstance(content, dict):
        raise _damaged(path, "it holds no object")
    return content


def _damaged(path: Path, why: object) -> FileError:
    return FileError(f"{path} is damaged ({why}): delete {path.parent}, or choose another folder")
