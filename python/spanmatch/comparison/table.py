"""A comparison as a text table, with remarks on chance and notes."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.base.shown_text import GAP, shorten_name, show_controls
from spanmatch.base.words import count_of, list_names
from spanmatch.comparison.keys import Key, label, shorten_names, split_key
from spanmatch.comparison.rows import EPS
from spanmatch.results.layer_answer import HELD_OUT_EPS, P

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from spanmatch.comparison.layer_mapping import LayerMapping
    from spanmatch.comparison.layers import ComparedLayers
    from spanmatch.results.layer_answer import LayerAnswer

    Column = tuple[str, Callable[[Key], str]]

SHOWN_EPS = EPS[::2]
LONGEST = 40  # The most rows of a table or columns of a matrix. Of more the middle is left out.
LETTERS = 34  # The longest name of a layer.
REMARKS, NAMED_OF_NOTE = 5, 3  # The most notes under a table, and layers named in each.
NAMED = 5  # The most layers named in a sentence on chance.
ENOUGH = round(1 / P) - 1  # The fewest nulls with which p can be at most P.
AREA = "area"
CHANCE = "chance: the median residual to expect of unrelated neurons; (s): ε is at or above it"
LEAST_CHANCE = (
    "chance: with a ridge, the smallest residual to expect of unrelated neurons (median, for "
    "independent samples); nulls measure the usual one; (s): ε is at or above it"
)
NULL_CHANCE = (
    "null chance: the median critical ε of {}, in which whole inputs of B are shifted circularly; "
    "(s): ε is at or above it"
)
ONE_TO_ONE = (
    "s1, beside each s(ε): the part in disjoint pairs of single neurons within ε; the rest of s(ε) "
    "is shared one by one but repeated, or only in another basis"
)
HELD_OUT = (
    "held out: the median residual of the match at {}, by cross-validation over folds; the "
    "weights are cross-validated, the choice of neurons is not"
)
DEPENDENT = "if samples of one input depend on each other, the true chance level lies lower"


def format_table(layers: ComparedLayers, eps: Sequence[float] | None = None) -> str:
    """Return a text table; for all pairs of layers, of each of A with the most similar of B.

    It shows s(ε), and s1(ε) beside it if known, at the levels `eps`, or else at default levels.
    """
    keys = _find_most_alike(layers) if layers.all_pairs else list(layers)
    names, figures = list_name_columns(layers, LETTERS), list_figure_columns(layers, eps)
    table = [
        [title for title, _ in names + figures],
        *(
            [GAP] if key is None else [cell(key) for _, cell in names + figures]
            for key in leave_out_middle(keys)
        ),
    ]
    lines = align_columns(table, len(names))
    text = [f"Comparison: {describe(layers)}", "", *lines, "", *list_remarks(layers)]
    return show_controls("\n".join(text))


def describe(layers: ComparedLayers) -> str:
    """Describe in one line what was compared."""
    counts = {spectrum.n_samples for spectrum in layers.values()}
    samples = f"{min(counts)}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    parts = [f"{samples} samples"]
    if layers.inputs is not None:
        parts.append(f"{layers.inputs} inputs")
    if layers.center:
        parts.append("centred")
    ridges = _list_ridges(layers)
    if len(ridges) == 1:
        parts.append(f"ridge {ridges.pop():.3g}")
    compared = (
        f"{len(layers.layers_a)} × {len(layers.layers_b)} layers"
        if layers.all_pairs
        else count_of(len(layers), "layer")
    )
    return ", ".join([compared, *parts])


def list_name_columns(layers: LayerMapping[Any], letters: int) -> list[Column]:
    """Return the columns of names, cut to this number of letters: one, or two for all pairs."""
    of_a = shorten_names(layers.layers_a, letters)
    of_b = shorten_names(layers.layers_b, letters)
    if not layers.all_pairs:
        return [("layer", lambda key: of_a[split_key(key)[0]])]
    return [
        ("layer of A", lambda key: of_a[split_key(key)[0]]),
        ("most alike of B", lambda key: of_b[split_key(key)[1]]),
    ]


def list_figure_columns(layers: ComparedLayers, eps: Sequence[float] | None = None) -> list[Column]:
    """Return the columns of numbers, without those that would be the same for all layers."""
    spectra, intervals = layers.values(), layers.intervals
    columns: list[tuple[str, Callable[[LayerAnswer], str]]] = [
        ("neurons", lambda each: f"{each.spectrum.x.size} + {each.spectrum.y.size}")
    ]
    if any(part.size for spectrum in spectra for part in spectrum.dead):
        columns.append(("dead", lambda each: " + ".join(f"{n.size}" for n in each.spectrum.dead)))
    if len({spectrum.n_samples for spectrum in spectra}) > 1:
        columns.append(("samples", lambda each: f"{each.spectrum.n_samples}"))
    if len(_list_ridges(layers)) > 1:
        columns.append(("ridge", _format_ridge))
    chance = "null chance" if layers.nulls else "chance"
    columns.append((chance, lambda each: f"{each.chance_level:.2f}"))
    columns.append((AREA, lambda each: f"{each.spectrum.area:.2f}"))
    if intervals:
        level = next(iter(intervals.values())).level
        columns.append((f"{level:.0%} interval", _format_interval))
    if layers.held_out:
        columns.append(("held out", _format_held_out))
    if layers.nulls:
        columns.append(("p", _format_p_value))
    for level in SHOWN_EPS if eps is None else eps:
        columns.append((f"s({level:g}) ", partial(_format_similarity, level)))
        if layers.one_to_one:
            columns.append(("s1", partial(_format_one_to_one, level)))
    return [(title, partial(_show_layer, layers, show)) for title, show in columns]


def list_remarks(layers: ComparedLayers, *, s1: bool = True) -> list[str]:
    """Return the lines under a table; `s1` says whether the table has columns of s1."""
    notes = [(label(key), note) for key, note in layers.notes.items()]
    counts = sorted({nulls.counted for nulls in layers.nulls.values()})
    chance = [CHANCE, *([DEPENDENT] if layers.inputs is not None else [])]
    if _list_ridges(layers):
        chance = [LEAST_CHANCE]
    return [
        *([NULL_CHANCE.format(" or ".join(counts))] if counts else chance),
        *([ONE_TO_ONE] if s1 and layers.one_to_one else []),
        *([HELD_OUT.format(_name_held_out_eps(layers))] if layers.held_out else []),
        *_tell_more_than_chance(layers),
        *_list_by_text(notes, "", "notes"),
        *_list_by_text(layers.left_out.items(), "left out: ", "reasons, in `left_out`"),
    ]


def _list_by_text(named: Iterable[tuple[str, str]], begin: str, more_of: str) -> list[str]:
    """Return a line for each of the first texts, with the names that it belongs to."""
    of_text: dict[str, list[str]] = {}
    for name, text in named:
        of_text.setdefault(text, []).append(name)
    lines = [
        f"{begin}{list_names([*map(shorten_name, names)], NAMED_OF_NOTE)}: {text}"
        for text, names in of_text.items()
    ]
    more = len(lines) - REMARKS
    return lines[:REMARKS] + ([f"… and {more} more {more_of}"] if more > 0 else [])


def leave_out_middle(items: Sequence[Any]) -> list[Any]:
    """Return all items, or if there are too many, the first and the last with None between."""
    if len(items) <= LONGEST:
        return list(items)
    return [*items[: LONGEST // 2], None, *items[-LONGEST // 2 :]]


def align_columns(table: list[list[str]], names: int) -> Iterable[str]:
    """Yield the lines of a table of names and then numbers, in which a row may be only `GAP`."""
    widths = [
        max(map(len, column)) for column in zip(*(r for r in table if r != [GAP]), strict=True)
    ]
    for row in table:
        cells = (
            cell.ljust(width) if column < names else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=False))
        )
        yield "  ".join(cells).rstrip()


def _find_most_alike(layers: ComparedLayers) -> list[Key]:
    """Return for each layer of A the key of the layer of B with the largest area."""
    best = np.nanargmax(layers.area, axis=1)
    layers_b = layers.layers_b
    return [(a, layers_b[column]) for a, column in zip(layers.layers_a, best, strict=True)]


def _show_layer(layers: ComparedLayers, show: Callable[[LayerAnswer], str], key: Key) -> str:
    return show(layers.solved(key))


def _format_interval(each: LayerAnswer) -> str:
    return "" if each.interval is None else "{:.3f} to {:.3f}".format(*each.interval.area)


def _list_ridges(layers: ComparedLayers) -> set[float]:
    return {spectrum.ridge for spectrum in layers.values() if spectrum.ridge is not None}


def _format_ridge(each: LayerAnswer) -> str:
    return "" if each.spectrum.ridge is None else f"{each.spectrum.ridge:.3g}"


def _format_held_out(each: LayerAnswer) -> str:
    if each.held_out is None:
        return ""
    value = each.held_out_residual
    return "none match" if math.isnan(value) else f"{value:.2f}"


def _name_held_out_eps(layers: ComparedLayers) -> str:
    if _list_ridges(layers):
        return "the chance level of counts"
    return f"ε = {HELD_OUT_EPS:g}"


def _format_p_value(each: LayerAnswer) -> str:
    return "" if each.nulls is None else f"{each.nulls.p_value(each.spectrum):.2g}"


def _format_similarity(eps: float, each: LayerAnswer) -> str:
    value = f"{each.spectrum.similarity(eps):.2f}"
    return f"({value})" if eps >= each.chance_level else f"{value} "


def _format_one_to_one(eps: float, each: LayerAnswer) -> str:
    return "" if each.one_to_one is None else f"{each.one_to_one.similarity(eps):.2f}"


def _tell_more_than_chance(layers: ComparedLayers) -> list[str]:
    """Return a sentence on the layers that have nulls, or an empty list if none has."""
    beyond = {key: layers.solved(key).beyond_chance for key in layers.nulls}
    p = {key: nulls.p_value(layers[key]) for key, nulls in layers.nulls.items()}
    more, not_more, unsure = (
        [key for key in beyond if beyond[key] is wanted] for wanted in (True, False, None)
    )
    parts = [f"more than chance, p at most {P:g}: {_name_keys(more)}"] if more else []
    if not_more:
        parts.append(
            f"not clearly more than chance: {_name_keys(not_more)} (p from "
            f"{min(p[key] for key in not_more):.2g})"
        )
    if unsure:
        above = [key for key in unsure if p[key] == layers.nulls[key].least_p]
        parts.append(
            f"above every null: {_name_keys(above)}; to tell more than chance, p at most {P:g}, "
            f"takes {ENOUGH} distinct nulls"
        )
    return ["; ".join(parts)] if parts else []


def _name_keys(keys: Sequence[Key]) -> str:
    return list_names([shorten_name(label(key)) for key in keys], NAMED) or "none"
