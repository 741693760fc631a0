"""Pages of the documentation: their text, and the parts under their headings."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,3} (.+)$", re.MULTILINE)


def read_page(name: str) -> str:
    """Return the text of a page, named as `guide/errors`."""
    return (DOCS / f"{name}.md").read_text("utf-8")


def split_by_headings(name: str) -> dict[str, str]:
    """Return the parts of a page by what links call them: each goes to the next heading."""
    # In code a line that begins so is a comment.
    text = FENCED.sub(lambda found: found[0].replace("\n#", "\n #"), read_page(name))
    _, *parts = HEADING.split(text)
    slugs = [make_slug(heading) for heading in parts[::2]]
    assert len(set(slugs)) == len(slugs), "two headings have one name"
    return dict(zip(slugs, parts[1::2], strict=True))


def make_slug(heading: str) -> str:
    """Return what links call a heading.

    >>> make_slug("The ridge's grid")
    'the-ridges-grid'
    """
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


def list_code(text: str) -> set[str]:
    """Return what stands between backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))
