"""Many networks' comparison as a table for notebooks, with a bar for each median."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from spanmatch.comparison.html_table import draw_bar, format_cell, format_row
from spanmatch.comparison.many.many_table import (
    MEDIAN,
    TITLES,
    describe_layer,
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
    for layer in leave_out_middle(many.layers):
        if layer is None:
            lines.append(format_row([format_cell("…", "th")]))
            continue
        name, *figures, pair = describe_layer(many, layer)
        bar = draw_bar(find_median(many, layer))
        cells = [
            format_cell(figure, "td", bar if title == MEDIAN else "")
            for title, figure in zip(TITLES[1:], figures, strict=False)
        ]
        left = "text-align: left"
        lines.append(
            format_row([format_cell(name, "th", left), *cells, format_cell(pair, "td", left)])
        )
    table, remarks = "\n".join(lines), "<br>".join(map(escape, list_remarks(many)))
    return (
        f"<div><p><b>ManyComparison</b> of {escape(describe_many(many))}</p>\n"
        f"<table>\n{table}\n</table>\n<p><small>{remarks}</small></p></div>"
    )
