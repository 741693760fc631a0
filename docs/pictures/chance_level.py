"""What regression explains of an unrelated neuron, by samples per neuron."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from spanmatch.plot.style import CHANCE, CURVE, INK, SMALL, style_axes

NEURONS = 40


def draw() -> Figure:
    """Draw the formula, and means over random problems."""
    rng = np.random.default_rng(0)
    figure = Figure(figsize=(6.0, 3.4), layout="constrained")
    axes = figure.subplots()
    ratio = np.linspace(1, 20, 400)
    axes.plot([0, 1], [0, 0], color=CHANCE, linewidth=2.2)
    axes.plot(ratio, np.sqrt(1 - 1 / ratio), color=CHANCE, linewidth=2.2, label="√(1 − n/N)")
    measured = [0.5, 1, 1.25, 1.5, 2, 3, 4, 5, 7, 10, 15, 20]
    levels = [measure_level(rng, round(NEURONS * each)) for each in measured]
    axes.scatter(measured, levels, color=CURVE, s=34, zorder=3, label="measured")
    axes.axvspan(0, 5, color=CHANCE, alpha=0.1, linewidth=0)
    axes.text(0.25, 1.03, "too few samples", color=INK, fontsize=SMALL)
    axes.set(xlabel="samples for each neuron of the other side, N/n", ylabel="residual")
    axes.set(xlim=(0, 20.3), ylim=(-0.03, 1.1), xticks=(0, 1, 2, 5, 10, 15, 20))
    style_axes(axes)
    axes.legend(loc="lower right", frameon=False, fontsize=SMALL, labelcolor=INK)
    return figure


def measure_level(rng: np.random.Generator, samples: int) -> float:
    """Return the residual of unrelated neurons on others, as a root mean square."""
    basis = np.linalg.qr(rng.standard_normal((samples, NEURONS)))[0]
    z = rng.standard_normal((samples, 20))
    left = z - basis @ (basis.T @ z)
    return float(np.sqrt((left**2).sum() / (z**2).sum()))
