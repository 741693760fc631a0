"""The page of file formats names every key that is written."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any, cast

import pytest
from safetensors import safe_open

import spanmatch as sm
from docs_pages import list_code, make_slug, read_page, split_by_headings
from many_networks import make_many
from saved_things import save_all
from spanmatch.base.tensor_file import OWN
from spanmatch.comparison.layer_files import ENTRIES
from spanmatch.comparison.rows import list_rows
from spanmatch.results.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = "background/file_formats"
PARTS = split_by_headings(PAGE)


def get_part(kind: str) -> str:
    return PARTS[make_slug(kind)]


def list_keys(plain: Any) -> Iterator[str]:
    """Yield the names in plain data, but not those of layers and networks."""
    if isinstance(plain, dict):
        for name, value in plain.items():
            yield name
            yield from list_keys(value)
    elif isinstance(plain, list):
        for each in plain:
            yield from list_keys(each)


def test_every_entry_of_a_file_is_named(tmp_path: Path) -> None:
    general = list_code(PARTS["every-safetensors-file"])
    assert set(OWN) <= general
    for path in save_all(tmp_path).values():
        with safe_open(path, "np") as file:
            metadata = file.metadata()
            names = {*file.keys(), *metadata} - set(OWN)
        kind = metadata["spanmatch"]
        named = list_code(get_part(kind))
        if kind == "LayerAnswer":
            # Fields of other results, with a prefix each.
            names = {f"{name.partition('.')[0]}." for name in names}
        missing = {name for name in names - named if not name.startswith("also.")}
        assert missing == set(), kind


def test_every_field_of_a_result_is_named() -> None:
    for name in sm.__all__:
        kind: Any = getattr(sm, name)
        if not (isinstance(kind, type) and issubclass(kind, Result)):
            continue
        text = get_part(name)
        for field in fields(cast("Any", kind)):
            assert re.search(rf"`{field.name}(\.[A-Zx]\w*|\.)?`", text), f"{name}.{field.name}"


def test_every_key_of_a_comparison_s_index_is_named(tmp_path: Path) -> None:
    many = make_many(2, nulls=19, folds=3)
    comparison = many.comparison("net 0", "net 1").with_calibrations()
    comparison.save(tmp_path)
    index = json.loads((tmp_path / "comparison.json").read_text("utf-8"))
    assert set(list_keys(index)) <= list_code(PARTS["the-folder-of-a-comparison"])
    assert {f"{within}/" for within in ENTRIES} <= list_code(PARTS["the-folder-of-a-comparison"])
    assert {path.name for path in tmp_path.iterdir()} == {"comparison.json", *ENTRIES}


def test_every_key_of_many_networks_index_is_named(tmp_path: Path) -> None:
    make_many(3).save(tmp_path)
    index = json.loads((tmp_path / "many.json").read_text("utf-8"))
    assert set(list_keys(index)) <= list_code(PARTS["the-folder-of-many-networks"])
    assert {path.name for path in tmp_path.iterdir()} == {"many.json", "sums", "comparisons"}


def test_every_column_of_a_row_is_named() -> None:
    many = make_many(2, nulls=19, folds=3, ridge=0.1)
    comparison = many.comparison("net 0", "net 1").with_calibrations()
    named = list_code(PARTS["json-of-commands"])
    series = re.compile(r"(s|s1|near)\(0\.[2-8]\)")
    for row in list_rows(comparison):
        assert {name for name in row if not series.fullmatch(name)} <= named
    for plain in (comparison, comparison.calibrated(), many):
        assert plain.to_dict().keys() <= named
    answer = comparison.solved("fc").to_dict()
    assert answer.keys() <= named | list_code(get_part("MatchSpectrum")) | {"chance"}


def test_every_key_of_config_json_is_named() -> None:
    pytest.importorskip("torch")
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.resuming.config import CompareConfig, NamedData, NamedModel
    from spanmatch.torch.resuming.many_config import ManyConfig

    model, data, options = NamedModel("a"), NamedData(name="digits"), CompareOptions(ridge=0.1)
    named = list_code(PARTS["while-a-comparison-is-at-work"])
    assert CompareConfig(model, model, data, options).to_dict().keys() <= named
    config = ManyConfig({"a": model, "b": model}, data, options).to_dict()
    assert config.keys() | config["networks"][0].keys() <= named | list_code(
        PARTS["the-folder-of-many-networks"]
    )


def test_every_key_of_config_toml_is_named() -> None:
    pytest.importorskip("torch")
    from spanmatch.experiment.config import ExperimentConfig

    named = list_code(PARTS["configtoml"])
    assert {field.name for field in fields(ExperimentConfig)} <= named


def test_the_json_of_info_is_named() -> None:
    pytest.importorskip("torch")
    from spanmatch.torch.comparing.plan import (
        ComparisonPlan,
        PlannedLayer,
        PlannedMatch,
        PlannedPass,
    )
    from spanmatch.torch.observing.layer_info import LayerInfo

    named = list_code(PARTS["json-of-commands"])
    for kind in (LayerInfo, ComparisonPlan, PlannedLayer, PlannedMatch, PlannedPass):
        assert {field.name for field in fields(kind)} <= named, kind


def test_formats_are_those_of_the_code() -> None:
    from spanmatch.base.tensor_file import FORMAT
    from spanmatch.comparison import folder
    from spanmatch.comparison.many import many_folder
    from spanmatch.pair import pair_file

    assert (FORMAT, folder.FORMAT, many_folder.FORMAT, pair_file.FORMAT_WITH_NORMS) == (2, 2, 1, 2)
    assert "`1` or `2`" in read_page(PAGE)
