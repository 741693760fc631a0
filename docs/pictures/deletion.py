"""The maximum match of the example by deletion, pass by pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

import spanmatch as sm
from page_code import run_page
from spanmatch.plot.style import BLUE, INK, LABEL, ORANGE, SOFT, style_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Kept = NDArray[np.bool_]

EPS = 0.5


def draw() -> Figure:
    """Draw a panel for each pass."""
    names = run_page("start/how_it_works.md", blocks=1)
    passes = list_passes(names["x"], names["y"])
    figure = Figure(figsize=(2.2 * len(passes) + 0.6, 4.4), layout="constrained")
    panels = figure.subplots(1, len(passes), sharex=True, sharey=True)
    labels = [f"{side}{i}" for side in "xy" for i in range(names["x"].shape[1])]
    for number, (axes, (residuals, kept)) in enumerate(zip(panels, passes, strict=True), 1):
        draw_pass(axes, residuals, kept)
        last = number == len(passes)
        axes.set_title("what is left" if last else f"pass {number}", fontsize=LABEL)
    panels[0].set_yticks(range(len(labels)), labels)
    panels[0].invert_yaxis()
    figure.supxlabel("residual on what is left of the other side", color=INK, fontsize=LABEL)
    return figure


def list_passes(x: Any, y: Any) -> list[tuple[NDArray[np.float64], Kept]]:
    """Return the residuals before each deletion, and whom there are."""
    kept = np.ones(x.shape[1] + y.shape[1], bool)
    passes = []
    while True:
        chosen = np.flatnonzero(kept[: x.shape[1]]), np.flatnonzero(kept[x.shape[1] :])
        found = sm.residuals(x, y, x_index=chosen[0], y_index=chosen[1])
        residuals = np.concatenate([found.x, found.y])
        passes.append((residuals, kept.copy()))
        if not (kept & (residuals > EPS)).any():
            return passes
        kept &= residuals <= EPS


def draw_pass(axes: Axes, residuals: NDArray[np.float64], kept: Kept) -> None:
    """Draw the residuals of whom there are, those above ε in another colour and shape."""
    rows = np.arange(kept.size)
    for chosen, colour, marker in (
        (kept & (residuals <= EPS), BLUE, "o"),
        (kept & (residuals > EPS), ORANGE, "X"),
    ):
        axes.scatter(residuals[chosen], rows[chosen], color=colour, marker=marker, s=42, zorder=3)
    axes.axvline(EPS, color=SOFT, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.axhline(kept.size / 2 - 0.5, color=SOFT, linewidth=0.8)
    axes.set(xlim=(-0.05, 1.05), xticks=(0, EPS, 1), xticklabels=("0", f"ε = {EPS}", "1"))
    style_axes(axes)
