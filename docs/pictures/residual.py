"""How nearly others express a neuron: the angle between arrows, and the fit over inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from page_code import run_page
from spanmatch.plot.style import BLUE, GREEN, INK, LABEL, ORANGE, SMALL, SOFT, style_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 40  # inputs


def draw() -> Figure:
    """Draw both."""
    figure = Figure(figsize=(9.2, 3.6), layout="constrained")
    arrows, fits = figure.subplots(1, 2, width_ratios=[1, 1.7])
    draw_arrows(arrows)
    draw_fits(fits)
    return figure


def draw_arrows(axes: Axes) -> None:
    """Draw a neuron, its projection on another one, and what is left."""
    v = (2.4, 1.8)
    axes.plot([-0.4, 4.4], [0, 0], color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
    for tip, colour in (((3.9, 0.0), BLUE), (v, INK)):
        axes.annotate("", tip, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.2})
    axes.plot([2.4, 2.4], [1.8, 0], color=ORANGE, linewidth=2.4)
    axes.plot([2.2, 2.2, 2.4], [0, 0.2, 0.2], color=SOFT, linewidth=1)
    for text, at, colour in (
        ("neuron v,\nof length 1", (0.35, 1.25), INK),
        ("residual\nr = 0.6", (2.55, 0.75), ORANGE),
        ("neuron b", (3.2, -0.42), BLUE),
        ("span of b", (-0.4, -0.42), SOFT),
    ):
        axes.text(*at, text, color=colour, fontsize=LABEL)
    axes.set(xlim=(-0.5, 4.5), ylim=(-0.7, 2.2), aspect="equal")
    axes.set_axis_off()


def draw_fits(axes: Axes) -> None:
    """Draw activations of x1, and the best fits by y1 alone and by y1 and y2."""
    names = run_page("start/how_it_works.md", blocks=1)
    z, y = names["x"][:, 1], names["y"]
    inputs = np.arange(SHOWN)
    axes.plot(inputs, z[:SHOWN], color=INK, linewidth=1.8, label="x1")
    for chosen, colour, style in (([1], ORANGE, (0, (2, 1.5))), ([1, 2], GREEN, "-")):
        weights = np.linalg.lstsq(y[:, chosen], z, rcond=None)[0]
        fit = y[:, chosen] @ weights
        r = np.linalg.norm(z - fit) / np.linalg.norm(z)
        label = f"fit by {' and '.join(f'y{i}' for i in chosen)}: r = {r:.2f}"
        axes.plot(inputs, fit[:SHOWN], color=colour, linewidth=1.8, linestyle=style, label=label)
    axes.set(xlabel="input", ylabel="activation", xlim=(0, SHOWN - 1), ylim=(-3.4, 3.4))
    style_axes(axes)
    axes.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=3,
        frameon=False,
        fontsize=SMALL,
        labelcolor=INK,
    )
