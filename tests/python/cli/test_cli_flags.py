"""What the command line says is spelled as it takes it: flags, and what holds by glob."""

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

from cli_files import done, failed, run, strict
from spanmatch.cli import app
from spanmatch.cli.by_glob import parse_axes, parse_masks
from spanmatch.cli.exit_codes import OPTIONS, WrongUsage, name_options
from spanmatch.comparison.comparison import Comparison

NETS = """
import torch
from torch import nn


class Heads(nn.Module):
    def forward(self, x):
        return x.reshape(len(x), 4, 2, 3).sin()


def heads():
    return nn.Sequential(nn.Linear(5, 24), Heads(), nn.Flatten(), nn.Tanh())


def vectors():
    return list(torch.randn(60, 5, generator=torch.Generator().manual_seed(0)).split(20))


class Padded(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.inner, self.head = nn.Embedding(9, 4), nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, ids):
        return self.head(self.inner(self.embed(ids)).tanh().mean(1))


def padded():
    return Padded()


def texts():
    ids = torch.randint(9, (40, 6), generator=torch.Generator().manual_seed(0))
    ones = torch.ones_like(ids)
    padding = torch.cat([ones[:, :4], 0 * ones[:, 4:]], 1)
    wide = torch.ones(40, 7)
    return [{"ids": ids[at], "padding": padding[at], "all": ones[at], "wide": wide[at]} for at in
            torch.arange(40).split(10)]


def square():
    return [{"ids": batch["ids"][:6], "all": batch["all"][:6]} for batch in texts()]


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.LSTM(5, 4)

    def forward(self, x):
        return self.inner(x)[0]


def recurrent():
    return Recurrent()


def series():
    return list(torch.randn(20, 8, 5, generator=torch.Generator().manual_seed(0)).split(10))
"""
SEEDS = ["--seed-a", "0", "--seed-b", "1", "--device", "cpu"]
BASE = ["compare", "nets.py:heads", "nets.py:heads", *SEEDS, "--data", "nets.py:vectors"]
TEXT = ["compare", "nets.py:padded", "nets.py:padded", *SEEDS, "--data", "nets.py:texts"]
OUT = ["--out", "out"]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nets.py").write_text(NETS)


def neurons(*arguments: str) -> dict[str, tuple[int, int]]:
    found = strict(done(*arguments, *OUT, "--json").stdout)
    return {row["layer"]: (row["n_x"], row["samples"]) for row in found["layers"]}


def test_axes_by_glob() -> None:
    named = [*BASE, "--layers", "1", "--layers", "3"]
    assert neurons(*named, "--axis", "1=3") == {"1": (3, 480), "3": (24, 60)}
    failed(1, *named, "--axis", "1=1", *OUT, words=("out holds another", '  axis: [["1", 3]]'))


def test_axes_that_together_are_the_neurons() -> None:
    named = [*BASE, "--layers", "1", "--layers", "3", "--axis", "1=1,2", "--axis", "*=-1"]
    assert neurons(*named) == {"1": (8, 180), "3": (24, 60)}


def test_one_axis_for_all_is_recorded_as_it_was() -> None:
    assert neurons(*BASE, "--layers", "1", "--axis", "2,3") == {"1": (6, 240)}
    assert strict(Path("out/config.json").read_text())["axis"] == [2, 3]
    failed(1, *BASE, "--layers", "1", "--axis", "2", *OUT, words=("  axis: [2, 3] there, 2 now",))


def test_masks_by_glob() -> None:
    layers = [*TEXT, "--layers", "embed", "--layers", "inner"]
    masks = ["--mask", "embed=padding", "--mask", "*="]
    assert neurons(*layers, *masks) == {"embed": (4, 160), "inner": (4, 240)}
    # The first glob that matches counts, so that their order is part of what was asked for.
    failed(1, *layers, *masks[2:], *masks[:2], *OUT, words=("  mask: ",))


def test_globs_that_match_what_is_there_do_not_hinder_what_is_missing() -> None:
    masks = ["--mask", "embed=padding", "--mask", "inner=all", "--axis", "head=1", "--axis", "*=-1"]
    first = done(*TEXT, *masks, *OUT, "--json").stdout
    before = Comparison.load("out")
    pair = next(Path("out/pairs").glob("*inner*"))
    pair.unlink()
    Path("out/comparison.json").unlink()
    again = done(*TEXT, *masks, *OUT, "--json")
    assert again.stdout == first
    assert "holds 2 of 3 pairs" in again.stderr
    assert sm.load("out") == before
    assert pair.exists()


def test_a_glob_of_one_model_alone() -> None:
    Path("other.py").write_text(
        "import nets\n"
        "class Other(nets.Padded):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.other = self.embed\n"
        "        del self.embed\n"
        "    def forward(self, ids):\n"
        "        return self.head(self.inner(self.other(ids)).tanh().mean(1))\n"
        "def other():\n"
        "    return Other()\n"
    )
    models = ["compare", "nets.py:padded", "other:other", *TEXT[3:]]
    layers = ["--layers", "embed", "--layers-b", "other"]
    masks = ["--mask", "embed=padding", "--mask", "other=padding"]
    assert neurons(*models, *layers, *masks) == {"embed": (4, 160)}
    failed(1, *models, *layers, "--mask", "nowhere=padding", "--out", "no",
           words=("--mask: no chosen layer of A or B matches 'nowhere'",))  # fmt: skip


@pytest.mark.parametrize(
    ("parse", "given", "words"),
    [
        (parse_axes, ["last"], "--axis is a whole number.*not 'last'"),
        (parse_axes, ["1", "a=2"], "--axis is one N for all layers.*'1' is neither"),
        (parse_axes, ["=1"], "'=1' is neither"),
        (parse_axes, ["a=1", "a=2"], "--axis says twice what holds for 'a'"),
        (parse_axes, ["a=1,"], "not '1,'"),
        (parse_masks, ["one", "two"], "--mask is one KEY for all layers.*'one' is neither"),
        (parse_masks, ["a=one", "a="], "--mask says twice"),
    ],
)
def test_what_is_no_value_by_glob_is_wrong_usage(parse: Any, given: list[str], words: str) -> None:
    with pytest.raises(WrongUsage, match=words):
        parse(given)


def test_nothing_is_said_where_nothing_is_given() -> None:
    assert (parse_axes(None), parse_masks([])) == (None, None)


COMMAND: Any = typer.main.get_command(app)
PARAMETERS = {each.name: each for each in COMMAND.commands["compare"].params}
FLAGS = {name for name, each in PARAMETERS.items() if each.opts[0].startswith("--")}

WRONG: dict[str, list[list[str]]] = {
    "data": [["--data", "nowhere.py:batches"], ["--data", "digits:here"]],
    "out": [["--out", "nets.py/out"]],
    "checkpoint_a": [["--checkpoint-a", "none.pt"]],
    "checkpoint_b": [["--checkpoint-b", "nets.py"]],
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
    "trace": [["--no-trace", "--max-neurons", "9"], ["--no-trace", "--input-axis", "1"]],
    "tokenizer": [["--data", "text:nets.py", "--tokenizer", "./none"]],
    "nulls": [["--nulls", "-1"], ["--nulls", "1000000"]],
    "folds": [["--folds", "1"], ["--folds", "999"]],
    "seed": [["--seed", "-1"], ["--seed", str(2**64)]],
    "device": [["--device", "nowhere"]],
    "eps": [["--eps", "1"], ["--eps", "a"]],
    "plot": [["--plot", "p.jpg"], ["--plot", "no/p.png"]],
    "threads": [["--threads", "0"]],
}
ELSE: dict[str, list[str]] = {
    "time first": [*BASE[:1], "nets.py:recurrent", "nets.py:recurrent", *SEEDS, "--data",
                   "nets.py:series", *OUT],
    "other layers": [*BASE[:2], "nets.py:padded", *BASE[3:], *OUT],
    "a function that takes no more": [*BASE[:-1], "nets.py:vectors(k=1)", "--limit", "3", *OUT],
    "a mask that is not there": [*TEXT, "--mask", "no", *OUT],
    "a mask that does not fit": [*TEXT, "--mask", "inner=wide", "--layers", "inner", *OUT],
    "a mask that may lie otherwise": [*TEXT[:-1], "nets.py:square", "--mask", "all", "--input-axis",
                                      "1", *OUT],
    "an empty file": ["compare", "nets.py:none", *BASE[2:], *OUT],
    "no weights": ["compare", "small-vgg", "small-vgg", "--data", "digits", *OUT],
    "weights said twice": ["compare", "timm:test_vit(pretrained=True)", *BASE[2:], *OUT],
    "no size": ["info", "nets.py:heads"],
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


def test_values_of_python_become_those_of_flags() -> None:
    before = OPTIONS.set(PARAMETERS)
    try:
        for said, spelled in {
            "`trace=False`, `trace=True`": "--no-trace, --trace",
            "`axis={'a.*': (2, 3), 'b': 1}`": "--axis 'a.*=2,3' --axis b=1",
            "`mask={'a': None}`": "--mask a=",
            "`input_axis=1`": "--input-axis 1",
            "`device='cpu'`": "--device cpu",
            "`checkpoint` or `seed`": "--checkpoint-a/-b or --seed-a/-b",
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
