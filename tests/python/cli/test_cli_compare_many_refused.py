"""What `spanmatch compare` refuses of many networks: as wrong usage, before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("typer")
pytest.importorskip("torch")
import typer

from cli_files import failed
from compare_runs import made, place
from spanmatch.cli.flags import NOT_OF_MODELS, OPTIONS, name_options, rename_options
from spanmatch.cli.options_of_two import INSTEAD, refuse_options_of_two
from spanmatch.cli.program import app

__all__ = ["made", "place"]  # fixtures
pytestmark = pytest.mark.usefixtures("place")

SMALL = "nets.py:small"
REST = ["--data", "digits", "--device", "cpu", "--out", "out"]
THREE = ["compare", SMALL, SMALL, SMALL, *REST]
FILES = ["compare", "--arch", SMALL, "--checkpoint", "[ab].pt", *REST]
COMMAND: Any = typer.main.get_command(app)
PARAMETERS = {each.name: each for each in COMMAND.commands["compare"].params}
OF_TWO = {
    "checkpoint_a": "a.pt",
    "checkpoint_b": "b.pt",
    "seed_a": "0",
    "seed_b": "0",
    "data_b": "digits",
    "tokenizer_b": "bytes",
    "layers_b": "head",
    "all_pairs": None,
    "eps": "0.1",
}


@pytest.mark.parametrize("command", [THREE, FILES, [*THREE, "--reference", "0"]])
@pytest.mark.parametrize("name", OF_TWO)
def test_options_of_two_are_refused_with_what_to_use(name: str, command: list[str]) -> None:
    flag, value = PARAMETERS[name].opts[0], OF_TWO[name]
    given = [flag] if value is None else [flag, value]
    failed(2, *command, *given, words=(f"{flag} is for two models: {INSTEAD[name]}\n",))
    assert not Path("out").exists()


def test_every_option_of_two_is_tried() -> None:
    assert OF_TWO.keys() == INSTEAD.keys()
    assert {name for name in PARAMETERS if name.endswith(("_a", "_b"))} < INSTEAD.keys()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", *REST], "0 networks cannot be compared"),
        (["compare", SMALL, *REST], "1 network cannot be compared: name two or more"),
        (["compare", "--arch", SMALL, *REST], "give these by --checkpoint"),
        ([*FILES, "--checkpoint", "run*.pt"], "--checkpoint run*.pt matches no file"),
        ([*FILES, "--reference", "c"], "--reference c is no network: there are 'a', 'b'"),
        (["compare", SMALL, SMALL, "--checkpoint", "*.pt", *REST], "2 models and 1 checkpoint"),
        ([*FILES, "--layers", "c=conv1"], "--layers c is no network"),
        ([*FILES, "--layers", "a=conv1"], "--layers chooses nothing for 'b'"),
        ([*FILES, "--calibrate"], "--calibrate"),
        ([*FILES, "--seed", f"{2**64}"], "--seed must be from 0 to 2**64 - 1"),
    ],
)
def test_wrong_usage_exits_with_2_and_writes_nothing(arguments: list[str], words: str) -> None:
    failed(2, *arguments, words=(words,))
    assert not Path("out").exists()


def test_a_file_that_is_not_there_fails() -> None:
    failed(1, *FILES, "--checkpoint", "none.pt", words=("none.pt: No such file",))


def test_messages_name_the_options_of_many() -> None:
    before, of_models = OPTIONS.set(PARAMETERS), NOT_OF_MODELS.set(frozenset())
    try:
        refuse_options_of_two(dict.fromkeys(INSTEAD))
        for said, spelled in {
            "`checkpoint`, `layers`": "--checkpoint, --layers",
            "`data_b`, `load_model(seed=0)`": "`data_b`, `load_model(seed=0)`",
            "`seed`, `seed=3`": "--seed, --seed 3",
            "`reference`, `nulls=3`": "--reference, --nulls 3",
        }.items():
            assert name_options(said) == spelled
        rename_options({"layers": "sheets"})
        assert name_options("`layers`, `sheets`") == "`layers`, --layers"
    finally:
        OPTIONS.reset(before)
        NOT_OF_MODELS.reset(of_models)
