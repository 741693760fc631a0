"""The README's Python runs, and says what it promises."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from python_blocks import read_blocks

if TYPE_CHECKING:
    from python_blocks import Block

README = Path(__file__).parents[2] / "README.md"
BLOCKS = read_blocks(README)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_the_example_runs(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    block.run({})


def test_the_first_example_is_short() -> None:
    assert len([line for line in BLOCKS[0].code.splitlines() if line.strip()]) <= 12


REPOSITORY = "https://github.com/spanmatch/spanmatch/"


def test_links_into_the_repository_lead_somewhere() -> None:
    links = re.findall(rf"\]\({REPOSITORY}(blob|tree)/main/([^)#]+)\)", README.read_text("utf-8"))
    assert links
    for kind, link in links:
        path = README.parent / link
        assert path.is_file() if kind == "blob" else path.is_dir(), link


def test_every_link_is_whole() -> None:
    """The package index shows this page too, where a relative link leads nowhere."""
    for link in re.findall(r"\]\(([^)]+)\)", README.read_text("utf-8")):
        assert link.startswith("https://"), link


def test_it_stays_short() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= 120
