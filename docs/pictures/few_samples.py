"""s(ε) of few samples, without a ridge and with one, and the median of the nulls."""

from __future__ import annotations

import warnings

import numpy as np
from matplotlib.figure import Figure

import spanmatch as sm
from page_code import run_page
from spanmatch.plot.similarity import EPS
from spanmatch.plot.style import CHANCE, CURVE, INK, LABEL, SMALL, style_axes

NULLS = 9


def draw() -> Figure:
    """Draw a panel for each λ."""
    names = run_page("guide/few_samples.md", blocks=1)
    x, y, chosen = names["x"], names["y"], names["spectrum"].ridge
    figure = Figure(figsize=(8.2, 3.3), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, ridge in zip(panels, (None, chosen), strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sm.UndersampledWarning)
            curve = sm.spectrum(x, y, ridge=ridge).similarity(EPS)
            nulls = sm.null_spectra(x, y, nulls=NULLS, ridge=ridge).similarity(EPS)
        axes.plot(EPS, curve, color=CURVE, linewidth=2.2, label="data")
        axes.plot(
            EPS,
            np.median(nulls, axis=0),
            color=CHANCE,
            linewidth=2.0,
            linestyle=(0, (3, 2)),
            label="nulls, median",
        )
        title = "without a ridge" if ridge is None else f"ridge λ = {ridge:.3g}"
        axes.set_title(title, fontsize=LABEL)
        axes.set(xlim=(0, 1), ylim=(0, 1.03), xlabel="ε")
        style_axes(axes)
    panels[0].set_ylabel("s(ε)", color=INK)
    panels[0].legend(loc="lower right", frameon=False, fontsize=SMALL, labelcolor=INK)
    return figure
