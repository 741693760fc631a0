"""Axes and masks that hold by glob, as options that are given again, and comparisons that go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import spanmatch as sm

pytest.importorskip("typer")
pytest.importorskip("torch")
from cli_files import done, failed, strict
from odd_nets import BASE, OUT, TEXT, nets
from spanmatch.cli.by_glob import parse_axes, parse_masks
from spanmatch.cli.exit_codes import WrongUsage
from spanmatch.comparison.comparison import Comparison

__all__ = ["nets"]  # a fixture
pytestmark = pytest.mark.usefixtures("nets")


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
    Path("odd_other.py").write_text(
        "import oddly\n"
        "class Other(oddly.Padded):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.other = self.embed\n"
        "        del self.embed\n"
        "    def forward(self, ids):\n"
        "        return self.head(self.inner(self.other(ids)).tanh().mean(1))\n"
        "def other():\n"
        "    return Other()\n"
    )
    models = ["compare", "oddly.py:padded", "odd_other:other", *TEXT[3:]]
    layers = ["--layers", "embed", "--layers-b", "other"]
    masks = ["--mask", "embed=padding", "--mask", "other=padding"]
    assert neurons(*models, *layers, *masks) == {"embed": (4, 160)}
    failed(1, *models, *layers, "--mask", "nowhere=padding", "--out", "no",
           words=("--mask: no chosen layer of A or B matches 'nowhere'",))  # fmt: skip


@pytest.mark.parametrize(
    ("parse", "given", "words"),
    [
        (parse_axes, ["last"], "--axis takes a whole number.*not 'last'"),
        (parse_axes, ["1", "a=2"], "--axis takes one N for all layers.*not '1'"),
        (parse_axes, ["=1"], "not '=1'"),
        (parse_axes, ["a=1", "a=2"], "--axis is given twice for 'a'"),
        (parse_axes, ["a=1,"], "not '1,'"),
        (parse_masks, ["one", "two"], "--mask takes one KEY for all layers.*not 'one'"),
        (parse_masks, ["a=one", "a="], "--mask is given twice"),
    ],
)
def test_what_is_no_value_by_glob_is_wrong_usage(parse: Any, given: list[str], words: str) -> None:
    with pytest.raises(WrongUsage, match=words):
        parse(given)


def test_nothing_is_said_where_nothing_is_given() -> None:
    assert (parse_axes(None), parse_masks([])) == (None, None)
