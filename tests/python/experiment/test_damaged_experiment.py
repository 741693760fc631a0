"""A folder of an experiment with something in it changed is refused, and says what is wrong."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w

import spanmatch as sm
from spanmatch.experiment.config import get_value_types
from spanmatch.experiment.report import write_report
from spanmatch.experiment.report.findings import read_findings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

ABSENT = object()


@pytest.fixture
def copy(small_experiment: Path, tmp_path: Path) -> Path:
    shutil.copytree(small_experiment, tmp_path / "copy")
    return tmp_path / "copy"


def refused(folder: Path, name: str, words: str) -> None:
    with pytest.raises(sm.FileError, match=words) as caught:
        read_findings(folder)
    assert str(folder / name) in str(caught.value)


def test_a_config_that_lacks_a_key_or_has_a_wrong_value_is_refused(copy: Path) -> None:
    path = copy / "config.toml"
    whole = tomllib.loads(path.read_text(encoding="utf-8"))

    def put(name: str, value: Any) -> None:
        changed = {key: each for key, each in whole.items() if key != name}
        changed |= {} if value is ABSENT else {name: value}
        path.write_text(tomli_w.dumps(changed), encoding="utf-8")

    # Older folders say nothing of these.
    lacking = [name for name in whole if name not in ("nulls", "folds", "keep", "made_with")]
    assert len(lacking) > 12
    for name in lacking:
        put(name, ABSENT)
        if name in get_value_types() and name != "limit":
            refused(copy, "config.toml", f"it lacks '{name}'")
    for name, value in {
        "eps": [2.0],
        "epochs": 0,
        "seeds": [0, 0],
        "arch": 3,
        "center": "yes",
        "learning_rate": float("nan"),
        "keep": "nothing",
        "made_with": {},
    }.items():
        put(name, value)
        refused(
            copy, "config.toml", "spanmatch" if name == "made_with" else f"`{name}`|'{name}'|eps"
        )
    put("made_with", {"spanmatch": 1})
    refused(copy, "config.toml", "its spanmatch is 1: it must be a text")
    for text in ("[" * 100_000, "a = 1\na = 2", "\0", "a ="):
        path.write_text(text, encoding="utf-8")
        refused(copy, "config.toml", "is no TOML")
    path.write_bytes(b"\xff")
    refused(copy, "config.toml", "is no TOML")
    path.write_bytes(b"#" * (2 << 20))
    refused(copy, "config.toml", "MB")


def test_records_of_other_networks_and_with_other_values_are_refused(copy: Path) -> None:
    first, second = (copy / "networks" / f"seed-{seed}.json" for seed in (0, 1))
    whole = json.loads(first.read_bytes())
    for name, value in {
        "parameters": -1,
        "history": [{"loss": 1.0}],
        "trained": {"accuracy": 1.5, "loss": 0.1, "inputs": 3},
        "untrained": 3,
        "name": None,
    }.items():
        first.write_text(json.dumps(whole | {name: value}), encoding="utf-8")
        refused(copy, "networks/seed-0.json", "is damaged")
    shutil.copy(second, first)
    refused(copy, "networks/seed-0.json", "it tells of 'seed 1', not 'seed 0'")


def test_a_report_sweeps_what_a_killed_one_has_left(copy: Path) -> None:
    left = [copy / f".report.html.{'0f' * 8}", copy / "figures" / f".area.png.{'f0' * 8}"]
    for path in left:
        path.touch()
    write_report(copy)
    assert not any(path.exists() for path in left)
