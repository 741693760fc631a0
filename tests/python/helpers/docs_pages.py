"""Pages of the documentation: their text, and the parts under their anchors."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"
ANCHOR = re.compile(r"^\((.+)\)=$", re.MULTILINE)


def read_page(name: str) -> str:
    """Return the text of a page, named as `guide/errors`."""
    return (DOCS / f"{name}.md").read_text("utf-8")


def split_by_anchors(name: str) -> dict[str, str]:
    """Return the parts of a page by their anchors: each goes to the next anchor."""
    _, *parts = ANCHOR.split(read_page(name))
    anchors = parts[::2]
    assert len(set(anchors)) == len(anchors), "an anchor is there twice"
    return dict(zip(anchors, parts[1::2], strict=True))


def list_code(text: str) -> set[str]:
    """Return what stands between backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))
