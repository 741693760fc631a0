"""The three bands of a trained layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from page_code import run_page
from spanmatch.plot.similarity import draw_similarity

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw() -> Figure:
    """Draw the layer relu1 of the first comparison alone."""
    comparison = run_page("start/get_started.md", blocks=2)["comparison"]
    return draw_similarity({"relu1": comparison.solved("relu1")}, "Two trained layers")
