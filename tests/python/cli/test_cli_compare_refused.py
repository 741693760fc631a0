"""What `spanmatch compare` refuses, and by which exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("typer")
pytest.importorskip("torch")
from cli_files import done, failed
from compare_runs import COMMAND, MODELS, WEIGHTS, made, place

__all__ = ["made", "place"]  # fixtures
pytestmark = pytest.mark.usefixtures("place")


def test_failures_exit_with_1() -> None:
    small = "nets.py:small"
    for arguments, words in [
        (["nets.py:smal", small], ["no 'smal'", "small"]),
        ([small, small, "--checkpoint-b", "c.pt"], ["c.pt: No such"]),
        (
            ["nets.py:broken", "nets.py:broken"],
            ["the model (Broken), batch 0", "broken on purpose"],
        ),
        ([small, small, "--layers", "con1*"], ["'con1*'", "conv1"]),
        # What is found out later is told in the command's words too.
        (
            [small, small, "--layers", "act", "--layers-b", "conv*"],
            ["--layers means 1 layer", "--layers-b 2"],
        ),
        (
            [small, "nets.py:wide"],
            ["choose by --layers those of A, and by --layers-b those of B"],
        ),
        (["hf:./none", small], ["--checkpoint-a/-b, a file, or --seed-a/-b for"]),
    ]:
        failed(1, "compare", *arguments, *MODELS[3:], "--data", "digits", words=tuple(words))
    # What has come to nothing is not in the way.
    done(*COMMAND, "--layers", "head")
    failed(1, *COMMAND, words=("out holds another", '  layers: ["head"] there, null now'))
    failed(1, *COMMAND[:6], "nets.py/out", *WEIGHTS, "--data", "digits", words=("nets.py",))
    picture = ["--layers", "head", "--plot", "no/p.png"]
    failed(1, *COMMAND, *picture, words=("no: there is no such folder",))


def test_wrong_usage_exits_with_2_and_writes_nothing() -> None:
    for arguments, words in [
        ([*COMMAND, "--all-pairs"], ["--all-pairs compares", "choose them by --layers\n"]),
        (
            [*COMMAND, "--all-pairs", "--layers", "act", "--folds", "2"],
            ["leave --all-pairs out", "by --layers and --layers-b; or leave --folds out\n"],
        ),
        ([*COMMAND, "--plot", "p.jpg"], ["p.jpg", ".png"]),
        ([*COMMAND, "--device", "nowhere"], ["--device is 'nowhere', which is no device"]),
        ([*COMMAND, "--device", "cuda:99"], ["cuda:99"]),
    ]:
        failed(2, *arguments, words=tuple(words))
    for arguments in ([*MODELS], [*COMMAND, "--limit", "0"], ["compare", "--data", "digits"]):
        with pytest.raises(AssertionError, match="Usage: "):
            done(*arguments)
    assert not Path("out").exists()
