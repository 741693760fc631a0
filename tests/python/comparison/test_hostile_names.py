"""Names may hold anything: tables, notebooks, pages and pictures show it as text, data keep it."""

from __future__ import annotations

import html
import io
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("matplotlib")
import spanmatch as sm
from comparisons import comparison
from hostile_names import HOSTILE, OBEYED, WIDEST
from html_pages import parsed
from many_networks import make_many
from spanmatch.base.shown_text import show_name
from spanmatch.comparison.many.many_findings import describe_findings
from spanmatch.plot.page.svg import inline_svg, render_svg

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")


def all_pairs() -> list[tuple[str, str]]:
    return [(a, b) for a in HOSTILE[:4] for b in HOSTILE[4:7]]


def texts() -> dict[str, sm.Comparison | sm.ManyComparison]:
    notes = {HOSTILE[3]: HOSTILE[0]}
    return {
        "layers": comparison(HOSTILE, notes=notes, left_out={"\x1b[0m": "\x1b[1m"}),
        "all pairs": comparison(all_pairs()),
        "many": make_many(layers=(HOSTILE[0], HOSTILE[3]), names=HOSTILE[3:8]),
        "reference": make_many(layers=HOSTILE, reference=HOSTILE[3], names=HOSTILE[:4]),
    }


KINDS = texts()


@pytest.mark.parametrize("kind", KINDS)
def test_no_terminal_obeys_a_table_and_no_row_is_too_wide(kind: str) -> None:
    shown = repr(KINDS[kind])
    assert not OBEYED.search(shown)
    table = shown.split("\n\n")[1]
    assert max(map(len, table.splitlines())) <= WIDEST
    # Each name has a row of its own, and one line.
    names = [each for each in HOSTILE[:3] if each in shown or show_name(each) in shown]
    assert len(names) >= (3 if kind in ("layers", "reference") else 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_shows_names_as_text(kind: str, tmp_path: Path) -> None:
    text = KINDS[kind]._repr_html_()
    assert "<script" not in text
    assert not OBEYED.search(text)
    (tmp_path / "page.html").write_text(f"<html>{text}</html>", encoding="utf-8")
    parsed(tmp_path / "page.html")


def check_drawing(figure: Figure) -> str:
    """See that it is drawn whole, with names as text, and return it as part of a page."""
    svg = render_svg(figure, "name")
    ET.parse(io.StringIO(svg))
    figure.savefig(io.BytesIO(), format="png")
    inline = inline_svg(svg, 'aria-label="name"')
    assert "<script" not in inline
    return inline


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_show_names_as_text(kind: str) -> None:
    drawing = html.unescape(check_drawing(KINDS[kind].plot()))
    if kind == "layers":
        assert "$a$ and $b$" in drawing
        assert "#0072b2 font: 12px x" in drawing


def test_findings_have_no_control_characters() -> None:
    many = KINDS["many"]
    assert isinstance(many, sm.ManyComparison)
    for sentence in describe_findings(many):
        assert not OBEYED.search(sentence)


@pytest.mark.parametrize("kind", ["many", "reference"])
def test_a_page_shows_names_as_text(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    from spanmatch.torch import write_many_report

    many = KINDS[kind]
    assert isinstance(many, sm.ManyComparison)
    many.save(tmp_path / "out")
    loaded = sm.load(tmp_path / "out")
    assert isinstance(loaded, sm.ManyComparison)
    assert loaded.networks == many.networks
    page = write_many_report(tmp_path / "out")
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert not OBEYED.search(text)
    parsed(page)


def test_data_keep_names_as_they_are(tmp_path: Path) -> None:
    made = KINDS["layers"]
    made.save(tmp_path / "out")
    loaded = sm.load(tmp_path / "out")
    assert isinstance(loaded, sm.Comparison)
    assert tuple(loaded) == HOSTILE
    assert [row["layer"] for row in made.to_dict()["layers"]] == list(HOSTILE)
