"""The page of performance has no figure that was not measured: all stand where benches are told."""

from __future__ import annotations

import re

from docs_pages import DOCS, read_page

TIMES = re.compile(r"\d[\d.,]*(?: to \d[\d.,]*)?(?:/\d+)? ?(?:µs|ms|s|MB|GB|n²)(?![\w])")
BENCHES = (DOCS.parent / "benches" / "README.md").read_text("utf-8")


def list_cells(text: str) -> list[str]:
    """Return the cells of all tables that are figures."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [cell.strip() for row in rows for cell in row[1:]]


def test_every_figure_was_measured() -> None:
    page = read_page("background/performance")
    figures = TIMES.findall(page)
    assert len(figures) > 80
    assert [figure for figure in figures if figure not in BENCHES] == []


def test_every_ratio_in_a_table_was_measured() -> None:
    numbers = [
        number
        for cell in list_cells(read_page("background/performance"))
        for number in re.findall(r"(?<![\w.])\d+\.\d+(?![\w.%])", cell)
    ]
    assert len(numbers) > 60
    assert [number for number in numbers if number not in BENCHES] == []
