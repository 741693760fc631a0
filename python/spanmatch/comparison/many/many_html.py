"""A comparison of many networks as an HTML table for notebooks, with a bar for each median."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.shown_text import GAP
from spanmatch.comparison.html_table import draw_bar, escape_text, format_cell, format_row
from spanmatch.comparison.many.many_table import (
    MEDIAN,
    TITLES,
    describe_layers,
    describe_many,
    find_median,
    list_remarks,
)
from spanmatch.comparison.table import leave_out_middle

if TYPE_CHECKING:
    from spanmatch.comparison.many.compared_networks import ComparedNetworks


def format_many_html(many: ComparedNetworks) -> str:
    """Return the table of `format_many`, with a bar behind each median area."""
    lines = [format_row([format_cell(title, "th") for title in TITLES])]
    rows = dict(zip(many.layers, describe_layers(many, many.layers), strict=True))
    for layer in leave_out_middle(many.layers):
        if layer is None:
            lines.append(format_row([format_cell(GAP, "th")]))
            continue
        name, *figures, pair = rows[layer]
        bar = draw_bar(find_median(many, layer))
        cells = [
            format_cell(figure, "td", bar if title == MEDIAN else "")
            for title, figure in zip(TITLES[1:], figures, strict=False)
        ]
        left = "text-align: left"
        lines.append(
            format_row([format_cell(name, "th", left), *cells, format_cell(pair, "td", left)])
        )
    table, remarks = "\n".join(lines), "<br>".join(map(escape_text, list_remarks(many)))
    return (
        f"<div><p><b>ManyComparison</b> of {escape_text(describe_many(many))}</p>\n"
        f"<table>\n{table}\n</table>\n<p><small>{remarks}</small></p></div>"
    )
