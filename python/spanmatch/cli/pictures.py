"""The pictures of `--plot`. matplotlib is imported only if one is drawn."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spanmatch.cli.sides import Sides
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.match import Match
    from spanmatch.results.structure import Support

LINE = 50  # Letters in a line of a title, since names of files may be long.


def draw_spectrum(result: LayerAnswer, sides: Sides) -> Figure:
    """Draw s(ε), the bands under it, its interval, and its nulls or the chance level."""
    from spanmatch.plot.similarity import draw_similarity

    return draw_similarity({f"{sides.pair.n_samples} samples": result}, _compose_title(sides))


def draw_matches(result: list[Match], sides: Sides, *, eps: float) -> Figure:
    """Draw how large the matches are."""
    from spanmatch.plot.structure import draw_match_sizes

    return draw_match_sizes(
        result, _compose_title(sides, f", simple matches at ε\u00a0=\u00a0{eps:g}")
    )


def draw_support(result: Support, sides: Sides) -> Figure:
    """Draw which neurons support which."""
    from spanmatch.plot import structure

    return structure.draw_support(
        result, _compose_title(sides, f", support at ε\u00a0=\u00a0{result.eps:g}")
    )


def _compose_title(sides: Sides, what: str = "") -> str:
    """Return a title in short lines, in which matplotlib reads no formulas."""
    from spanmatch.plot.style import escape_formulas

    title = f"{sides.title}{what}".encode("utf-8", "replace").decode()
    return escape_formulas(fill(title, LINE))
