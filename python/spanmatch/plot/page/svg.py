"""Figures as PNG on white, and as SVG for a light or a dark page."""

from __future__ import annotations

import re
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

import matplotlib as mpl

from spanmatch.plot.style import BLUE, GREEN, GRID, INK, ORANGE, PURPLE, SKY, SOFT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Each colour is a variable of the page, which has another value if the page is dark.
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


def render_png(figure: Figure) -> bytes:
    """Return a PNG on white; the same figure gives the same bytes."""
    out = BytesIO()
    figure.savefig(out, format="png", dpi=160, facecolor="white", metadata={"Software": None})
    return out.getvalue()


def render_svg(figure: Figure, name: str) -> str:
    """Return an SVG that keeps text as text; the same figure and name give the same bytes."""
    out = StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    return out.getvalue()


def inline_svg(svg: str, label: str) -> str:
    """Return an SVG as part of a page, with the colours and the font of the page."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    # Only tags change: a name between them may contain the same text.
    svg = re.sub("<[^>]*>", lambda tag: _fit_tag(tag[0]), svg)
    # Only the proportions are kept: the drawing becomes as wide as the page allows.
    viewed = re.search('<svg [^>]*?(viewBox="[^"]*")[^>]*>', svg)
    assert viewed is not None
    return svg[: viewed.start()] + f'<svg {viewed[1]} role="img" {label}>' + svg[viewed.end() :]


def _fit_tag(tag: str) -> str:
    tag = re.sub(r' (xmlns(:\w+)?|version)="[^"]*"', "", tag).replace("xlink:href", "href")
    # Every drawing has groups with the same ids, but an id must be unique in a page.
    tag = re.sub(r'<g id="[^"]*"', "<g", tag)
    tag = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font: \1 var(--font)", tag)
    for colour, variable in VARIABLES.items():
        tag = tag.replace(colour, f"var({variable})")
    return tag
