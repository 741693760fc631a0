"""What the command line says is spelled as the command line takes it: by flags."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import spanmatch as sm

pytest.importorskip("typer")
pytest.importorskip("torch")
import typer

from cli_files import done, failed, run
from odd_nets import BASE, OUT, SEEDS, TEXT, nets
from spanmatch.cli.flags import OPTIONS, name_options
from spanmatch.cli.program import app

__all__ = ["nets"]  # a fixture
pytestmark = pytest.mark.usefixtures("nets")

COMMAND: Any = typer.main.get_command(app)
PARAMETERS = {each.name: each for each in COMMAND.commands["compare"].params}
FLAGS = {name for name, each in PARAMETERS.items() if each.opts[0].startswith("--")}

WRONG: dict[str, list[list[str]]] = {
    "data": [["--data", "nowhere.py:batches"], ["--data", "digits:here"]],
    "data_b": [["--data-b", "nowhere.py:batches"], ["--data-b", "digits"]],
    "arch": [["--arch", "small-vgg"]],
    "checkpoints": [["--checkpoint", "none.pt"]],
    "reference": [["--reference", "none"]],
    "out": [["--out", "oddly.py/out"]],
    "checkpoint_a": [["--checkpoint-a", "none.pt"]],
    "checkpoint_b": [["--checkpoint-b", "oddly.py"]],
    "layers": [["--layers", "non*"], ["--layers", "!*"], ["--layers", "1"]],
    "layers_b": [["--layers", "3", "--layers-b", "0", "--layers-b", "3"]],
    "all_pairs": [["--all-pairs"], ["--all-pairs", "--layers", "*", "--folds", "2"]],
    "split": [["--data", "digits", "--split", "all"]],
    "limit": [["--limit", "0"], ["--limit", "3"]],
    "batch_size": [["--batch-size", "0"], ["--batch-size", "3"]],
    "max_batches": [["--max-batches", "0"]],
    "axis": [
        ["--axis", "x"],
        ["--axis", "9"],
        ["--axis", "0"],
        ["--axis", "no*=1"],
        ["--axis", "1,1"],
        ["--axis", "3", "--no-trace"],
        ["--layers", "1"],
        ["--layers", "1", "--no-trace"],
    ],
    "mask": [["--mask", "padding"], ["--mask", "no*=padding"], ["--mask", "0=padding"]],
    "input_axis": [["--input-axis", "2"], ["--input-axis", "1"], ["--input-axis", "-1"]],
    "max_neurons": [["--max-neurons", "0"], ["--max-neurons", "1"], ["--max-neurons", "9"]],
    "max_memory": [["--max-memory", "much"], ["--max-memory", "0"], ["--max-memory", "10 B"]],
    "items": [["--items", "no"], ["--items", "no", "--input-axis", "1"]],
    "trace": [["--no-trace", "--max-neurons", "9"], ["--no-trace", "--input-axis", "1"]],
    "tokenizer": [["--data", "text:oddly.py", "--tokenizer", "./none"]],
    "tokenizer_b": [["--tokenizer-b", "./none"]],
    "ridge": [["--ridge", "0"], ["--ridge", "much"], ["--ridge", "auto"]],
    "nulls": [["--nulls", "-1"], ["--nulls", "1000000"]],
    "calibrate": [["--calibrate"], ["--calibrate", "--nulls", "18"]],
    "folds": [["--folds", "1"], ["--folds", "999"]],
    "seed": [["--seed", "-1"], ["--seed", str(2**64)]],
    "device": [["--device", "nowhere"]],
    "eps": [["--eps", "1"], ["--eps", "a"]],
    "plot": [["--plot", "p.jpg"], ["--plot", "no/p.png"]],
    "threads": [["--threads", "0"]],
}
ELSE: dict[str, list[str]] = {
    "time first": [*BASE[:1], "oddly.py:recurrent", "oddly.py:recurrent", *SEEDS, "--data",
                   "oddly.py:series", *OUT],
    "other layers": [*BASE[:2], "oddly.py:padded", *BASE[3:], *OUT],
    "a function that takes no more": [*BASE[:-1], "oddly.py:vectors(k=1)", "--limit", "3", *OUT],
    "a mask that is not there": [*TEXT, "--mask", "no", *OUT],
    "a mask that does not fit": [*TEXT, "--mask", "inner=wide", "--layers", "inner", *OUT],
    "a mask that may lie otherwise": [*TEXT[:-1], "oddly.py:square", "--mask", "all",
                                      "--input-axis", "1", *OUT],
    "an empty file": ["compare", "oddly.py:none", *BASE[2:], *OUT],
    "no weights": ["compare", "small-vgg", "small-vgg", "--data", "digits", *OUT],
    "weights said twice": ["compare", "timm:test_vit(pretrained=True)", *BASE[2:], *OUT],
    "no network": [*BASE[:3], *BASE[-2:], "--reference", "none", *OUT],
    "no checkpoint": [*BASE[:1], "--arch", "small-vgg", *BASE[-2:], *OUT],
    "no size": ["info", "oddly.py:heads"],
    "too few": [*BASE, "--folds", "30", "--max-batches", "1", *OUT],
}  # fmt: skip
FINE = {"seed_a", "seed_b", "center", "as_json"}
"""What typer refuses, or nothing, is all that can be wrong with them."""


def check_spelling(text: str) -> None:
    """Raise where a message names an argument as Python does, and not within (in Python …)."""
    text = re.sub(r"\(in Python [^)]*\)", "", text)
    assert "`" not in text, text
    assert not re.search(rf"(?<![\w'.-])({'|'.join(PARAMETERS)})=", text), text
    snake = "|".join(name for name in PARAMETERS if "_" in name)
    # The keys of config.json are shown as the file has them.
    assert not re.search(rf"(?m)^(?!  ).*(?<!\w)({snake})(?!\w)", text), text


@pytest.mark.parametrize(
    "arguments", [given for each in WRONG.values() for given in each], ids=" ".join
)
def test_no_message_on_a_wrong_option_is_spelled_as_in_python(arguments: list[str]) -> None:
    out = [] if "--out" in arguments else OUT
    result = run(*BASE, *arguments, *out)
    assert result.exit_code in (0, 1, 2), result.output
    # Where it succeeds, layers were left out, and the table says why.
    assert result.exit_code or "left out" in result.stdout or arguments[-1] == "3", result.output
    check_spelling(result.output)


@pytest.mark.parametrize("case", ELSE)
def test_no_other_message_is_spelled_as_in_python(case: str) -> None:
    result = run(*ELSE[case])
    assert result.exit_code in (1, 2), result.output
    check_spelling(result.output)


def test_every_option_is_tried() -> None:
    assert {*WRONG, *FINE} == FLAGS


def test_the_layer_that_needs_its_axis_is_told_by_the_flag() -> None:
    failed(1, *BASE, "--layers", "1", "--no-trace", *OUT,
           words=("'1' (Heads)", "say so, as by --axis GLOB=1"))  # fmt: skip
    left_out = done(*BASE, *OUT).stdout
    assert "1: of its output (20, 4, 2, 3) it is not known" in left_out
    assert "as by --axis GLOB=1\n" in left_out


def test_the_seed_of_nulls_is_not_that_of_a_model() -> None:
    failed(2, *BASE, "--seed", "9" * 20, *OUT, words=("error: --seed must be from 0 to 2**64",))
    failed(1, *ELSE["no weights"], words=("--checkpoint-a/-b, a file, or --seed-a/-b for",))
    failed(1, *ELSE["weights said twice"], words=("does not go with --seed-a/-b: say once",))
    failed(1, "info", "small-vgg", words=("--checkpoint, a file, or --seed 0 for",))


def test_values_of_python_become_those_of_flags() -> None:
    before = OPTIONS.set(PARAMETERS)
    try:
        for said, spelled in {
            "`trace=False`, `trace=True`": "--no-trace, --trace",
            "`axis={'a.*': (2, 3), 'b': 1}`": "--axis 'a.*=2,3' --axis b=1",
            "`mask={'a': None}`": "--mask a=",
            "`input_axis=1`": "--input-axis 1",
            "`device='cpu'`": "--device cpu",
            "`center=True`, `center=False`": "--center, `center=False`",
            "`checkpoint`, `load_model(seed=0)`": "--checkpoint-a/-b, --seed-a/-b",
            "`seed`, `seed_b`, `seed=3`": "--seed, --seed-b, --seed 3",
            "`load_model(name)`, `load_data(seed=0)`": "`load_model(name)`, `load_data(seed=0)`",
            "`layers=…`, `ActivationPair`, `left_out`": "`layers=…`, `ActivationPair`, `left_out`",
        }.items():
            assert name_options(said) == spelled
    finally:
        OPTIONS.reset(before)


def find_texts(tree: ast.AST) -> list[tuple[int, str]]:
    """The strings within what is raised or returned, with their lines."""
    return [
        (part.lineno, part.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise | ast.Return)
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value
    ]


@pytest.mark.parametrize("room", ["pair", "torch", "experiment"])
def test_no_error_in_the_library_names_a_bare_option(room: str) -> None:
    snake = "|".join(name for name in PARAMETERS if "_" in name)
    bare = re.compile(rf"(?<![\w`'=(.])({snake})(?![\w(])|(?<![\w`(.])(axis|mask|layers|trace)=")
    found = [
        f"{path.name}:{line}: {text}"
        for path in sorted((Path(sm.__file__).parent / room).rglob("*.py"))
        for line, text in find_texts(ast.parse(path.read_text(encoding="utf-8")))
        if bare.search(text.replace("DataLoader(data, batch_size=64)", ""))
    ]
    assert found == []
