"""The tables of the commands on files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.box import SIMPLE
from rich.console import Group
from rich.table import Table

from spanmatch.base.words import list_names
from spanmatch.comparison.calibrated_table import SATURATED
from spanmatch.results.layer_answer import find_held_out_eps
from spanmatch.solve.means import explain_means

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from spanmatch.cli.sides import Sides
    from spanmatch.results.calibration import Calibration
    from spanmatch.results.interval import Interval
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.match import Match
    from spanmatch.results.structure import Support

EPS = [tenths / 10 for tenths in range(10)]
ROWS = 20  # The most matches or groups in a table.
MEMBERS = 5  # The most neurons of one side in a row.
ONE_TO_ONE = (
    "of x, of y: neurons in the match. s1: the part in disjoint pairs of single neurons within ε. "
    "near: the part with a single partner within ε, which others may have too. s - near is shared "
    "only in another basis."
)


def show_spectrum(
    result: LayerAnswer, sides: Sides, *, center: bool, levels: Sequence[float] = EPS
) -> RenderableType:
    """Describe both sides, and show s(ε) and what single neurons share at some ε."""
    spectrum, nulls, interval = result.spectrum, result.nulls, result.interval
    pairs = result.one_to_one
    chance = result.chance_level
    about = _describe_sides(sides, "dead", *(neurons.size for neurons in spectrum.dead))
    extra = ["s1", "near"] if pairs is not None else []
    extra += ["interval"] if interval is not None else []
    extra += ["nulls"] if nulls is not None else []
    curve = _begin_table("ε", "s(ε)", *extra, "of x", "of y")
    for eps in levels:
        match = spectrum.match(eps)
        similarity = f"{match.similarity:.2f}"
        shown = f"({similarity})" if eps >= chance else f"{similarity} "
        more = []
        if pairs is not None:
            more += [f"{pairs.similarity(eps):.2f}", f"{pairs.near(eps):.2f}"]
        if interval is not None:
            more.append(_format_interval(interval, eps))
        if nulls is not None:
            by_chance = nulls.similarity(eps)
            more.append(_format_range(by_chance.min(), by_chance.max()))
        curve.add_row(
            f"{eps:.1f}" if eps in EPS else f"{eps:g}",
            shown,
            *more,
            f"{match.x.size}",
            f"{match.y.size}",
        )
    figures = [
        f"{spectrum.n_samples} samples",
        f"area {spectrum.area:.2f}, corrected for chance {spectrum.corrected_area:.2f}",
    ]
    if spectrum.ridge is not None:
        figures.append(f"ridge {spectrum.ridge:.3g}")
    if not np.isnan(chance):
        figures.append(f"median chance level {chance:.2f}")
    note = "(s): ε is at or above the chance level, where unrelated neurons match too."
    if spectrum.ridge is not None and nulls is None:
        note = "(s): unrelated neurons may match at this ε; --nulls measures from which ε on."
    sure = [
        *_describe_interval(interval),
        *_describe_nulls(result),
        *_describe_held_out(result),
    ]
    of_means = explain_means(sides.pair, spectrum, center=center)
    notes = [
        *([note] if chance <= max(levels) else []),
        *([ONE_TO_ONE] if pairs is not None else []),
        *([f"note: {of_means}"] * bool(of_means)),
    ]
    calibrated = _show_calibration(result.calibration)
    return Group(about, "", ", ".join(figures), *sure, "", curve, *notes, *calibrated)


def _show_calibration(found: Calibration | None) -> list[RenderableType]:
    """Show each measure with its threshold, calibrated score and p-value."""
    if found is None:
        return []
    table = _begin_table("", "value", "τ", "calibrated", "p", text=0)
    table.columns[0].justify = "left"
    for name, each in found.items():
        figures = (each.value, each.threshold, each.score)
        table.add_row(name, *(f"{figure:.2f}" for figure in figures), f"{each.p_value:.2g}")
    note = (
        f"τ: what {found.n_distinct} distinct nulls reach at level {found.level:g}. calibrated: "
        "max(0, (value - τ) / (1 - τ)), 0 for a value within chance."
    )
    full = ", ".join(found.saturated)
    return ["", table, note, *([f"{SATURATED}: {full}"] if full else [])]


def _describe_held_out(result: LayerAnswer) -> list[str]:
    if result.held_out is None:
        return []
    value, eps = result.held_out_residual, find_held_out_eps(result.spectrum)
    if np.isnan(value):
        return [f"held out: none, since no neuron matches at ε = {eps:.2g}"]
    of_match = f"median residual of the match at ε = {eps:.2g} on folds left out"
    return [f"held out: {value:.2f}, the {of_match}"]


def show_simple_matches(result: list[Match], sides: Sides, *, eps: float) -> RenderableType:
    """Show a cover, largest matches first."""
    table = _begin_table("neurons", "x", "y", text=2)
    for match in _pick_largest(result):
        table.add_row(f"{len(match)}", *_list_members(match, sides))
    return Group(
        *_describe_match(result, sides, eps),
        f"Simple matches that make it up: {_describe_sizes(map(len, result))}",
        *_list_first_rows(table, len(result), "matches"),
    )


def show_minimum_matches(result: list[Match], sides: Sides, *, eps: float) -> RenderableType:
    """Show a minimum match for each neuron, largest matches first."""
    # There is one match for each neuron of the maximum match, which is their union. x comes first.
    neurons = [(side, index) for side in ("x", "y") for index in _unite(result, side)]
    of = {id(match): neuron for match, neuron in zip(result, neurons, strict=True)}
    table = _begin_table("neurons", "for", "x", "y", text=3)
    for match in _pick_largest(result):
        side, index = of[id(match)]
        neuron = f"{side} {sides.name(side, index)}"
        table.add_row(f"{len(match)}", neuron, *_list_members(match, sides))
    return Group(
        *_describe_match(result, sides, eps),
        f"A minimum match for each of its neurons: {_describe_sizes(map(len, result))}",
        *_list_first_rows(table, len(result), "matches"),
    )


def show_support(result: Support, sides: Sides) -> RenderableType:
    """Show the groups, largest first, and how large cores are."""
    core_sizes = result.matrix.sum(axis=0)
    size_of = dict(zip(result.neurons, core_sizes, strict=True))
    groups = result.groups
    table = _begin_table("neurons", "core", "x", "y", text=2)
    for group in groups[:ROWS]:
        members = (
            _list_first([sides.name(side, index) for side, index in group if side == wanted])
            for wanted in ("x", "y")
        )
        table.add_row(f"{len(group)}", f"{size_of[group[0]]}", *members)
    return Group(
        _describe_sides(sides, "matched", result.x.size, result.y.size),
        "",
        f"Maximum match at ε = {result.eps:g}: {len(result.neurons)} neurons",
        f"Groups that match together or not at all: {_describe_sizes(map(len, groups))}",
        f"Cores, what every match of a neuron must hold: {_describe_sizes(core_sizes.tolist())}",
        *_list_first_rows(table, len(groups), "groups"),
    )


def _format_interval(interval: Interval, eps: float) -> str:
    """Return the interval of s(ε), or "" if its grid has no such ε."""
    nearest = int(np.abs(interval.eps - eps).argmin())
    if not np.isclose(interval.eps[nearest], eps, rtol=0, atol=1e-9):
        return ""
    return _format_range(*interval.similarity[:, nearest])


def _describe_interval(interval: Interval | None) -> list[str]:
    if interval is None:
        return []
    return [
        f"{interval.level:.0%} interval of the area on endless data: "
        f"{_format_range(*interval.area)} ({interval.method} over {interval.folds} folds)"
    ]


def _describe_nulls(result: LayerAnswer) -> list[str]:
    nulls = result.nulls
    if nulls is None:
        return []
    said = {
        True: "more than chance",
        False: "not clearly more than chance",
        None: "too few nulls to tell chance",
    }[result.beyond_chance]
    return [
        f"{said}: p = {nulls.p_value(result.spectrum):.2g} by {nulls.counted}, y circularly "
        "shifted against x by whole items, with areas of "
        f"{_format_range(nulls.area.min(), nulls.area.max())}"
    ]


def _format_range(low: float, high: float) -> str:
    return f"{low:.2f} to {high:.2f}"


def _describe_sides(sides: Sides, label: str, of_x: int, of_y: int) -> Table:
    """Return a table of both sides, with one more number for each."""
    table = _begin_table("", "neurons", label, "file", text=1)
    table.columns[-1].overflow = "fold"
    table.add_row("x", f"{sides.pair.n_x}", f"{of_x}", str(sides.x))
    table.add_row("y", f"{sides.pair.n_y}", f"{of_y}", str(sides.y))
    return table


def _describe_match(result: list[Match], sides: Sides, eps: float) -> list[RenderableType]:
    x, y = len(_unite(result, "x")), len(_unite(result, "y"))
    return [
        _describe_sides(sides, "matched", x, y),
        "",
        f"Maximum match at ε = {eps:g}: {x + y} neurons",
    ]


def _begin_table(*labels: str, text: int = 0) -> Table:
    """Begin a table of numbers, whose last columns are text."""
    table = Table(box=SIMPLE, show_edge=False, pad_edge=False)
    for column, label in enumerate(labels):
        table.add_column(label, justify="left" if column >= len(labels) - text else "right")
    return table


def _pick_largest(result: list[Match]) -> list[Match]:
    return sorted(result, key=len, reverse=True)[:ROWS]


def _list_first_rows(table: Table, count: int, what: str) -> list[RenderableType]:
    """Return the table of the first of `count` things, and a line on how many more there are."""
    if count == 0:
        return []
    more = [f"… and {count - ROWS} more {what}; --json and --save give all."]
    return ["", table, *(more if count > ROWS else [])]


def _unite(result: list[Match], side: str) -> list[int]:
    members = (match.x if side == "x" else match.y for match in result)
    return sorted({index for part in members for index in part.tolist()})


def _list_members(match: Match, sides: Sides) -> tuple[str, str]:
    x = [sides.name("x", index) for index in match.x.tolist()]
    y = [sides.name("y", index) for index in match.y.tolist()]
    return _list_first(x), _list_first(y)


def _list_first(names: list[str]) -> str:
    return list_names(names, MEMBERS)


def _describe_sizes(sizes: Iterable[int]) -> str:
    found = list(sizes)
    if not found:
        return "none"
    least, most = min(found), max(found)
    if least == most:
        return f"{len(found)}, of {most} neurons"
    return f"{len(found)}, of {least} to {most} neurons, median {np.median(found):g}"
