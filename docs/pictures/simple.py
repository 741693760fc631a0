"""The simple matches of the example at ε = 0.5."""

from __future__ import annotations

from matplotlib.figure import Figure

import spanmatch as sm
from dots import draw_layers, outline
from page_code import run_page
from spanmatch.plot.style import GREEN, INK, LABEL, PURPLE, SKY

EPS = 0.5


def draw() -> Figure:
    """Draw both layers, and a frame around each simple match."""
    names = run_page("start/how_it_works.md", blocks=1)
    match = sm.maximum_match(names["x"], names["y"], eps=EPS)
    parts = sm.simple_matches(names["x"], names["y"], eps=EPS)
    figure = Figure(figsize=(4.6, 4.4), layout="constrained")
    axes = figure.subplots()
    draw_layers(axes, names["x"].shape[1], (match.x.tolist(), match.y.tolist()))
    for part, colour in zip(parts, (GREEN, PURPLE, SKY), strict=True):
        outline(axes, int(part.x.min()), int(part.x.max()), colour)
    axes.set_title(f"simple matches at ε = {EPS}", color=INK, fontsize=LABEL)
    return figure
