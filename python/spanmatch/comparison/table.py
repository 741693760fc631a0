"""A comparison as rows, as a table of text, and as a table for notebooks."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.comparison.beyond_chance import in_words
from spanmatch.comparison.keys import GAP, Key, label, short_names, sides
from spanmatch.results.spectrum import chance_level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from spanmatch.comparison.comparison import Comparison
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.spectrum import MatchSpectrum

    Column = tuple[str, Callable[[Key], str]]

EPS = tuple(tenths / 10 for tenths in range(1, 10))
SHOWN_EPS = EPS[::2]
LONGEST = 40  # rows of a table, and columns of a matrix; the middle of more is left out
NAME = 34  # letters of a layer's name in a table of text
REMARKS, NAMED = 5, 3  # notes under a table, and layers that each names
AREA = "area"
CHANCE = "chance: the median residual to expect of unrelated neurons; (s): ε is at or above it"
NULL_CHANCE = (
    "null chance: the median critical ε of {}, B rolled against A by whole inputs; (s): ε is at or "
    "above it"
)
DEPENDENT = "chance is an upper bound where the samples of one input depend on each other"
# Over the ground of the notebook, light or dark, so that its own colour of text stays legible.
BLUE = "rgba(0, 114, 178, {:.2f})"


def rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the figures of each layer, or of each pair of layers."""
    return [_row(comparison, key, spectrum) for key, spectrum in comparison.items()]


def about(comparison: Comparison) -> str:
    """Return in a line what was compared."""
    counts = {spectrum.n_samples for spectrum in comparison.values()}
    samples = f"{min(counts)}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    parts = [f"{samples} samples"]
    if comparison.inputs is not None:
        parts.append(f"{comparison.inputs} inputs")
    if comparison.center:
        parts.append("centred")
    return ", ".join([_count(comparison), *parts])


def text(comparison: Comparison) -> str:
    """Return a table of text; for all pairs, of each layer of A with the most alike of B."""
    keys = _most_alike(comparison) if comparison.all_pairs else list(comparison)
    columns = _names(comparison, NAME) + _figures(comparison)
    shown = _ends(keys)
    table = [
        [title for title, _ in columns],
        *([GAP] if key is None else [cell(key) for _, cell in columns] for key in shown),
    ]
    lines = _aligned(table, _names_count(comparison))
    return "\n".join([f"Comparison: {about(comparison)}", "", *lines, "", *_remarks(comparison)])


def html(comparison: Comparison) -> str:
    """Return a table with bars for the areas; for all pairs, their matrix, shaded."""
    table = _html_matrix(comparison) if comparison.all_pairs else _html_table(comparison)
    remarks = "<br>".join(map(escape, _remarks(comparison)))
    return (
        f"<div><p><b>Comparison</b>: {escape(about(comparison))}</p>\n"
        f"<table>\n{table}\n</table>\n<p><small>{remarks}</small></p></div>"
    )


def _row(comparison: Comparison, key: Key, spectrum: MatchSpectrum) -> dict[str, Any]:
    dead_x, dead_y = spectrum.dead
    a, b = sides(key)
    return {
        **({"layer_a": a, "layer_b": b} if comparison.all_pairs else {"layer": a}),
        "n_x": spectrum.x.size,
        "n_y": spectrum.y.size,
        "dead_x": dead_x.size,
        "dead_y": dead_y.size,
        "samples": spectrum.n_samples,
        "inputs": comparison.inputs,
        "chance": chance_level(spectrum.chance),
        "area": spectrum.area,
        **_sure(comparison, key),
        **{f"s({eps:g})": spectrum.similarity(eps) for eps in EPS},
        "note": comparison.notes.get(key, ""),
    }


def _sure(comparison: Comparison, key: Key) -> dict[str, Any]:
    """Return what nulls and folds tell, for a comparison that has any."""
    spectrum, nulls, interval = comparison.solved(key)
    found: dict[str, Any] = {}
    if nulls is not None:
        found["null_chance"] = nulls.chance_level
        found["null_area"] = float(np.median(nulls.area))
        found["p_value"] = nulls.p_value(spectrum)
    if interval is not None:
        found["area_low"], found["area_high"] = interval.area.tolist()
    return found


def _count(comparison: Comparison) -> str:
    if comparison.all_pairs:
        return f"{len(comparison.layers_a)} × {len(comparison.layers_b)} layers"
    return "1 layer" if len(comparison) == 1 else f"{len(comparison)} layers"


def _most_alike(comparison: Comparison) -> list[Key]:
    """Return for each layer of A the key of the layer of B with the largest area."""
    best = np.nanargmax(comparison.area, axis=1)
    layers_b = comparison.layers_b
    return [(a, layers_b[place]) for a, place in zip(comparison.layers_a, best, strict=True)]


def _names_count(comparison: Comparison) -> int:
    return 2 if comparison.all_pairs else 1


def _names(comparison: Comparison, letters: int) -> list[Column]:
    of_a = short_names(comparison.layers_a, letters)
    of_b = short_names(comparison.layers_b, letters)
    columns: list[Column] = [("layer", lambda key: of_a[sides(key)[0]])]
    if comparison.all_pairs:
        columns = [
            ("layer of A", columns[0][1]),
            ("most alike of B", lambda key: of_b[sides(key)[1]]),
        ]
    return columns


def _figures(comparison: Comparison) -> list[Column]:
    """Return the columns of figures: those that say something."""
    spectra, intervals = comparison.values(), comparison.intervals
    columns: list[tuple[str, Callable[[LayerAnswer], str]]] = [
        ("neurons", lambda each: f"{each.spectrum.x.size} + {each.spectrum.y.size}")
    ]
    if any(part.size for spectrum in spectra for part in spectrum.dead):
        columns.append(("dead", lambda each: " + ".join(f"{n.size}" for n in each.spectrum.dead)))
    if len({spectrum.n_samples for spectrum in spectra}) > 1:
        columns.append(("samples", lambda each: f"{each.spectrum.n_samples}"))
    chance = "null chance" if comparison.nulls else "chance"
    columns.append((chance, lambda each: f"{each.chance_level:.2f}"))
    columns.append((AREA, lambda each: f"{each.spectrum.area:.2f}"))
    if intervals:
        level = next(iter(intervals.values())).level
        columns.append((f"{level:.0%} interval", _interval))
    if comparison.nulls:
        columns.append(("p", _p_value))
    columns.extend((f"s({eps:g}) ", partial(_similarity, eps)) for eps in SHOWN_EPS)
    return [(title, partial(_of_layer, comparison, show)) for title, show in columns]


def _of_layer(comparison: Comparison, show: Callable[[LayerAnswer], str], key: Key) -> str:
    return show(comparison.solved(key))


def _interval(each: LayerAnswer) -> str:
    return "" if each.interval is None else "{:.3f} to {:.3f}".format(*each.interval.area)


def _p_value(each: LayerAnswer) -> str:
    return "" if each.nulls is None else f"{each.nulls.p_value(each.spectrum):.2g}"


def _similarity(eps: float, each: LayerAnswer) -> str:
    value = f"{each.spectrum.similarity(eps):.2f}"
    return f"({value})" if eps >= each.chance_level else f"{value} "


def _remarks(comparison: Comparison) -> list[str]:
    """Return the lines under a table."""
    of_note: dict[str, list[Key]] = {}
    for key, note in comparison.notes.items():
        of_note.setdefault(note, []).append(key)
    lines = [f"{_listed(keys)}: {note}" for note, keys in of_note.items()]
    more = len(lines) - REMARKS
    counts = sorted({nulls.counted for nulls in comparison.nulls.values()})
    chance = [CHANCE, *([DEPENDENT] if comparison.inputs is not None else [])]
    return [
        *([NULL_CHANCE.format(" or ".join(counts))] if counts else chance),
        *in_words(comparison),
        *lines[:REMARKS],
        *([f"… and {more} more notes"] if more > 0 else []),
    ]


def _listed(keys: Sequence[Key]) -> str:
    more = len(keys) - NAMED
    return ", ".join(map(label, keys[:NAMED])) + (f" and {more} more" if more > 0 else "")


def _ends(items: Sequence[Any]) -> list[Any]:
    """Return all items, or the first and the last with None between."""
    if len(items) <= LONGEST:
        return list(items)
    return [*items[: LONGEST // 2], None, *items[-LONGEST // 2 :]]


def _aligned(table: list[list[str]], names: int) -> Iterable[str]:
    widths = [
        max(map(len, column)) for column in zip(*(r for r in table if r != [GAP]), strict=True)
    ]
    for row in table:
        cells = (
            cell.ljust(width) if place < names else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=False))
        )
        yield "  ".join(cells).rstrip()


def _html_table(comparison: Comparison) -> str:
    names, figures = _names(comparison, LONGEST * 2), _figures(comparison)
    lines = [_html_row([_cell(title, "th") for title, _ in names + figures])]
    for key in _ends(list(comparison)):
        if key is None:
            lines.append(_html_row([_cell(GAP, "th")]))
            continue
        cells = [_cell(cell(key), "th", "text-align: left") for _, cell in names]
        for title, cell in figures:
            style = _bar(comparison[key].area) if title == AREA else ""
            cells.append(_cell(cell(key), "td", style))
        lines.append(_html_row(cells))
    return "\n".join(lines)


def _html_matrix(comparison: Comparison) -> str:
    layers_b, most = _ends(comparison.layers_b), float(np.nanmax(comparison.area))
    upright = "writing-mode: vertical-rl; text-align: right"
    lines = [_html_row([_cell(AREA, "th"), *(_cell(b or GAP, "th", upright) for b in layers_b)])]
    for a in _ends(comparison.layers_a):
        cells = [_cell(a or GAP, "th", "text-align: left")]
        for b in layers_b if a is not None else ():
            known = b is not None and (a, b) in comparison
            cells.append(_shaded(comparison[a, b].area, most) if known else _cell("", "td"))
        lines.append(_html_row(cells))
    return "\n".join(lines)


def _html_row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _cell(content: str, tag: str, style: str = "") -> str:
    styled = f' style="{style}"' if style else ""
    return f"<{tag}{styled}>{escape(content.strip())}</{tag}>"


def _bar(area: float) -> str:
    end = f"{100 * area:.1f}%"
    return f"background: linear-gradient(90deg, {BLUE.format(0.45)} {end}, transparent {end})"


def _shaded(area: float, most: float) -> str:
    part = area / most if most > 0 else 0.0
    return _cell(f"{area:.2f}", "td", f"background: {BLUE.format(0.6 * part)}")
