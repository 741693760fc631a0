"""Calibrated measures as a table of layers × measures, and a sentence on those within chance."""

from __future__ import annotations

import math
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.shown_text import GAP, shorten_name
from spanmatch.base.words import count_of, list_names
from spanmatch.comparison.html_table import draw_bar, escape_text, format_cell, format_row
from spanmatch.comparison.keys import Key, label, shorten_names, split_key
from spanmatch.comparison.table import (
    LETTERS,
    LONGEST,
    align_columns,
    leave_out_middle,
    list_name_columns,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spanmatch.comparison.calibrated_layers import CalibratedLayers
    from spanmatch.results.calibration import CalibratedMeasure

WIDTH = 100  # Letters in a line. More measures than fit are in blocks below.
NAMED = 3  # At most this number of layers is named in a remark.
FULL = "τ = 1"  # Shown in place of a score if no value can exceed the threshold.
SATURATED = (
    "saturated, since chance reaches the largest value (τ = 1; take more samples, or for matches a "
    "ridge)"
)
UNKNOWN = "–"
CHOSEN = (
    "of each layer of A the layer of B of the largest calibrated {}; `best` gives p that count "
    "this choice"
)


def format_calibrated(layers: CalibratedLayers) -> str:
    """Return a text table: each measure's calibrated score, and its value in brackets."""
    blocks = [_align_block(layers, measures) for measures in _deal_measures(layers)]
    remarks = [fill(line, WIDTH, subsequent_indent="    ") for line in list_remarks(layers)]
    return "\n\n".join([describe(layers), *blocks, "\n".join(remarks)])


def format_calibrated_html(layers: CalibratedLayers) -> str:
    """Return a table for notebooks, with bars for the scores."""
    names, keys = list_name_columns(layers, LONGEST * 2), list_shown_keys(layers)
    heads = [title for title, _ in names] + [
        head for measure in layers.measures for head in (measure, "as it is")
    ]
    lines = [format_row([format_cell(head, "th") for head in heads])]
    for key in keys:
        if key is None:
            lines.append(format_row([format_cell(GAP, "th")]))
            continue
        cells = [format_cell(cell(key), "th", "text-align: left") for _, cell in names]
        for measure in layers.measures:
            found = layers[key].get(measure)
            bar = "" if found is None or math.isnan(found.score) else draw_bar(found.score)
            cells.append(format_cell(_format_score(found), "td", bar))
            cells.append(format_cell(_format_value(found), "td"))
        lines.append(format_row(cells))
    table, remarks = "\n".join(lines), "<br>".join(map(escape_text, list_remarks(layers)))
    return (
        f"<div><p><b>{escape_text(describe(layers))}</b></p>\n<table>\n{table}\n</table>\n"
        f"<p><small>{remarks}</small></p></div>"
    )


def describe(layers: CalibratedLayers) -> str:
    """Describe in one line what was calibrated."""
    compared = (
        f"{len(layers.layers_a)} × {len(layers.layers_b)} layers"
        if layers.all_pairs
        else count_of(len(layers), "layer")
    )
    counts = sorted({each.n_distinct for each in layers.values()})
    nulls = " or ".join(map(str, counts))
    return f"Calibrated measures: {compared}, {nulls} distinct nulls, level {layers.level:g}"


def list_remarks(layers: CalibratedLayers) -> list[str]:
    """Return the lines under a table: what it shows, and which measures are within chance."""
    kinds = {
        "no more than chance": _is_chance,
        SATURATED: lambda found: found.saturated,
        "without a value, of the data or of a null": _is_unknown,
    }
    told = [line for what, wanted in kinds.items() for line in _tell(what, wanted, layers)]
    return [
        *([CHOSEN.format(_choose_measure(layers))] if layers.all_pairs else []),
        "max(0, (value - τ) / (1 - τ)), τ what chance reaches; in brackets the value as it is",
        *(told or ["more than chance: every measure of every layer"]),
    ]


def list_shown_keys(layers: CalibratedLayers) -> list[Key | None]:
    """Return the keys of a table's rows; for all pairs of layers, the best one for each of A.

    The best layer of B has the largest calibrated score. None stands for a middle that is left out.
    """
    if not layers.all_pairs:
        return leave_out_middle(list(layers))
    measure = _choose_measure(layers)
    keys: list[Key] = []
    for a in layers.layers_a:
        of_a = [key for key in layers if key[0] == a]
        keys.append(max(of_a, key=lambda key: _sort_by(layers[key].get(measure))))
    return leave_out_middle(keys)


def _is_chance(found: CalibratedMeasure) -> bool:
    return found.score == 0.0 and not found.saturated


def _is_unknown(found: CalibratedMeasure) -> bool:
    return math.isnan(found.score)


def _tell(
    what: str, wanted: Callable[[CalibratedMeasure], bool], layers: CalibratedLayers
) -> list[str]:
    """Return lines on the measures that are `wanted` in some layers, and on these layers.

    Measures that are `wanted` in the same layers share a line.
    """
    alike: dict[tuple[Key, ...], list[str]] = {}
    for measure in layers.measures:
        keys = [key for key, each in layers.items() if measure in each and wanted(each[measure])]
        if keys:
            alike.setdefault(tuple(keys), []).append(measure)
    parts = [f"{', '.join(names)} in {_name(keys, layers)}" for keys, names in alike.items()]
    if len(parts) < 2:
        return [f"{what}: {part}" for part in parts]
    return [f"{what}:", *(f"  {part}" for part in parts)]


def _name(keys: Sequence[Key], layers: CalibratedLayers) -> str:
    if len(keys) == len(layers):
        return f"all {len(keys)}" if len(keys) > 1 else shorten_name(label(keys[0]))
    if layers.all_pairs:
        return f"{len(keys)} of {len(layers)} pairs of layers"
    short = shorten_names(layers.layers_a, LETTERS)
    return list_names([short[split_key(key)[0]] for key in keys], NAMED)


def _choose_measure(layers: CalibratedLayers) -> str:
    return "area" if "area" in layers.measures else layers.measures[0]


def _sort_by(found: CalibratedMeasure | None) -> tuple[float, float]:
    if found is None or math.isnan(found.score):
        return -1.0, -1.0
    return found.score, found.value


def _deal_measures(layers: CalibratedLayers) -> list[list[str]]:
    """Divide the measures into blocks that are no wider than a line."""
    names = [cell(key) for _, cell in list_name_columns(layers, LETTERS) for key in layers]
    room = WIDTH - max(map(len, names)) * (2 if layers.all_pairs else 1)
    blocks: list[list[str]] = []
    left = 0
    for measure in layers.measures:
        width = 2 + max(len(measure), len(f"{FULL} (1.00)"))
        if not blocks or width > left:
            blocks.append([])
            left = room
        blocks[-1].append(measure)
        left -= width
    return blocks


def _align_block(layers: CalibratedLayers, measures: Sequence[str]) -> str:
    names = list_name_columns(layers, LETTERS)
    table = [[title for title, _ in names] + list(measures)]
    for key in list_shown_keys(layers):
        if key is None:
            table.append([GAP])
            continue
        cells = [layers[key].get(measure) for measure in measures]
        shown = [f"{_format_score(cell)} ({_format_value(cell)})" for cell in cells]
        table.append([cell(key) for _, cell in names] + shown)
    return "\n".join(align_columns(table, len(names)))


def _format_score(found: CalibratedMeasure | None) -> str:
    if found is None or math.isnan(found.score):
        return UNKNOWN
    return FULL if found.saturated else f"{found.score:.2f}"


def _format_value(found: CalibratedMeasure | None) -> str:
    return UNKNOWN if found is None or np.isnan(found.value) else f"{found.value:.2f}"
