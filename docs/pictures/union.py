"""Two matches and their union."""

from __future__ import annotations

from matplotlib.figure import Figure

from dots import draw_layers, outline
from spanmatch.plot.style import GREEN, INK, LABEL, PURPLE, SKY

MATCHES = [
    ("a match", [0], [(0, 0, GREEN)]),
    ("another match", [1, 2], [(1, 2, PURPLE)]),
    ("their union is a match", [0, 1, 2], [(0, 2, SKY)]),
]


def draw() -> Figure:
    """Draw a panel for each."""
    figure = Figure(figsize=(8.0, 2.9), layout="constrained")
    for axes, (title, rows, frames) in zip(figure.subplots(1, 3), MATCHES, strict=True):
        draw_layers(axes, 4, (rows, rows))
        for frame in frames:
            outline(axes, *frame)
        axes.set_title(title, color=INK, fontsize=LABEL)
    return figure
