"""The figures of a report, each with the numbers that it shows."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from spanmatch.experiment.report.style import (
    BLUE,
    GREEN,
    GRID,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SOFT,
    as_svg,
    axes_style,
    layer_axis,
    short,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spanmatch.experiment.plan import Kind
    from spanmatch.experiment.report.findings import Findings

EPS = np.arange(100) / 100
KINDS: dict[Kind, tuple[str, str]] = {
    "trained": ("two trained networks", BLUE),
    "start": ("a network before and after training", GREEN),
    "untrained": ("two untrained networks", SOFT),
}
MEASURES = {
    "linear_cka": ("linear CKA", ORANGE),
    "mean_cca": ("mean CCA", GREEN),
    "svcca": ("SVCCA", PURPLE),
    "pwcca": ("PWCCA", SKY),
    "procrustes_similarity": ("Procrustes", SOFT),
}


@dataclass(frozen=True)
class Drawn:
    """A figure."""

    name: str
    title: str
    caption: str
    figure: Figure
    rows: list[dict[str, Any]]
    """What it shows, a row for each number."""

    @cached_property
    def svg(self) -> str:
        """The figure as a drawing."""
        return as_svg(self.figure, self.name)


def all_figures(findings: Findings) -> list[Drawn]:
    """Draw every figure, in the order of the report."""
    drawn = (each(findings) for each in (similarity, area, heat_map, sizes, measures))
    return [figure for figure in drawn if figure is not None]


def similarity(findings: Findings) -> Drawn:
    """Draw s(ε) of every layer: the mean over pairs, from the least to the most, and chance."""
    layers = findings.layers
    columns = min(4, len(layers))
    rows = math.ceil(len(layers) / columns)
    figure = Figure(figsize=(9.6, 0.5 + 2.1 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    numbers: list[dict[str, Any]] = []
    for axes, layer in zip(grid, layers, strict=False):
        curves = findings.similarity("trained", layer, EPS)
        axes.fill_between(EPS, curves.min(axis=0), curves.max(axis=0), color=BLUE, alpha=0.25, lw=0)
        axes.plot(EPS, curves.mean(axis=0), color=BLUE, linewidth=2)
        numbers += _draw_chance(axes, findings, layer)
        first = findings.spectra("trained", layer)[0]
        axes.set_title(f"{short(layer)}: {first.x.size} + {first.y.size}", fontsize=9.5)
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
        axes_style(axes)
        for each, curve in zip(findings.of("trained"), curves, strict=True):
            numbers += [
                {"layer": layer, "networks": each.name, "eps": eps, "similarity": value}
                for eps, value in zip(EPS.tolist(), curve.tolist(), strict=True)
            ]
    for unused in grid[len(layers) :]:
        unused.set_axis_off()
    figure.supxlabel("ε", color=INK, fontsize=10)
    figure.supylabel("s(ε), part of the neurons matched", color=INK, fontsize=10)
    return Drawn(
        "similarity",
        "How much of each layer matches, at every ε",
        "The line is the mean over pairs of trained networks, the band goes from the least to the "
        f"most similar pair. {_chance_in_words(findings)} Titles tell how many neurons both sides "
        "have.",
        figure,
        numbers,
    )


def _draw_chance(axes: Axes, findings: Findings, layer: str) -> list[dict[str, Any]]:
    """Draw the nulls from the least to the largest; without any, where chance begins.

    Return the numbers of the nulls.
    """
    nulls = [each.nulls for each in findings.solved(layer) if each.nulls is not None]
    chance = findings.chance(layer)
    if nulls:
        curves = np.concatenate([each.similarity(EPS) for each in nulls])
        least, middle, most = curves.min(axis=0), np.median(curves, axis=0), curves.max(axis=0)
        axes.fill_between(EPS, least, most, color=ORANGE, alpha=0.35, linewidth=0)
        axes.plot(EPS, middle, color=ORANGE, linewidth=1.2, zorder=1.9)
        named = {"least null": least, "median null": middle, "largest null": most}
        return [
            {"layer": layer, "networks": name, "eps": eps, "similarity": value}
            for name, curve in named.items()
            for eps, value in zip(EPS.tolist(), curve.tolist(), strict=True)
        ]
    if not math.isnan(chance):
        axes.axvspan(chance, 1, color=ORANGE, alpha=0.12, linewidth=0)
        axes.axvline(chance, color=ORANGE, linewidth=1.2)
    return []


def _chance_in_words(findings: Findings) -> str:
    if findings.null_areas(findings.layers[0]).size:
        return "Orange is what matches with one network's inputs rolled against the other's."
    return "From the orange line on, unrelated neurons would match too."


def area(findings: Findings) -> Drawn:
    """Draw the area under s(ε) through the depth, with the controls."""
    figure, axes = _through_depth(findings)
    places = np.arange(len(findings.layers))
    numbers: list[dict[str, Any]] = []
    for kind, (label, colour) in KINDS.items():
        compared = findings.of(kind)
        if not compared:
            continue
        areas = np.array([findings.areas(kind, layer) for layer in findings.layers])
        axes.plot(places, areas.mean(axis=1), color=colour, linewidth=2, label=label)
        axes.plot(
            places, areas, color=colour, marker="o", markersize=4, linestyle="none", alpha=0.6
        )
        numbers += [
            {"layer": layer, "kind": kind, "networks": each.name, "area": float(value)}
            for layer, values in zip(findings.layers, areas, strict=True)
            for each, value in zip(compared, values, strict=True)
        ]
    numbers += _draw_intervals(axes, findings) + _draw_chance_areas(axes, findings)
    axes.set_ylabel("area under s(ε)")
    _legend(figure, 2)
    return Drawn(
        "area",
        "Similarity through the depth, and the controls",
        "The area under s(ε) asks for no choice of ε: 1 where all neurons match exactly. Dots are "
        f"pairs of networks, lines their means.{_area_in_words(findings)}",
        figure,
        numbers,
    )


def _draw_intervals(axes: Axes, findings: Findings) -> list[dict[str, Any]]:
    """Draw the interval of each pair's area, and return the numbers."""
    numbers = []
    for place, layer in enumerate(findings.layers):
        for each, solved in zip(findings.of("trained"), findings.solved(layer), strict=True):
            if solved.interval is None:
                continue
            for end, value in zip(("low", "high"), solved.interval.area.tolist(), strict=True):
                numbers.append({"layer": layer, "kind": end, "networks": each.name, "area": value})
            axes.plot([place, place], solved.interval.area, color=BLUE, linewidth=1, alpha=0.6)
    return numbers


def _draw_chance_areas(axes: Axes, findings: Findings) -> list[dict[str, Any]]:
    """Draw the areas by chance, and return the numbers."""
    layers, places = findings.layers, np.arange(len(findings.layers))
    nulls = [findings.null_areas(layer) for layer in layers]
    if all(areas.size for areas in nulls):
        by_chance = [float(np.median(areas)) for areas in nulls]
        least, most = ([float(end(areas)) for areas in nulls] for end in (np.min, np.max))
        axes.fill_between(places, least, most, color=ORANGE, alpha=0.3, linewidth=0)
        said, ends = "nulls", {"chance": by_chance, "least null": least, "largest null": most}
    else:
        by_chance, said = [1 - findings.chance(layer) for layer in layers], "by chance, about"
        ends = {"chance": by_chance}
    axes.plot(places, by_chance, color=ORANGE, linestyle="--", linewidth=1.4, label=said)
    return [
        {"layer": layer, "kind": kind, "networks": "", "area": value}
        for kind, values in ends.items()
        for layer, value in zip(layers, values, strict=True)
    ]


def _area_in_words(findings: Findings) -> str:
    solved = [each for layer in findings.layers for each in findings.solved(layer)]
    said = (
        " Nulls go from the least to the largest, their median dashed."
        if all(each.nulls is not None for each in solved)
        else " Chance is one less the median chance level."
    )
    intervals = [each.interval for each in solved if each.interval is not None]
    if intervals:
        said += (
            f" Upright bars are {intervals[0].level:.0%} intervals of a pair's area, on other "
            "inputs of the kind. How far dots lie apart tells of other networks."
        )
    return said


def heat_map(findings: Findings) -> Drawn:
    """Draw the mean s(ε) of all layers as colours."""
    layers = findings.layers
    means = np.array([findings.similarity("trained", each, EPS).mean(axis=0) for each in layers])
    figure = Figure(figsize=(9.6, 1.2 + 0.3 * len(layers)), layout="constrained")
    axes = figure.subplots()
    axes_style(axes)
    axes.grid(visible=False)
    image = axes.imshow(
        means,
        cmap="cividis",
        vmin=0,
        vmax=1,
        aspect="auto",
        extent=(0, 1, len(layers) - 0.5, -0.5),
        interpolation="nearest",
    )
    for place, layer in enumerate(layers):
        axes.plot(
            [findings.chance(layer)] * 2, [place - 0.5, place + 0.5], color=ORANGE, linewidth=2
        )
    axes.set_yticks(range(len(layers)), list(map(short, layers)))
    axes.set(xlabel="ε", xlim=(0, 1))
    bar = figure.colorbar(image, ax=axes, pad=0.015)
    bar.ax.tick_params(labelsize=9, color=SOFT, labelcolor=INK)
    bar.set_label("mean s(ε)", color=INK)
    bar.outline.set_color(GRID)
    return Drawn(
        "heat-map",
        "Layer by ε",
        "The same curves, the mean over pairs, as colours; orange marks each layer's chance level.",
        figure,
        [
            {"layer": layer, "eps": eps, "similarity": value}
            for layer, row in zip(layers, means.tolist(), strict=True)
            for eps, value in zip(EPS.tolist(), row, strict=True)
        ],
    )


def sizes(findings: Findings) -> Drawn | None:
    """Draw how large the simple matches and the cores of each layer are; None without any."""
    numbers: list[dict[str, Any]] = []
    pooled: defaultdict[tuple[str, float, str], Counter[int]] = defaultdict(Counter)
    for layer in findings.layers:
        for each in findings.of("trained"):
            for at in each.inside[layer].sizes:
                for what, occurring in (("simple match", at.simple), ("core", at.core)):
                    counts = Counter(occurring)
                    pooled[layer, at.eps, what] += counts
                    here = {"layer": layer, "networks": each.name, "eps": at.eps, "what": what}
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
            for place, layer in enumerate(findings.layers):
                if found := pooled[layer, eps, what]:
                    _strip(axes, place + shift, found, colour)
            axes.plot([], [], color=colour, marker="o", linestyle="none", label=what)
        axes.set_yscale("log", base=2)
        axes.yaxis.set_major_formatter("{x:.0f}")
        axes.set_title(f"ε = {eps:g}", fontsize=10, loc="left", color=INK)
        layer_axis(axes, findings.layers)
        axes_style(axes)
    figure.supylabel("neurons of both sides", color=INK, fontsize=10)
    _legend(figure, 2)
    return Drawn(
        "sizes",
        "How large simple matches and cores are",
        "A dot for each size that occurs among the simple matches that make up the maximum match "
        "(a cover), and among the cores of its neurons; larger where it occurs more often; the bar "
        "is the median. All pairs together. Nothing is shown of an ε or a layer where "
        "nothing matches, or where ε is at or above chance.",
        figure,
        numbers,
    )


def measures(findings: Findings) -> Drawn:
    """Draw the classic measures through the depth, beside the area."""
    figure, axes = _through_depth(findings)
    numbers = []
    for name, (label, colour) in {"area": ("area of the match", BLUE), **MEASURES}.items():
        values = np.array(
            [
                findings.areas("trained", layer)
                if name == "area"
                else [getattr(e.inside[layer].measures, name) for e in findings.of("trained")]
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
    _legend(figure, 3)
    return Drawn(
        "measures",
        "Beside the measures in common use",
        "Means over pairs of trained networks. The measures are centred; they ask other questions, "
        "so that levels differ: compare how they run through the depth.",
        figure,
        numbers,
    )


def _through_depth(findings: Findings) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(9.6, 4.2), layout="constrained")
    axes = figure.subplots()
    layer_axis(axes, findings.layers)
    axes.set_ylim(0, 1.02)
    axes_style(axes)
    return figure, axes


def _strip(axes: Axes, place: float, found: Counter[int], colour: str) -> None:
    values, counts = np.array(sorted(found.items())).T
    areas = 10 + 80 * counts / counts.sum()
    axes.scatter(
        np.full(len(values), place), values, s=areas, color=colour, alpha=0.55, linewidth=0
    )
    middle = float(np.median(np.repeat(values, counts)))
    axes.plot([place - 0.12, place + 0.12], [middle, middle], color=INK, linewidth=1.6)


def _legend(figure: Figure, columns: int) -> None:
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside upper center",
        ncols=columns,
        frameon=False,
        fontsize=10,
        labelcolor=INK,
    )
