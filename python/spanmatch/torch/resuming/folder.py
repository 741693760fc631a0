"""The folder of a comparison that is running: its config, and the record of its passes.

`config.json` is written first. Once both models have run over the data, `pass.json` lists the
layers. Then their pairs and results are written, in the form of `spanmatch.comparison.folder`. If
the models run over the data several times, each time for some of the layers, `pass.json` is written
at the end of each pass, after the pairs of its layers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from spanmatch.base.atomic import remove_unfinished
from spanmatch.base.claim import check_claim
from spanmatch.base.errors import describe_damage
from spanmatch.base.plain_json import read_json, write_json
from spanmatch.base.plain_values import (
    take,
    take_count,
    take_counts,
    take_list,
    take_named_texts,
    take_text,
)
from spanmatch.comparison.folder import INDEX
from spanmatch.comparison.keys import check_keys, find_layers, find_place, label
from spanmatch.comparison.layer_files import ENTRIES, PAIRS, SPECTRA
from spanmatch.comparison.many import many_folder
from spanmatch.comparison.many.network_sums import SUMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from spanmatch.comparison.keys import Key
    from spanmatch.torch.comparing.parts import Order

CONFIG, PASS = "config.json", "pass.json"
ROWS = "rows"
# Entries with results, of two models or of many networks.
RESULTS = (INDEX, PASS, PAIRS, SPECTRA, many_folder.INDEX, ROWS, SUMS, many_folder.COMPARISONS)
# Subfolders with results. Pictures and pages lie in the folder itself.
WITHIN = (*ENTRIES, ROWS, SUMS, many_folder.COMPARISONS)
# Folders of versions without nulls and folds have none. Those of versions without the trace are
# resumed with it.
ABSENT = {
    "nulls": 0,
    "folds": 0,
    "seed": 0,
    "trace": True,
    "input_axis": 0,
    "items": None,
    "max_neurons": None,
    "data_b": None,
    "tokenizer_b": None,
}


@dataclass(frozen=True)
class Outline:
    """The results of a pass over the data, except its sums."""

    neurons: dict[Key, tuple[int, int]]
    """The numbers of neurons of both sides by layer, in the order of the layers."""
    notes: dict[Key, str]
    inputs: int
    left_out: dict[str, str]
    to_run: tuple[Key, ...] = ()
    """The layers of other passes over the data, if any: layers of A, or tuples of layers."""
    digest: int | None = None
    """A hash of all batches; None if they have no hash, or none was computed."""

    def add(self, other: Outline) -> Outline:
        """Return the outline with the results of a later pass added.

        Raises
        ------
        ValueError
            The pass read other data, or a layer has another number of neurons than before.
        """
        known = None not in (self.digest, other.digest)
        if self.inputs != other.inputs or (known and self.digest != other.digest):
            raise ValueError(
                f"the data are not those of an earlier pass, which had {self.inputs} inputs, and "
                f"now has {other.inputs}: choose another folder"
            )
        for key, neurons in other.neurons.items():
            if self.neurons.get(key, neurons) != neurons:
                raise _describe_change(key)
        return replace(
            other,
            neurons=self.neurons | other.neurons,
            notes=self.notes | other.notes,
            left_out=self.left_out,
        )

    def check_found(self, missing: Iterable[Key]) -> None:
        """Raise ValueError if a layer is neither in the folder nor in a later pass."""
        for key in missing:
            if key not in self.neurons and find_layers(key, self.to_run) not in self.to_run:
                raise _describe_change(key)

    def sort(self, order: Order) -> Outline:
        """Return the outline in the order of the layers of A, and for all pairs of those of B."""
        keys = sorted(self.neurons, key=lambda key: find_place(key, *order))
        return replace(self, neurons={key: self.neurons[key] for key in keys})


def claim_folder(folder: Path, config: Mapping[str, Any]) -> None:
    """Write `config.json`; if results exist, check that theirs is the same.

    Unfinished files of a killed run are deleted. The folder must be locked.

    Raises
    ------
    ValueError
        The folder holds another comparison. Nothing is changed, and the message shows what differs.
    """
    path = folder / CONFIG
    held = [name for name in RESULTS if (folder / name).exists()]
    if held:
        check_claim(
            path,
            held,
            lambda file: ABSENT | _read(file),
            config,
            what="comparison",
            way_out="delete this one",
        )
        remove_unfinished(folder, WITHIN)
        return
    # A comparison that has no results, as after a wrong argument, is replaced.
    folder.mkdir(parents=True, exist_ok=True)
    # A folder without a config may be the user's own, to which other programs write.
    remove_unfinished(folder, name=None if path.exists() else CONFIG)
    write_json(path, config)


def write_outline(folder: Path, outline: Outline) -> None:
    """Write `pass.json`."""
    layers = [
        {"key": key, "neurons": neurons, "note": outline.notes.get(key, "")}
        for key, neurons in outline.neurons.items()
    ]
    content = {"inputs": outline.inputs, "left_out": outline.left_out, "layers": layers}
    digest = None if outline.digest is None else f"{outline.digest:016x}"
    to_run = {"to_run": list(outline.to_run)} if outline.to_run else {}
    write_json(folder / PASS, content | {"digest": digest} | to_run)


def read_outline(folder: Path) -> Outline | None:
    """Read `pass.json`; return None if no pass over the data is complete."""
    path = folder / PASS
    if not path.exists():
        return None
    content = _read(path)
    try:
        entries = {_as_key(take(each, "key")): each for each in take_list(content, "layers")}
        if len(entries) < len(content["layers"]):
            raise ValueError("it lists a layer twice")
        return Outline(
            {key: _take_widths(entry) for key, entry in entries.items()},
            {key: note for key, entry in entries.items() if (note := take_text(entry, "note"))},
            take_count(content, "inputs", 1),
            take_named_texts(content, "left_out") if "left_out" in content else {},
            tuple(map(_as_key, take_list(content, "to_run"))) if "to_run" in content else (),
            None if content.get("digest") is None else int(take_text(content, "digest"), 16),
        )
    except (TypeError, ValueError) as error:
        raise describe_damage(path, error, _suggest_way_out(path)) from error


def _describe_change(key: Key) -> ValueError:
    return ValueError(
        f"layer {label(key)} was there in an earlier pass over the data, and is not now, or has "
        "another number of neurons: models or data have changed; choose another folder"
    )


def _as_key(plain: Any) -> Key:
    key: Key = tuple(plain) if isinstance(plain, list) else plain
    check_keys([key])
    return key


def _take_widths(entry: object) -> tuple[int, int]:
    x, y = take_counts(entry, "neurons")
    return x, y


def _read(path: Path) -> dict[str, Any]:
    return read_json(path, _suggest_way_out(path))


def _suggest_way_out(path: Path) -> str:
    return f"delete {path.parent}, or choose another folder"
