"""The plot of the first comparison in Get started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from page_code import run_page

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw() -> Figure:
    """Draw what the page's code does."""
    comparison = run_page("start/get_started.md", blocks=2)["comparison"]
    figure: Figure = comparison.plot()
    return figure
