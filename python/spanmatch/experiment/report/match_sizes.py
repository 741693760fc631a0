"""The figure of the sizes of simple matches and cores, at every ε of the experiment."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from spanmatch.experiment.report.drawing import NumberedDrawing, add_legend, name_layers
from spanmatch.plot.style import BLUE, INK, LABEL, ORANGE, style_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spanmatch.experiment.report.findings import Findings


def draw_sizes_by_layer(findings: Findings) -> NumberedDrawing | None:
    """Draw the sizes of the simple matches and cores of each layer; None if there are none."""
    numbers: list[dict[str, Any]] = []
    pooled: defaultdict[tuple[str, float, str], Counter[int]] = defaultdict(Counter)
    for layer in findings.layers:
        for each in findings.of("trained"):
            for taken in each.details[layer].sizes:
                for what, occurring in (("simple match", taken.simple), ("core", taken.core)):
                    counts = Counter(occurring)
                    pooled[layer, taken.eps, what] += counts
                    here = {"layer": layer, "networks": each.name, "eps": taken.eps, "what": what}
                    numbers += [
                        {**here, "neurons": size, "count": count} for size, count in counts.items()
                    ]
    levels = [eps for eps in findings.config.eps if any(row["eps"] == eps for row in numbers)]
    if not levels:
        return None
    figure = Figure(figsize=(9.6, 0.6 + 2.0 * len(levels)), layout="constrained")
    panels = figure.subplots(len(levels), 1, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, eps in zip(panels, levels, strict=True):
        for what, colour, shift in (("simple match", BLUE, -0.15), ("core", ORANGE, 0.15)):
            for at, layer in enumerate(findings.layers):
                if found := pooled[layer, eps, what]:
                    _draw_strip(axes, at + shift, found, colour)
            axes.plot([], [], color=colour, marker="o", linestyle="none", label=what)
        axes.set_yscale("log", base=2)
        axes.yaxis.set_major_formatter("{x:.0f}")
        axes.set_title(f"ε = {eps:g}", fontsize=LABEL, loc="left", color=INK)
        name_layers(axes, findings.layers)
        style_axes(axes)
    figure.supylabel("neurons of both sides", color=INK, fontsize=LABEL)
    add_legend(figure, 2)
    return NumberedDrawing(
        "sizes",
        "How large simple matches and cores are",
        "A dot for each size that occurs among the simple matches that make up the maximum match "
        "(a cover), and among the cores of its neurons; larger where it occurs more often; the bar "
        "is the median. All pairs together. Nothing is shown of an ε or a layer where "
        "nothing matches, or where ε is at or above chance.",
        figure,
        numbers,
    )


def _draw_strip(axes: Axes, at: float, found: Counter[int], colour: str) -> None:
    values, counts = np.array(sorted(found.items())).T
    areas = 10 + 80 * counts / counts.sum()
    axes.scatter(np.full(len(values), at), values, s=areas, color=colour, alpha=0.55, linewidth=0)
    middle = float(np.median(np.repeat(values, counts)))
    axes.plot([at - 0.12, at + 0.12], [middle, middle], color=INK, linewidth=1.6)
