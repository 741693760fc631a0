"""The plan of a comparison as tables of layers, passes, memory and time."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.table import Table

from spanmatch.base.memory import format_bytes
from spanmatch.base.shown_text import elide, show_name
from spanmatch.base.words import count_of
from spanmatch.cli.terminal import echo, show
from spanmatch.torch.comparing.plan import EACH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanmatch.torch.comparing.plan import ComparisonPlan, PlannedLayer

LETTERS = 60  # At most this number of letters of a layer's name is shown.
UNITS = ((86400, "days"), (3600, "h"), (60, "min"), (1, "s"))


def print_plan(plan: ComparisonPlan) -> None:
    """Print the cost of a comparison, in few lines even if there are many layers."""
    what = "every layer with every other" if plan.all_pairs else "layer by layer"
    echo(f"Two of {plan.model}, {plan.parameters:,} parameters each, {what}")
    echo()
    show(_show_layers(plan))
    echo()
    show(_show_passes(plan))
    echo()
    for line in _describe(plan):
        echo(line)


def _show_layers(plan: ComparisonPlan) -> Table:
    """Return a table in which layers of equal cost share a row."""
    differ = len({layer.rows for layer in plan.layers}) > 1
    headings = ("layers", "", "neurons", "sums", "outputs", *["samples"] * differ)
    table = _begin_table(*headings)
    for layers in _group(plan.layers):
        first, last = layers[0], layers[-1]
        begin, end = (elide(show_name(each.name), LETTERS) for each in (first, last))
        names = begin if len(layers) == 1 else f"{begin} … {end}"
        calls = f" ({first.calls} calls)" if first.calls > 1 else ""
        table.add_row(
            f"{len(layers)} {first.type}",
            names,
            f"{first.neurons:,}{calls}",
            format_bytes(first.sums),
            format_bytes(first.outputs),
            *[f"{first.rows:,}"] * differ,
        )
    return table


def _group(layers: list[PlannedLayer]) -> Iterator[list[PlannedLayer]]:
    """Yield groups of layers that differ only in name, in the order of their first layers."""
    groups: dict[tuple[object, ...], list[PlannedLayer]] = {}
    for layer in layers:
        key = tuple(value for name, value in vars(layer).items() if name != "name")
        groups.setdefault(key, []).append(layer)
    yield from groups.values()


def _show_passes(plan: ComparisonPlan) -> Table:
    table = _begin_table("passes", "pairs of layers", "memory")
    numbered = enumerate(plan.passes, 1)
    for (pairs, memory), each in groupby(numbered, lambda item: (item[1].pairs, item[1].memory)):
        numbers = [number for number, _ in each]
        span = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} … {numbers[-1]}"
        table.add_row(span, f"{pairs:,}", format_bytes(memory))
    return table


def _describe(plan: ComparisonPlan) -> Iterator[str]:
    """Yield sentences on what the tables do not show."""
    of_batch = f"a batch of {count_of(plan.inputs, 'input')}"
    each, per_input = _choose_unit(plan)
    own = "of a layer by itself, beside which come those of its pairs"
    yield (
        f"sums: {own if plan.all_pairs else 'of a layer of A with its layer of B'}. outputs: of a "
        f"layer of A for {of_batch}. samples: "
        f"{'of an input.' if per_input is None else f'{per_input:,} of an input.'}"
    )
    budget = "" if plan.budget is None else f", of {format_bytes(plan.budget)} that a pass may take"
    runs = count_of(len(plan.passes), "pass", "passes")
    yield f"Memory: {runs} over the data{budget}{_describe_free(plan)}."
    widest = plan.widest
    pair = widest.a if widest.a == widest.b else f"{widest.a} with {widest.b}"
    read = f"its sums, {format_bytes(widest.sums)}, which are read from a file"
    yield (
        f"Matching, one pair of layers at a time, takes {format_bytes(widest.beside)} for the "
        f"widest, {pair}, beside {'all sums' if len(plan.passes) == 1 else read}."
    )
    n = per_input or 1
    yield (
        f"Time, estimated: {_format_time(plan.sum_seconds / n)} of sums for {each}, and "
        f"{_format_time(plan.match_seconds)} of matching in the end, at "
        f"{_format_count(plan.rate)}FLOP/s as a product measured just now."
    )
    forward = _format_count(plan.forward_operations / n)
    yield f"Not in it: forward passes of both models, {forward}FLOP for {each} in {runs}."
    if plan.left_out:
        first, reason = next(iter(plan.left_out.items()))
        yield f"Left out: {count_of(len(plan.left_out), 'layer')}, as {first}: {reason}."


def _describe_free(plan: ComparisonPlan) -> str:
    if plan.free is None:
        return ""
    if plan.budget is not None and plan.budget > plan.free:
        return f"; only {format_bytes(plan.free)} are free here, and compare takes no more"
    return f"; {format_bytes(plan.free)} are free here"


def _choose_unit(plan: ComparisonPlan) -> tuple[str, int | None]:
    """Return the unit for times: samples, and how many an input has, or inputs and None."""
    rows = {layer.rows for layer in plan.layers}
    return (f"{EACH:,} samples", rows.pop()) if len(rows) == 1 else (f"{EACH:,} inputs", None)


def _format_time(seconds: float) -> str:
    size, unit = next((pair for pair in UNITS if seconds >= pair[0]), (0.001, "ms"))
    return f"{seconds / size:.3g} {unit}"


def _format_count(count: float) -> str:
    units = " kMGTPEZ"
    place = 0
    while count >= 1000 and place < len(units) - 1:
        count, place = count / 1000, place + 1
    return f"{count:.3g} {units[place].strip()}"


def _begin_table(*labels: str) -> Table:
    table = Table(box=SIMPLE, show_edge=False, pad_edge=False)
    for label in labels:
        is_text = label in ("layers", "")
        table.add_column(label, justify="left" if is_text else "right", overflow="fold")
    return table
