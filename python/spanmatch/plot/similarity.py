"""Curves s(ε), a panel for each layer. This module needs matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from spanmatch.plot.bands import draw_bands, name_bands
from spanmatch.plot.style import (
    CURVE,
    INK,
    LABEL,
    OTHERS,
    SMALL,
    TITLE,
    draw_band,
    draw_chance_level,
    draw_nulls,
    find_spread,
    style_axes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.spectrum import MatchSpectrum

EPS = np.linspace(0.0, 1.0, 1000, endpoint=False)


def draw_similarity(layers: Mapping[str, LayerAnswer], title: str) -> Figure:
    """Draw s(ε) of every layer in its own panel, which is shaded from the chance level on.

    If a layer has nulls, a band from the least to the largest null replaces the shading. An
    interval is a band about the curve. If one-to-one pairs are known, three bands under the curve
    show them. Every panel has the curves of the other layers in grey.
    """
    columns = min(3, len(layers))
    rows = math.ceil(len(layers) / columns)
    width, height = (2.8, 2.4) if len(layers) > 1 else (4.6, 3.2)
    banded = any(answer.one_to_one is not None for answer in layers.values())
    foot = 0.3 if banded else 0.0  # Inches for the names of the bands.
    figure = Figure(figsize=(1 + width * columns, 0.9 + foot + height * rows), layout="constrained")
    figure.suptitle(title, color=INK, fontsize=TITLE)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    curves = {layer: answer.spectrum.similarity(EPS) for layer, answer in layers.items()}
    for panel, (layer, answer) in zip(panels, layers.items(), strict=False):
        for other in curves.values():
            panel.plot(EPS, other, color=OTHERS, linewidth=0.8)
        panel.plot(EPS, curves[layer], color=CURVE, linewidth=2.2)
        if (pairs := answer.one_to_one) is not None:
            draw_bands(panel, EPS, pairs.similarity(EPS), pairs.near(EPS), curves[layer])
        if answer.interval is not None:
            draw_band(panel, answer.interval.eps, *answer.interval.similarity)
        _draw_chance(panel, answer)
        panel.set_title(_title_panel(layer, answer.spectrum), fontsize=LABEL)
        panel.set(xlim=(0, 1), ylim=(0, 1.02), xticks=np.arange(0, 1.1, 0.2))
        style_axes(panel)
    for unused in panels[len(layers) :]:
        unused.set_axis_off()
    below = "ε, the largest relative residual in a match"
    figure.supxlabel(f"{below}\n" if banded else below, color=INK, fontsize=LABEL)
    figure.supylabel("s(ε), part of the neurons matched", color=INK, fontsize=LABEL)
    if banded:
        name_bands(figure)
    return figure


def _draw_chance(panel: Axes, answer: LayerAnswer) -> None:
    """Draw the nulls, or without any the chance level."""
    if answer.nulls is not None:
        draw_nulls(panel, EPS, find_spread(answer.nulls.similarity(EPS)))
        _write_beside(panel, answer.nulls.counted, 1.0)
    elif not math.isnan(answer.chance_level):
        draw_chance_level(panel, answer.chance_level)
        _write_beside(panel, "chance", answer.chance_level)


def _title_panel(layer: str, spectrum: MatchSpectrum) -> str:
    dead = sum(neurons.size for neurons in spectrum.dead)
    title = f"{layer}: {spectrum.x.size} + {spectrum.y.size} neurons"
    return f"{title}, {dead} dead" if dead else title


def _write_beside(panel: Axes, what: str, eps: float) -> None:
    panel.annotate(
        what,
        (eps, 0.03),
        xytext=(-3, 0),
        textcoords="offset points",
        ha="right",
        color=INK,
        fontsize=SMALL,
    )
