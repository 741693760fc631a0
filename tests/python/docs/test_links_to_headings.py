"""Links to a heading, on the same page or on another, find one."""

from __future__ import annotations

import re

import pytest

from docs_pages import DOCS, FENCED, read_page, split_by_headings

BUILT = {"_build", "gallery", "generated", "drawn"}
PAGES = sorted(
    page.relative_to(DOCS).with_suffix("").as_posix()
    for page in DOCS.rglob("*.md")
    if not BUILT & set(page.relative_to(DOCS).parts)
)


@pytest.mark.parametrize("name", PAGES)
def test_links_to_headings_find_one(name: str) -> None:
    text = FENCED.sub("", read_page(name))
    for target, heading in re.findall(r"\]\(([\w./]*?)(?:\.md)?#([^)\s]+)\)", text):
        path = (DOCS / name).parent / target if target else DOCS / name
        found = split_by_headings(path.resolve().relative_to(DOCS).as_posix())
        assert heading in found, f"{target}#{heading}"
