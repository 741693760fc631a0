"""How the figures of a report look, as pictures on white and in a page that is light or dark."""

from __future__ import annotations

import re
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

import matplotlib as mpl

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, GRID = "#24292f", "#6e7781", "#d8dee4"
# Told apart by colour-blind readers too (Okabe and Ito's palette), and read on dark as on light.
BLUE, ORANGE, GREEN, PURPLE, SKY = "#0072b2", "#d55e00", "#009e73", "#b0578d", "#4aa3d9"
VARIABLES = {
    INK: "--ink",
    SOFT: "--soft",
    GRID: "--grid",
    BLUE: "--blue",
    ORANGE: "--orange",
    GREEN: "--green",
    PURPLE: "--purple",
    SKY: "--sky",
}


def axes_style(axes: Axes) -> None:
    """Draw quiet axes."""
    axes.set_facecolor("none")
    axes.grid(color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9, color=GRID, labelcolor=INK)
    axes.title.set_color(INK)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=INK, fontsize=10)
    for spine in axes.spines.values():
        spine.set_color(GRID)


def layer_axis(axes: Axes, layers: tuple[str, ...]) -> None:
    """Put the layers along the x axis, slanted where they would touch."""
    labels = list(map(short, layers))
    slanted = sum(map(len, labels)) > 60
    axes.set_xticks(
        range(len(layers)),
        labels,
        rotation=50 if slanted else 0,
        ha="right" if slanted else "center",
        rotation_mode="anchor" if slanted else "default",
    )
    axes.set_xlim(-0.5, len(layers) - 0.5)


def short(layer: str) -> str:
    """Return the end of a name that is too long to stand at an axis; numbers beside have all."""
    return layer if len(layer) <= 20 else f"…{layer[-19:]}"


def as_png(figure: Figure) -> bytes:
    """Return a picture on white; same figure, same bytes."""
    out = BytesIO()
    figure.savefig(out, format="png", dpi=160, facecolor="white", metadata={"Software": None})
    return out.getvalue()


def as_svg(figure: Figure, name: str) -> str:
    """Return a drawing with text as text; same figure and name, same bytes."""
    out = StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    return out.getvalue()


def inline(svg: str, label: str) -> str:
    """Return a drawing as part of a page: its colours and its font are the page's."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (xmlns(:\w+)?|version)="[^"]*"', "", svg).replace("xlink:href", "href")
    # Every drawing names its groups alike, and a page may have a name once.
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font: \1 var(--font)", svg)
    # Of the drawing only its proportions are kept: it is as wide as the page lets it be.
    svg = re.sub(
        r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', rf'<svg \1 role="img" {label}>', svg, count=1
    )
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    return svg
