"""Many networks' comparison as a table: a line for each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.words import count_of

if TYPE_CHECKING:
    from spanmatch.comparison.many.compared_networks import ComparedNetworks

SHOWN = 40  # layers of a table


def format_many(many: ComparedNetworks) -> str:
    """Return the areas of every layer: least, median and largest, and the most alike networks."""
    against = "" if many.reference is None else f", each with {many.reference!r}"
    inputs = "" if many.inputs is None else f", {count_of(many.inputs, 'input')}"
    head = (
        f"ManyComparison of {len(many.networks)} networks{against}, "
        f"{count_of(len(many.comparisons), 'pair')} at {count_of(len(many), 'layer')}{inputs}"
    )
    rows = [("layer", "least area", "median", "largest", "most alike")]
    rows += [_describe(many, layer) for layer in many.layers[:SHOWN]]
    widths = [max(len(row[at]) for row in rows) for at in range(5)]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0])] + [row[at].rjust(widths[at]) for at in (1, 2, 3)] + [row[4]]
        ).rstrip()
        for row in rows
    ]
    if len(many) > SHOWN:
        lines.append(f"and {len(many) - SHOWN} more layers")
    for layer, reason in many.left_out.items():
        lines.append(f"left out: {layer}: {reason}")
    return "\n".join([head, "", *lines])


def _describe(many: ComparedNetworks, layer: str) -> tuple[str, str, str, str, str]:
    areas = {
        pair: comparison[layer].area
        for pair, comparison in many.comparisons.items()
        if layer in comparison
    }
    values = np.array(list(areas.values()))
    most = max(areas, key=areas.__getitem__)
    figures = (f"{value:.4f}" for value in (values.min(), np.median(values), values.max()))
    return (layer, *figures, " and ".join(most))  # type: ignore[return-value]
