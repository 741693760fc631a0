"""The README's Python runs, and says what it promises."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from python_blocks import read_blocks, run_under_torchrun

if TYPE_CHECKING:
    from python_blocks import Block

README = Path(__file__).parents[2] / "README.md"
BLOCKS = read_blocks(README)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_the_example_runs(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if block.is_for_torchrun:
        printed = run_under_torchrun(block, monkeypatch)
        assert "MatchSpectrum(16 + 16 neurons, 0 + 0 dead, 1600 samples" in printed
    else:
        block.run({})


def test_one_example_runs_under_torchrun() -> None:
    assert [block.is_for_torchrun for block in BLOCKS].count(True) == 1


def test_the_first_example_is_short() -> None:
    assert len([line for line in BLOCKS[0].code.splitlines() if line.strip()]) <= 12


def test_local_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text("utf-8"))
    assert links
    for link in links:
        assert (README.parent / link).exists(), link
