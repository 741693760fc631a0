"""The pages of the site: their Python runs, their links lead somewhere, and no name is missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import torch

import spanmatch as sm
import spanmatch.pipelines
import spanmatch.torch
from docs_pages import DOCS
from python_blocks import read_blocks, run_under_torchrun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUILT = {"_build", "gallery", "generated", "drawn"}
PAGES = sorted(page for page in DOCS.rglob("*.md") if not BUILT & set(page.relative_to(DOCS).parts))
WITH_CODE = [page for page in PAGES if read_blocks(page)]


def name_page(page: Path) -> str:
    return page.relative_to(DOCS).with_suffix("").as_posix()


@pytest.mark.parametrize("page", WITH_CODE, ids=name_page)
def test_the_python_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block may use what blocks before it on the page have named."""
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # networks as small as these gain nothing by more
    names: dict[str, Any] = {"__name__": "page"}
    for block in read_blocks(page):
        if block.is_for_torchrun:
            assert "MatchSpectrum(" in run_under_torchrun(block, monkeypatch)
        else:
            block.run(names)
    torch.set_num_threads(threads)


def links_of(page: Path) -> Iterator[Path]:
    """Every file that a page links to or shows; of what the build makes, what it is made from."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\((?![a-z]+:)([^)#\s]+)", text):
        if not link.endswith("gallery/index"):
            yield page.parent / link
    for name in re.findall(r"^```\{picture\} (\S+)$", page.read_text("utf-8"), re.MULTILINE):
        yield DOCS / "pictures" / f"{name}.py"


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for link in links_of(page):
        assert link.exists(), link


def test_every_picture_is_shown() -> None:
    shown = {link for page in PAGES for link in links_of(page) if link.suffix == ".py"}
    assert shown == set((DOCS / "pictures").glob("*.py"))


def test_every_public_name_is_in_the_reference() -> None:
    text = (DOCS / "api" / "index.rst").read_text("utf-8")
    modules = {
        "spanmatch": sm,
        "spanmatch.torch": spanmatch.torch,
        "spanmatch.pipelines": spanmatch.pipelines,
    }
    found: dict[str, list[str]] = {name: [] for name in modules}
    module = ""
    for line in text.splitlines():
        if directive := re.match(r"\.\. currentmodule:: (\S+)", line):
            module = directive[1]
        elif listed := re.fullmatch(r" {3}(\w+)", line):
            found[module].append(listed[1])
    for name, names in found.items():
        assert sorted(names) == sorted(set(modules[name].__all__) - {"__version__"})
