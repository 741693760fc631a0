"""Pictures of match spectra. Needs matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from spanmatch.base.atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matplotlib.axes import Axes

    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.nulls import NullSpectra
    from spanmatch.results.spectrum import MatchSpectrum

# Blue against orange: told apart by colour-blind readers too (Okabe and Ito's palette).
CURVE, CHANCE, OTHERS, TEXT = "#0072B2", "#E69F00", "#C8C8C8", "#333333"
EPS = np.linspace(0.0, 1.0, 1000, endpoint=False)
SUFFIXES = (".png", ".svg", ".pdf")


def similarity_figure(layers: Mapping[str, LayerAnswer], title: str) -> Figure:
    """Draw s(ε) of every layer, a panel each; from a layer's chance level on, its panel is shaded.

    Where there are nulls, their band is drawn instead, from the least of them to the largest; where
    there is an interval, its band about the curve. Every panel shows the other layers' curves in
    grey, for comparison.
    """
    spectra = {layer: solved.spectrum for layer, solved in layers.items()}
    columns = min(3, len(spectra))
    rows = math.ceil(len(spectra) / columns)
    width, height = (2.8, 2.4) if len(spectra) > 1 else (4.6, 3.2)
    figure = Figure(figsize=(1 + width * columns, 0.9 + height * rows), layout="constrained")
    figure.suptitle(title, color=TEXT, fontsize=12)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    curves = {layer: spectrum.similarity(EPS) for layer, spectrum in spectra.items()}
    for panel, layer in zip(panels, spectra, strict=False):
        for other in curves.values():
            panel.plot(EPS, other, color=OTHERS, linewidth=0.8)
        panel.plot(EPS, curves[layer], color=CURVE, linewidth=2.2)
        if (interval := layers[layer].interval) is not None:
            low, high = interval.similarity
            panel.fill_between(interval.eps, low, high, color=CURVE, alpha=0.25, linewidth=0)
        _label(panel, layer, spectra[layer])
        if (nulls := layers[layer].nulls) is None:
            _draw_chance(panel, layers[layer].chance_level)
        else:
            _draw_nulls(panel, nulls)
    for unused in panels[len(spectra) :]:
        unused.set_axis_off()
    figure.supxlabel("ε, the largest relative residual in a match", color=TEXT, fontsize=10)
    figure.supylabel("s(ε), part of the neurons matched", color=TEXT, fontsize=10)
    return figure


def check_suffix(path: Path) -> None:
    """Raise ValueError where a picture cannot be written under this name."""
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"a picture's name ends in .png, .svg or .pdf, not as {path} does")


def save_figure(figure: Figure, path: Path) -> None:
    """Write the figure as its suffix says; `path` is never left half written."""
    check_suffix(path)
    kind = path.suffix.lower().removeprefix(".")
    with replacing(path) as unfinished:
        figure.savefig(unfinished, format=kind, dpi=150, facecolor="white")


def _label(panel: Axes, layer: str, spectrum: MatchSpectrum) -> None:
    dead = sum(neurons.size for neurons in spectrum.dead)
    title = f"{layer}: {spectrum.x.size} + {spectrum.y.size} neurons"
    panel.set_title(title + (f", {dead} dead" if dead else ""), color=TEXT, fontsize=10)
    panel.set(xlim=(0, 1), ylim=(0, 1.02), xticks=np.arange(0, 1.1, 0.2))
    panel.tick_params(labelsize=8, color=OTHERS, labelcolor=TEXT)
    panel.grid(color="#EEEEEE", linewidth=0.8)
    panel.set_axisbelow(True)
    for spine in panel.spines.values():
        spine.set_color(OTHERS)


def _draw_nulls(panel: Axes, nulls: NullSpectra) -> None:
    """Draw from the least to the largest s(ε) of the nulls."""
    curves = nulls.similarity(EPS)
    panel.fill_between(EPS, curves.min(0), curves.max(0), color=CHANCE, alpha=0.35, linewidth=0)
    panel.plot(EPS, np.median(curves, axis=0), color=CHANCE, linewidth=1.2, zorder=1.9)
    _name(panel, nulls.counted, 1.0)


def _draw_chance(panel: Axes, chance: float) -> None:
    if not math.isnan(chance):
        panel.axvspan(chance, 1.0, color=CHANCE, alpha=0.25, linewidth=0)
        panel.axvline(chance, color=CHANCE, linewidth=1.2)
        _name(panel, "chance", chance)


def _name(panel: Axes, what: str, eps: float) -> None:
    panel.annotate(
        what,
        (eps, 0.03),
        xytext=(-3, 0),
        textcoords="offset points",
        ha="right",
        color=TEXT,
        fontsize=8,
    )
