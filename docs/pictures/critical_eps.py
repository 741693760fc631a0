"""The critical ε of every neuron of the example, and the curve that counts them."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

import spanmatch as sm
from page_code import run_page
from spanmatch.plot.bands import draw_bands, name_bands
from spanmatch.plot.similarity import EPS
from spanmatch.plot.style import BLUE, CURVE, INK, LABEL, ORANGE, SMALL, style_axes


def draw() -> Figure:
    """Draw both."""
    names = run_page("start/how_it_works.md", blocks=1)
    x, y = names["x"], names["y"]
    spectrum, pairs = sm.spectrum(x, y), sm.one_to_one(x, y)
    figure = Figure(figsize=(8.8, 4.2), layout="constrained")
    dots, curve = figure.subplots(1, 2, width_ratios=[1, 1.35])
    labels = [f"{side}{i}" for side in "xy" for i in range(spectrum.x.size)]
    rows = np.arange(spectrum.x.size)
    dots.scatter(spectrum.x, rows, color=BLUE, s=42, zorder=3)
    dots.scatter(spectrum.y, rows + rows.size, color=ORANGE, marker="s", s=36, zorder=3)
    dots.set_yticks(range(len(labels)), labels)
    dots.invert_yaxis()
    dots.set(xlim=(0, 1.02), xticks=np.arange(0, 1.1, 0.2), xlabel="critical ε")
    dots.set_title("a critical ε for each neuron", fontsize=LABEL)
    similarity = spectrum.similarity(EPS)
    curve.plot(EPS, similarity, color=CURVE, linewidth=2.2)
    draw_bands(curve, EPS, pairs.similarity(EPS), pairs.near(EPS), similarity)
    curve.axvline(spectrum.chance_level, color=ORANGE, linewidth=1.5)
    curve.annotate(
        "chance",
        (spectrum.chance_level, 0.03),
        xytext=(-3, 0),
        textcoords="offset points",
        ha="right",
        color=INK,
        fontsize=SMALL,
    )
    curve.set(xlim=(0, 1), ylim=(0, 1.02), xticks=np.arange(0, 1.1, 0.2), xlabel="ε")
    curve.set_title("s(ε), the part of the neurons matched", fontsize=LABEL)
    for axes in (dots, curve):
        style_axes(axes)
    name_bands(figure)
    return figure
