"""The figures of s(ε) of every layer: as lines beside chance, and as colours."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from spanmatch.experiment.report.drawing import EPS, NumberedDrawing, shorten
from spanmatch.plot.bands import draw_bands, name_bands
from spanmatch.plot.style import (
    CHANCE,
    CURVE,
    GRID,
    INK,
    LABEL,
    SMALL,
    draw_band,
    draw_chance_level,
    draw_nulls,
    find_spread,
    style_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from spanmatch.experiment.report.findings import Findings

BANDS = (
    "Under it, as means too: what is shared one by one, in disjoint pairs of single neurons within "
    "ε; what is so but repeated, with a partner that others have too; and what is shared only in "
    "another basis, as a span. "
)


def draw_mean_curves(findings: Findings) -> NumberedDrawing:
    """Draw s(ε) of every layer: the mean and the range over pairs, and chance."""
    layers = findings.layers
    columns = min(4, len(layers))
    rows = math.ceil(len(layers) / columns)
    banded = any(findings.one_to_one(layer) for layer in layers)
    foot = 0.3 if banded else 0.0  # Inches for the names of the bands.
    figure = Figure(figsize=(9.6, 0.5 + foot + 2.1 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    numbers: list[dict[str, Any]] = []
    for axes, layer in zip(grid, layers, strict=False):
        curves = _list_curves(findings, layer)
        whole, means = curves["s"], [curve.mean(axis=0) for curve in curves.values()]
        draw_band(axes, EPS, whole.min(axis=0), whole.max(axis=0))
        axes.plot(EPS, whole.mean(axis=0), color=CURVE, linewidth=2)
        if len(means) > 1:
            draw_bands(axes, EPS, *means)
        numbers += _draw_chance(axes, findings, layer)
        first = findings.spectra("trained", layer)[0]
        axes.set_title(f"{shorten(layer)}: {first.x.size} + {first.y.size}", fontsize=LABEL)
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
        style_axes(axes)
        for what, of_pairs in curves.items():
            for each, curve in zip(findings.of("trained"), of_pairs, strict=True):
                numbers += _list_numbers(layer, each.name, what, curve)
    for unused in grid[len(layers) :]:
        unused.set_axis_off()
    figure.supxlabel("ε\n" if banded else "ε", color=INK, fontsize=LABEL)
    figure.supylabel("s(ε), part of the neurons matched", color=INK, fontsize=LABEL)
    if banded:
        name_bands(figure)
    return NumberedDrawing(
        "similarity",
        "How much of each layer matches, at every ε",
        "The line is the mean over pairs of trained networks, the band goes from the least to the "
        f"most similar pair. {BANDS if banded else ''}{_describe_chance(findings)} Titles tell how "
        "many neurons both sides have.",
        figure,
        numbers,
    )


def draw_heat_map(findings: Findings) -> NumberedDrawing:
    """Draw the mean s(ε) of all layers as colours."""
    layers = findings.layers
    means = np.array([findings.similarity("trained", each, EPS).mean(axis=0) for each in layers])
    figure = Figure(figsize=(9.6, 1.2 + 0.3 * len(layers)), layout="constrained")
    axes = figure.subplots()
    style_axes(axes, grid=None)
    image = axes.imshow(
        means,
        cmap="cividis",
        vmin=0,
        vmax=1,
        aspect="auto",
        extent=(0, 1, len(layers) - 0.5, -0.5),
        interpolation="nearest",
    )
    for at, layer in enumerate(layers):
        axes.plot([findings.chance(layer)] * 2, [at - 0.5, at + 0.5], color=CHANCE, linewidth=2)
    axes.set_yticks(range(len(layers)), list(map(shorten, layers)))
    axes.set(xlabel="ε", xlim=(0, 1))
    bar = figure.colorbar(image, ax=axes, pad=0.015)
    bar.ax.tick_params(labelsize=SMALL, color=GRID, labelcolor=INK)
    bar.set_label("mean s(ε)", color=INK)
    bar.outline.set_color(GRID)
    return NumberedDrawing(
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


def _list_curves(findings: Findings, layer: str) -> dict[str, NDArray[np.float64]]:
    """Return s1, near and s of a layer, each pairs × ε; only s if the others are not known."""
    whole = {"s": findings.similarity("trained", layer, EPS)}
    pairs = findings.one_to_one(layer)
    if not pairs:
        return whole
    of_one = np.array([each.similarity(EPS) for each in pairs])
    return {"s1": of_one, "near": np.array([each.near(EPS) for each in pairs]), **whole}


def _list_numbers(
    layer: str, networks: str, what: str, curve: NDArray[np.float64]
) -> list[dict[str, Any]]:
    return [
        {"layer": layer, "networks": networks, "what": what, "eps": eps, "similarity": value}
        for eps, value in zip(EPS.tolist(), curve.tolist(), strict=True)
    ]


def _draw_chance(axes: Axes, findings: Findings, layer: str) -> list[dict[str, Any]]:
    """Draw the range of the nulls, or the chance level without nulls.

    Return the numbers of the nulls, or an empty list.
    """
    nulls = [each.nulls for each in findings.answers(layer) if each.nulls is not None]
    if nulls:
        curves = np.concatenate([each.similarity(EPS) for each in nulls])
        ends = find_spread(curves)
        draw_nulls(axes, EPS, ends)
        named = dict(zip(("least null", "median null", "largest null"), ends, strict=True))
        return [
            row for name, curve in named.items() for row in _list_numbers(layer, name, "s", curve)
        ]
    draw_chance_level(axes, findings.chance(layer))
    return []


def _describe_chance(findings: Findings) -> str:
    if findings.null_areas(findings.layers[0]).size:
        return (
            "Orange is what matches with one network's inputs circularly shifted against the "
            "other's."
        )
    return "From the orange line on, unrelated neurons would match too."
