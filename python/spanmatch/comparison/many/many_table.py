"""A comparison of many networks as a text table, with a line for each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.shown_text import shorten_name, show_controls
from spanmatch.base.words import count_of
from spanmatch.comparison.keys import shorten_names
from spanmatch.comparison.table import LETTERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanmatch.comparison.many.compared_networks import ComparedNetworks, NetworkPair

SHOWN = 40  # The most layers in a table.
MEDIAN = "median"
TITLES = ("layer", "least area", MEDIAN, "largest", "most alike")


def format_many(many: ComparedNetworks) -> str:
    """Return the areas of every layer: least, median and largest, and the most alike networks."""
    rows = [TITLES, *describe_layers(many, many.layers[:SHOWN])]
    widths = [max(len(row[at]) for row in rows) for at in range(5)]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0])] + [row[at].rjust(widths[at]) for at in (1, 2, 3)] + [row[4]]
        ).rstrip()
        for row in rows
    ]
    if len(many) > SHOWN:
        lines.append(f"and {len(many) - SHOWN} more layers")
    text = [f"ManyComparison of {describe_many(many)}", "", *lines, *list_remarks(many)]
    return show_controls("\n".join(text))


def describe_many(many: ComparedNetworks) -> str:
    """Describe in one line what was compared."""
    against = "" if many.reference is None else f", each with {shorten_name(many.reference)!r}"
    inputs = "" if many.inputs is None else f", {count_of(many.inputs, 'input')}"
    return (
        f"{len(many.networks)} networks{against}, "
        f"{count_of(len(many.comparisons), 'pair')} at {count_of(len(many), 'layer')}{inputs}"
    )


def describe_layers(
    many: ComparedNetworks, layers: Sequence[str]
) -> list[tuple[str, str, str, str, str]]:
    """Return a row of cells for each of some layers."""
    if not layers:
        return []
    of_layers, of_networks = (shorten_names(each, LETTERS) for each in (layers, many.networks))
    rows = []
    for layer in layers:
        areas = _find_areas(many, layer)
        most = max(areas, key=areas.__getitem__)
        figures = (min(areas.values()), find_median(many, layer), areas[most])
        least, median, largest = (f"{value:.4f}" for value in figures)
        pair = " and ".join(of_networks[network] for network in most)
        rows.append((of_layers[layer], least, median, largest, pair))
    return rows


def find_median(many: ComparedNetworks, layer: str) -> float:
    """Return the median area of a layer."""
    return float(np.median(list(_find_areas(many, layer).values())))


def list_remarks(many: ComparedNetworks) -> list[str]:
    """Return the lines under a table."""
    return [f"left out: {shorten_name(layer)}: {reason}" for layer, reason in many.left_out.items()]


def _find_areas(many: ComparedNetworks, layer: str) -> dict[NetworkPair, float]:
    return {
        pair: comparison[layer].area
        for pair, comparison in many.comparisons.items()
        if layer in comparison
    }
