"""A comparison as an HTML table for notebooks: bars for areas, or a shaded matrix of all pairs."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.shown_text import GAP, show_controls
from spanmatch.comparison.keys import shorten_names
from spanmatch.comparison.table import (
    AREA,
    LONGEST,
    describe,
    leave_out_middle,
    list_figure_columns,
    list_name_columns,
    list_remarks,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spanmatch.comparison.layers import ComparedLayers

# Transparent, so that the text stays legible in a light or a dark notebook.
BLUE = "rgba(0, 114, 178, {:.2f})"


def format_html(layers: ComparedLayers) -> str:
    """Return a table with bars for the areas, or for all pairs a shaded matrix of them."""
    table = _format_matrix(layers) if layers.all_pairs else _format_table(layers)
    remarks = "<br>".join(map(escape_text, list_remarks(layers, s1=not layers.all_pairs)))
    return (
        f"<div><p><b>Comparison</b>: {escape_text(describe(layers))}</p>\n"
        f"<table>\n{table}\n</table>\n<p><small>{remarks}</small></p></div>"
    )


def _format_table(layers: ComparedLayers) -> str:
    names, figures = list_name_columns(layers, LONGEST * 2), list_figure_columns(layers)
    lines = [format_row([format_cell(title, "th") for title, _ in names + figures])]
    for key in leave_out_middle(list(layers)):
        if key is None:
            lines.append(format_row([format_cell(GAP, "th")]))
            continue
        cells = [format_cell(cell(key), "th", "text-align: left") for _, cell in names]
        for title, cell in figures:
            style = draw_bar(layers[key].area) if title == AREA else ""
            cells.append(format_cell(cell(key), "td", style))
        lines.append(format_row(cells))
    return "\n".join(lines)


def _format_matrix(layers: ComparedLayers) -> str:
    layers_b, most = leave_out_middle(layers.layers_b), float(np.nanmax(layers.area))
    of_a, of_b = (
        shorten_names(names, LONGEST * 2) | {None: GAP}
        for names in (layers.layers_a, layers.layers_b)
    )
    upright = "writing-mode: vertical-rl; text-align: right"
    lines = [
        format_row(
            [format_cell(AREA, "th"), *(format_cell(of_b[b], "th", upright) for b in layers_b)]
        )
    ]
    for a in leave_out_middle(layers.layers_a):
        cells = [format_cell(of_a[a], "th", "text-align: left")]
        for b in layers_b if a is not None else ():
            known = b is not None and (a, b) in layers
            cells.append(_shade_cell(layers[a, b].area, most) if known else format_cell("", "td"))
        lines.append(format_row(cells))
    return "\n".join(lines)


def format_row(cells: Iterable[str]) -> str:
    """Return a row of cells."""
    return f"<tr>{''.join(cells)}</tr>"


def format_cell(content: str, tag: str, style: str = "") -> str:
    """Return a cell whose content is escaped."""
    styled = f' style="{style}"' if style else ""
    return f"<{tag}{styled}>{escape_text(content.strip())}</{tag}>"


def escape_text(text: str) -> str:
    """Return text escaped for HTML, with visible control characters."""
    return escape(show_controls(text))


def draw_bar(area: float) -> str:
    """Return the style of a cell with a bar behind its text, over this part of its width."""
    end = f"{100 * area:.1f}%"
    return f"background: linear-gradient(90deg, {BLUE.format(0.45)} {end}, transparent {end})"


def _shade_cell(area: float, most: float) -> str:
    part = area / most if most > 0 else 0.0
    return format_cell(f"{area:.2f}", "td", f"background: {BLUE.format(0.6 * part)}")
