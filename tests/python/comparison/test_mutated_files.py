"""Files with something in them changed load as something sound, or are refused by name."""

from __future__ import annotations

import json
import shutil
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm
from comparisons import comparison
from many_networks import make_many
from mutations import OF_JSON, OF_TENSORS
from saved_things import assert_sound, save_all
from spanmatch.experiment.records import (
    Epoch,
    LayerDetails,
    Network,
    Performance,
    Sizes,
    read_layer_details,
    read_network,
    write_layer_details,
    write_network,
)
from spanmatch.torch.resuming.folder import Outline, read_outline, write_outline

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spanmatch.comparison.keys import Key

KINDS = (
    *("pair", "set", "spectrum", "match", "matches", "residuals", "support", "map", "one_to_one"),
    *("measures", "nulls", "interval", "calibration", "answer"),
)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    paths = save_all(tmp_path_factory.mktemp("saved"))
    for path in paths.values():
        assert_sound(sm.load(path))
    return {kind: path.read_bytes() for kind, path in paths.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_file_is_sound_or_refused(
    kind: str, saved: dict[str, bytes], tmp_path: Path
) -> None:
    assert set(saved) == set(KINDS)
    path = tmp_path / "changed.safetensors"

    @given(st.sampled_from(OF_TENSORS), st.integers(0, 2**32))
    def check(mutate: Callable[[bytes, Random], bytes], seed: int) -> None:
        path.write_bytes(mutate(saved[kind], Random(seed)))
        load_or_refuse(path)

    check()


def load_or_refuse(path: Path) -> bool:
    """Tell whether a file is loaded: then it is sound, and else the error names it."""
    try:
        thing = sm.load(path)
    except sm.FileError as error:
        return refused(error, path)
    assert_sound(thing)
    return True


def refused(error: sm.FileError, where: Path) -> bool:
    assert str(where) in str(error)
    assert len(str(error)) < 2000
    return False


def write_folders(folder: Path) -> dict[str, Path]:
    """Write everything that is JSON, and return the files by kind."""
    comparison(single=True).save(folder / "comparison")
    make_many(3, nulls=2, folds=2).save(folder / "many")
    performance = Performance(0.9, 0.5, 100)
    write_network(
        folder / "network.json", Network("seed 0", 9, (Epoch(1.5, 0.4),), performance, None)
    )
    rng = np.random.default_rng(0)
    measures = sm.measures(rng.standard_normal((50, 3)), rng.standard_normal((50, 2)))
    details = LayerDetails(measures, (Sizes(0.3, (3, 2), (2, 1)),))
    write_layer_details(folder / "inside.json", {"conv": details, "fc": details})
    outline = Outline({"conv": (3, 4)}, {"conv": "note"}, 10, {"fc": "why"}, ("fc",), 255)
    write_outline(folder, outline)
    return {
        "comparison.json": folder / "comparison" / "comparison.json",
        "many.json": folder / "many" / "many.json",
        "network.json": folder / "network.json",
        "inside.json": folder / "inside.json",
        "pass.json": folder / "pass.json",
    }


READERS: dict[str, Callable[[Path], object]] = {
    "comparison.json": lambda path: sm.Comparison.load(path.parent),
    "many.json": lambda path: sm.ManyComparison.load(path.parent),
    "network.json": read_network,
    "inside.json": read_layer_details,
    "pass.json": lambda path: read_outline(path.parent),
}


@pytest.mark.parametrize("kind", READERS)
def test_a_changed_index_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    path = write_folders(tmp_path)[kind]
    whole = path.read_bytes()
    READERS[kind](path)

    @given(st.sampled_from(OF_JSON), st.integers(0, 2**32))
    def check(mutate: Callable[[bytes, Random], bytes], seed: int) -> None:
        path.write_bytes(mutate(whole, Random(seed)))
        read_or_refuse(kind, path)

    check()


def read_or_refuse(kind: str, path: Path) -> bool:
    try:
        found = READERS[kind](path)
    except sm.FileError as error:
        return refused(error, path.parent)
    assert repr(found)
    if isinstance(found, sm.Comparison):
        assert found.to_dict()
    return True


@pytest.mark.parametrize("within", ["spectra", "pairs", "one_to_one"])
def test_files_of_two_layers_that_are_swapped_are_refused(within: str, tmp_path: Path) -> None:
    # Of one size, so that nothing but the layer tells them apart.
    layers: dict[Key, sm.ActivationPair] = {"conv": sm.ActivationPair(), "fc": sm.ActivationPair()}
    data = make_many(2)
    for at, pair in enumerate(layers.values()):
        pair.merge(data.pair("conv" if at else "fc", "net 0", "net 1"))
    compared = sm.Comparison(
        {name: sm.spectrum(pair) for name, pair in layers.items()},
        layers,
        one_to_one={name: sm.one_to_one(pair) for name, pair in layers.items()},
    )
    compared.save(tmp_path)
    index = json.loads((tmp_path / "comparison.json").read_text())["layers"]
    entry = {"spectra": "spectrum", "pairs": "pair"}.get(within, within)
    first, second = (tmp_path / each[entry] for each in index)
    shutil.move(first, tmp_path / "kept")
    shutil.move(second, first)
    shutil.move(tmp_path / "kept", second)
    with pytest.raises(sm.FileError, match=r'layer conv: .* belongs to "fc", .* give the files'):
        sm.Comparison.load(tmp_path).pair("conv")
