"""The figures over depth: areas with the controls, and the classic measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.experiment.report.drawing import (
    COMPARED,
    NumberedDrawing,
    add_legend,
    begin_figure_through_depth,
)
from spanmatch.plot.style import (
    BLUE,
    CHANCE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    SOFT,
    draw_nulls,
    find_spread,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spanmatch.experiment.report.findings import Findings

MEASURES = {
    "linear_cka": ("linear CKA", ORANGE),
    "mean_cca": ("mean CCA", GREEN),
    "svcca": ("SVCCA", PURPLE),
    "pwcca": ("PWCCA", SKY),
    "procrustes_similarity": ("Procrustes", SOFT),
}


def draw_area(findings: Findings) -> NumberedDrawing:
    """Draw the area under s(ε) over depth, with the controls."""
    figure, axes = begin_figure_through_depth(findings)
    depth = np.arange(len(findings.layers))
    numbers: list[dict[str, Any]] = []
    for kind, (label, colour) in COMPARED.items():
        compared = findings.of(kind)
        if not compared:
            continue
        areas = np.array([findings.areas(kind, layer) for layer in findings.layers])
        axes.plot(depth, areas.mean(axis=1), color=colour, linewidth=2, label=label)
        axes.plot(depth, areas, color=colour, marker="o", markersize=4, linestyle="none", alpha=0.6)
        numbers += [
            {"layer": layer, "kind": kind, "networks": each.name, "area": float(value)}
            for layer, values in zip(findings.layers, areas, strict=True)
            for each, value in zip(compared, values, strict=True)
        ]
    numbers += _draw_intervals(axes, findings) + _draw_chance_areas(axes, findings)
    axes.set_ylabel("area under s(ε)")
    add_legend(figure, 2)
    return NumberedDrawing(
        "area",
        "Similarity through the depth, and the controls",
        "The area under s(ε) asks for no choice of ε: 1 where all neurons match exactly. Dots are "
        f"pairs of networks, lines their means.{_describe_areas(findings)}",
        figure,
        numbers,
    )


def draw_measures(findings: Findings) -> NumberedDrawing:
    """Draw the classic measures over depth, beside the area."""
    figure, axes = begin_figure_through_depth(findings)
    numbers = []
    for name, (label, colour) in {"area": ("area of the match", BLUE), **MEASURES}.items():
        values = np.array(
            [
                findings.areas("trained", layer)
                if name == "area"
                else [getattr(e.details[layer].measures, name) for e in findings.of("trained")]
                for layer in findings.layers
            ]
        )
        width = 2.6 if name == "area" else 1.6
        axes.plot(values.mean(axis=1), color=colour, linewidth=width, label=label, marker="o", ms=4)
        numbers += [
            {"layer": layer, "networks": each.name, "measure": name, "value": float(value)}
            for layer, row in zip(findings.layers, values, strict=True)
            for each, value in zip(findings.of("trained"), row, strict=True)
        ]
    axes.set_ylabel("similarity")
    add_legend(figure, 3)
    return NumberedDrawing(
        "measures",
        "Beside the measures in common use",
        "Means over pairs of trained networks. The measures are centred; they ask other questions, "
        "so that levels differ: compare how they run through the depth.",
        figure,
        numbers,
    )


def _draw_intervals(axes: Axes, findings: Findings) -> list[dict[str, Any]]:
    """Draw the interval of each pair's area, and return the numbers."""
    numbers = []
    for at, layer in enumerate(findings.layers):
        for each, answer in zip(findings.of("trained"), findings.answers(layer), strict=True):
            if answer.interval is None:
                continue
            for end, value in zip(("low", "high"), answer.interval.area.tolist(), strict=True):
                numbers.append({"layer": layer, "kind": end, "networks": each.name, "area": value})
            axes.plot([at, at], answer.interval.area, color=BLUE, linewidth=1, alpha=0.6)
    return numbers


def _draw_chance_areas(axes: Axes, findings: Findings) -> list[dict[str, Any]]:
    """Draw the areas of the nulls, or of chance levels without nulls, and return the numbers."""
    layers, depth = findings.layers, np.arange(len(findings.layers))
    nulls = [findings.null_areas(layer) for layer in layers]
    if all(areas.size for areas in nulls):
        least, median, largest = np.transpose([find_spread(areas) for areas in nulls])
        draw_nulls(axes, depth, (least, median, largest), label="nulls")
        ends = {"chance": median, "least null": least, "largest null": largest}
    else:
        ends = {"chance": np.array([1 - findings.chance(layer) for layer in layers])}
        axes.plot(depth, ends["chance"], color=CHANCE, linewidth=1.2, label="by chance, about")
    return [
        {"layer": layer, "kind": kind, "networks": "", "area": value}
        for kind, values in ends.items()
        for layer, value in zip(layers, values.tolist(), strict=True)
    ]


def _describe_areas(findings: Findings) -> str:
    answers = [each for layer in findings.layers for each in findings.answers(layer)]
    said = (
        " Nulls go from the least to the largest, the line is their median."
        if all(each.nulls is not None for each in answers)
        else " Chance is one less the median chance level."
    )
    intervals = [each.interval for each in answers if each.interval is not None]
    if intervals:
        said += (
            f" Upright bars are {intervals[0].level:.0%} intervals of a pair's area, on other "
            "inputs of the kind. How far dots lie apart tells of other networks."
        )
    return said
