"""The report of an experiment: one page, and its figures as files.

`findings` is the content of the folder. `claims` holds the questions and their answers, each a
`claim`; the one on `single_neurons` has its own module. `figures` lists the figures, which are
drawn in `curves`, `depth`, `calibrated` and `match_sizes`, each a `drawing` with its numbers.
`page` puts all into the frame of `spanmatch.plot.page`.
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from spanmatch.base.atomic import replacing
from spanmatch.base.folder_lock import lock_folder
from spanmatch.base.plain_json import write_json
from spanmatch.experiment.folder import Folder
from spanmatch.experiment.report.claims import answer_claims
from spanmatch.experiment.report.figures import draw_figures
from spanmatch.experiment.report.findings import read_findings
from spanmatch.experiment.report.page import render_page
from spanmatch.plot.page.svg import render_png

if TYPE_CHECKING:
    from pathlib import Path

    from spanmatch.experiment.report.drawing import NumberedDrawing

FORMULAS = tuple("=+-@\t\r")  # Spreadsheets take a cell that begins with one for a formula.


def write_report(path: Path) -> Path:
    """Write `report.html` and its figures into the folder of an experiment; return its path.

    Every figure is in `figures` as .png and .svg, and its numbers as .csv and .json. In .csv a name
    that a spreadsheet would take for a formula begins with an apostrophe; .json has the plain name.
    The same folder gives the same bytes.

    Raises
    ------
    OSError
        A file cannot be read or written.
    ValueError
        A file of the experiment is missing or damaged, or another process is writing to the
        folder.
    """
    folder = Folder(path)
    with lock_folder(path):
        findings = read_findings(path)
        figures = draw_figures(findings)
        folder.sweep()
        folder.figures.mkdir(exist_ok=True)
        for figure in figures:
            _write_figure(folder.figures, figure)
        with replacing(folder.report) as unfinished:
            unfinished.write_text(
                render_page(findings, answer_claims(findings), figures), encoding="utf-8"
            )
    return folder.report


def _write_figure(folder: Path, drawn: NumberedDrawing) -> None:
    with replacing(folder / f"{drawn.name}.png") as unfinished:
        unfinished.write_bytes(render_png(drawn.figure))
    with replacing(folder / f"{drawn.name}.svg") as unfinished:
        unfinished.write_text(drawn.svg, encoding="utf-8")
    table = StringIO()
    names = list(drawn.rows[0]) if drawn.rows else []
    writer = csv.DictWriter(table, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _as_cell(value) for name, value in row.items()} for row in drawn.rows)
    with replacing(folder / f"{drawn.name}.csv") as unfinished:
        unfinished.write_text(table.getvalue(), encoding="utf-8")
    write_json(folder / f"{drawn.name}.json", drawn.rows)


def _as_cell(value: object) -> object:
    """Return a value of a table, with an apostrophe before names that look like formulas.

    >>> _as_cell("=HYPERLINK(1)"), _as_cell("fc"), _as_cell(-0.5)
    ("'=HYPERLINK(1)", 'fc', -0.5)
    """
    return f"'{value}" if isinstance(value, str) and value[:1] in FORMULAS else value
